import Kernel
@testable import Landing
import Support
import Testing

@Suite struct JSONRecordTests {
    static func rows(_ text: String, _ shape: RecordShape, _ kind: RawFormat.Kind = .json) throws -> (header: [String], rows: [[String?]]) {
        let format = RawFormat(kind, shape: shape)
        let folder = try TemporaryFolder("json")
        var attempt = try LandingTests.attempt(folder)
        try attempt.land(bytes: Array(text.utf8), format: format, window: nil, source: "x")
        let batch = attempt.manifest.batches[0]
        var rows: [[String?]] = []
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            var reader = JSONRecordReader(bytes, format: format, header: batch.header)
            while reader.next() { rows.append((0..<reader.fieldCount).map { reader[$0].isQuoted ? String(decoding: reader[$0].bytes, as: UTF8.self) : nil }) }
        }
        #expect(batch.tally.count == rows.count)
        return (batch.header, rows)
    }

    @Test func `records carry what their parents say, what the request says and words for names`() throws {
        let page = #"{"data":[{"name":"a","values":[{"v":1,"t":"x"},{"v":{"k":[1]},"t":"y"}]},{"name":"b","values":[]},{"name":"c","values":[{"v":null}]}],"next":"n"}"#
        let shape = RecordShape(
            records: "data[].values[]",
            columns: [
                .init("page", constant: "7"), .init("count", constant: 3), .init("none", constant: .null), .init("name", "data[].name"),
                .init("word", paths: ["data[].name"], words: ["a": "alpha"]), .init("v", "data[].values[].v"), .init("t", "data[].values[].nope", "data[].values[].t"),
                .init("top", "next"),
            ])
        let (header, rows) = try Self.rows(page, shape)
        #expect(header == ["page", "count", "none", "name", "word", "v", "t", "top"])
        #expect(rows == [
            ["7", "3", nil, "a", "alpha", "1", "x", "n"], ["7", "3", nil, "a", "alpha", #"{"k":[1]}"#, "y", "n"], ["7", "3", nil, "c", nil, nil, nil, "n"],
        ])
    }

    @Test func `a path finds the element that has a text, an element by its place, and a record inside of an element`() throws {
        let page = #"{"rows":[{"r":{"m":[{"n":"x","v":[{"value":1}]},{"n":"y","v":[{"value":2},{"value":3}]}]}},{"r":{"m":[]}},{"q":1}]}"#
        let shape = RecordShape(records: "rows[].r", columns: [.init("y", "rows[].r.m[n=y].v[1].value"), .init("x", "rows[].r.m[0].v[0].value")])
        #expect(try Self.rows(page, shape).rows == [["3", "1"], [nil, nil]])
    }

    @Test func `open shapes take the members as they come, whatever their order`() throws {
        let (header, rows) = try Self.rows(#"[{"a":1,"b":2},{"b":3,"c":4,"a":5},{"d\u0065":6,"a":7,"a":8}]"#, RecordShape(records: "[]", isOpen: true))
        #expect(header == ["a", "b", "c", "de"])
        #expect(rows == [["1", "2", nil, nil], ["5", "3", "4", nil], ["8", nil, nil, "6"]])
        #expect(try Self.rows("{\"a\":1}\n{\"b\":2}\n", RecordShape(isOpen: true), .ndjson).rows == [["1", nil], [nil, "2"]])
        #expect(try Self.rows("{\"a\":1}", RecordShape(isOpen: true)).rows == [["1"]])
        #expect(try Self.rows("", RecordShape(isOpen: true), .ndjson).rows.isEmpty)
    }

    @Test func `nothing at the path is no record`() throws {
        for page in ["{}", "{\"data\":null}", "{\"data\":{}}", "{\"data\":[]}", "[]", "1"] {
            #expect(try Self.rows(page, RecordShape(records: "data[]", isOpen: true)).rows.isEmpty)
        }
    }

    @Test func `a shape survives its manifest`() throws {
        let shape = RecordShape(
            records: "a[]", columns: [.init("c", constant: ["x": 1]), .init("p", paths: ["a[].b", "a[].c"], words: ["z": "y", "x": "w"], isLoose: true), .init("none", paths: [])])
        let folder = try TemporaryFolder("json")
        var attempt = try LandingTests.attempt(folder)
        try attempt.land(bytes: Array("{\"a\":[{\"b\":\"z\"}]}".utf8), format: RawFormat(.json, shape: shape), window: "w", source: "s")
        let path = attempt.manifestPath
        let sealed = try attempt.seal(cursor: ["through": "2026-11-01"], sourceCount: 1, notes: ["a note"], facts: ["quota": 5])
        let read = try LandingReader(LandingStore(home: folder.path)).manifest(path)
        #expect(read == sealed && read.batches[0].format.shape == shape && read.notes == ["a note"] && read.facts == ["quota": 5])
    }

    @Test func `the flat reader takes exactly what the other one takes, and no bytes make it trap`() {
        var seed = Seed("json tape")
        let alphabet = Array(#"{}[]",:\u0e1.-+tfn "#.utf8) + [0x0a, 0x00, 0xc3, 0xbc]
        let samples = [#"{"a":[1,-2.5e+3,"x\n\u00fc",true,false,null],"b":{"c":[]}}"#, "[]", "{}", #""text""#, "12", #"[[[["deep"]]],{"k":{"k":{}}}]"#, " [1 , 2 ] "]
        for _ in 0..<4000 {
            var bytes = Array(samples.randomElement(using: &seed)!.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &seed) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &seed)
                switch Int.random(in: 0..<3, using: &seed) {
                case 0: bytes[place] = alphabet.randomElement(using: &seed)!
                case 1: bytes.insert(alphabet.randomElement(using: &seed)!, at: place)
                default: bytes.remove(at: place)
                }
            }
            var tape = JSONTape()
            let isTaken = bytes.withUnsafeBufferPointer { (try? tape.read($0)) != nil }
            // The other one also looks at the bytes of texts, which the landing does for a whole page.
            let isText = String(validating: bytes, as: UTF8.self) != nil
            if isText { #expect(isTaken == ((try? JSON(parsing: bytes)) != nil), "\(String(decoding: bytes, as: UTF8.self))") }
            bytes.withUnsafeBufferPointer { bytes in
                for shape in [RecordShape(isOpen: true), RecordShape(records: "a[]", columns: [.init("x", "a[].b"), .init("y", "b.c[0]")], isOpen: true)] {
                    for kind in [RawFormat.Kind.json, .ndjson] {
                        var reader = JSONRecordReader(bytes, format: RawFormat(kind, shape: shape))
                        var count = 0
                        while reader.next() { count += reader.current.count + reader.record.count; reader.learnMembers() }
                    }
                }
            }
        }
    }
}
