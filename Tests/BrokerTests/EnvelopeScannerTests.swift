@testable import BrokerEngine
import Contracts
import Foundation
import Kernel
import Testing

@Suite struct EnvelopeScannerTests {
    func header(_ text: String) throws -> EventHeader { try EnvelopeScanner.header(of: Array(text.utf8)) }
    static let start = #"{"specversion":"1.0","id":"i","source":"s","type":"a.v1","pipeline":"p""#

    @Test func `it reads the header wherever it stands and looks over the rest`() throws {
        let header = try header(#" { "data" : {"id":"no","a":[1,-2.5e+3,true,false,null,"\u00e9\\\"",{}] } ,"priority":-7,"role":"load","pipeline":"p","type":"t.v1","source":"\u0073","id":"i\ud83d\ude00","specversion":"1.0","run":null,"task":"x"} "#)
        #expect(header.id == "i😀" && header.source == "s" && header.type == "t.v1" && header.pipeline == "p" && header.specversion == "1.0")
        #expect(header.priority == -7 && header.role == .load && header.run == nil && header.task == "x")
    }

    @Test(arguments: [
        "", "{", "[]", "1", "{}", "null", #"{"id":1}"#, start, start + "},", start + "}}", start + #","data":01}"#, start + #","data":.5}"#, start + #","data":+1}"#,
        start + #","data":"\#u{1}"}"#, start + #","data":"\x"}"#, start + #","data":"\u12g4"}"#, start + #","data":tru}"#, start + #","data":[1,]}"#, start + #","data":{"a"}}"#,
        start + #","data":{"a":1,}}"#, start + #","role":"cook"}"#, start + #","role":5}"#, start + #","priority":"1"}"#, start + #","priority":1.5}"#, start + #","priority":1e99}"#,
        start + #","data":nul}"#, start + #","data":-}"#, start + #","data":1e}"#, start + #","data":"open}"#, start + ",}", start + #","id":null}"#,
    ])
    func `what is no envelope is refused`(text: String) { #expect(throws: EnvelopeScanner.Failure.self) { _ = try header(text) } }

    @Test func `a member of the header that comes twice is refused, even spelled otherwise`() {
        for twin in [#""type":"b.v1""#, #""\u0074ype":"b.v1""#, #""pipeline":"q""#] {
            #expect { _ = try header(Self.start + "," + twin + "}") } throws: { ($0 as? EnvelopeScanner.Failure)?.reason.contains("twice") == true }
        }
    }

    @Test func `bytes that are no text and nesting without end are refused`() {
        #expect(throws: EnvelopeScanner.Failure.self) { _ = try EnvelopeScanner.header(of: Array(Self.start.utf8) + [0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: EnvelopeScanner.Failure.self) { _ = try header(Self.start + #","data":"# + deep) }
    }

    @Test func `it takes what Foundation takes and refuses what Foundation refuses, whatever byte is changed`() throws {
        let event = Event(
            source: "o", id: "i", time: Timestamp(microseconds: 5), pipeline: "p", role: .load, run: "r", task: "t", priority: 3,
            payload: .other(type: "a.v1", data: ["x": [1, 2.5, "é", nil, true], "y": ["z": "\n\"\\"]]))
        let bytes = try event.envelope()
        struct Header: Decodable { var specversion, id, source, type, pipeline: String; var role: Role?; var run: RunID?; var task: TaskID?; var priority: Int? }
        var random = SystemRandomNumberGenerator()
        var taken = 0
        for _ in 0..<4000 {
            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &random)] = Bool.random(using: &random) ? UInt8.random(in: 0x20...0x7e, using: &random) : .random(in: 0...255, using: &random)
            let theirs = try? JSONDecoder().decode(Header.self, from: Data(changed))
            let ours = try? EnvelopeScanner.header(of: changed)
            // Ours may be stricter, never laxer; and where both read, they read the same.
            if let ours {
                taken += 1
                let theirs = try #require(theirs, "\(String(decoding: changed, as: UTF8.self))")
                try #require(ours.id == theirs.id && ours.type == theirs.type && ours.run == theirs.run && ours.role == theirs.role && ours.priority == theirs.priority ?? 0)
            }
        }
        #expect(taken > 1000)
    }
}
