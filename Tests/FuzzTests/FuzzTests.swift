import Foundation
import FuzzDecoders
import Support
import Testing

/// The corpus that coverage-guided fuzzing has found (Tests/Fuzz/run), without the fuzzer.
@Suite struct FuzzTests {
    static let corpus: [[UInt8]] = {
        let folder = ((#filePath as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent + "/Fuzz/Corpus"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return names.compactMap { FileManager.default.contents(atPath: "\(folder)/\($0)").map { [UInt8]($0) } }
    }()

    @Test func `no input of the corpus breaks a decoder`() throws {
        #expect(Self.corpus.count > 100)
        for input in Self.corpus { try Decoders.check(input) }
    }

    @Test func `what comes of changing, cutting and crossing the inputs of the corpus breaks no decoder`() throws {
        var random = Seed("fuzz")
        for _ in 0..<3000 {
            var input = try #require(Self.corpus.randomElement(using: &random))
            for _ in 0...Int.random(in: 0..<4, using: &random) { change(&input, &random) }
            do { try Decoders.check(input) } catch { Issue.record("\(error): \(String(decoding: input, as: UTF8.self))") }
        }
    }

    func change(_ input: inout [UInt8], _ random: inout Seed) {
        // The first byte names the decoder.
        guard input.count > 2, let other = Self.corpus.randomElement(using: &random), !other.isEmpty else { return }
        let place = Int.random(in: 1..<input.count, using: &random), end = Int.random(in: place..<input.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: input[place] = .random(in: 0...255, using: &random)
        case 1: input.removeSubrange(place...end)
        case 2: input.insert(contentsOf: input[place...end], at: place)
        case 3: input.insert(contentsOf: other.suffix(Int.random(in: 0...other.count, using: &random)), at: place)
        default: input[place] = Array(#""{}[]:,\0-e"#.utf8).randomElement(using: &random)!
        }
    }
}
