import Kernel
import Landing
import Support
import Testing

@Suite struct CSVReaderTests {
    static func rows(_ text: String, keepsEmptyLines: Bool = false) -> (rows: [[String]], unterminated: Int?, lines: [Int]) {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            var reader = CSVReader(bytes)
            reader.keepsEmptyLines = keepsEmptyLines
            var rows: [[String]] = []
            var lines: [Int] = []
            while reader.next() {
                rows.append(reader.current.map { String(decoding: $0.bytes, as: UTF8.self) })
                lines.append(reader.line)
            }
            return (rows, reader.unterminatedLine, lines)
        }
    }

    @Test(.enabled(if: Tool.isPresent("python3")))
    func `any text is read as Python's csv module reads it`() throws {
        var seed = Seed("csv")
        let pieces = ["a", "bc", ",", ",", "\"", "\"", "\"\"", "\n", "\r\n", "\r", " ", "é", "7", "\",\"", "\n\"x\n\"\n"]
        let texts = (0..<3_000).map { _ in
            (0..<Int.random(in: 0...24, using: &seed)).map { _ in pieces.randomElement(using: &seed)! }.joined()
        }
        let script = """
            import csv, io, json, sys
            texts = json.load(sys.stdin)
            print(json.dumps([[row for row in csv.reader(io.StringIO(text, newline='')) if row] for text in texts]))
            """
        let answer = try Tool.run("python3", ["-c", script], input: JSON.array(texts.map(JSON.string)).text())
        let expected = try JSON(parsing: answer).arrayValue!
        #expect(expected.count == texts.count)
        for (text, expected) in zip(texts, expected) {
            let theirs = expected.arrayValue!.map { $0.arrayValue!.map { $0.stringValue! } }
            let ours = Self.rows(text)
            // Python ends an unclosed quote at the end of the file; we refuse it, so only the rows before it are compared.
            if ours.unterminated != nil { #expect(theirs.starts(with: ours.rows), "\(JSON.string(text).text())") }
            else { #expect(ours.rows == theirs, "\(JSON.string(text).text())") }
        }
    }

    @Test func `records know their lines, also behind line ends in quotes`() {
        let read = Self.rows("a,b\r\n1,\"x\ny\"\n\n2,z\r3,\n")
        #expect(read.rows == [["a", "b"], ["1", "x\ny"], ["2", "z"], ["3", ""]])
        #expect(read.lines == [1, 2, 5, 6])
    }

    @Test func `a byte order mark is no part of the header`() { #expect(Self.rows("\u{FEFF}a,b\n").rows == [["a", "b"]]) }

    @Test func `an unclosed quote is found with the line where it opens`() {
        let read = Self.rows("a,b\n1,2\n3,\"x\ny\n4,5\n")
        #expect(read.rows.count == 2 && read.unterminated == 3)
    }

    @Test func `an empty line is a record only in a file of one column`() {
        #expect(Self.rows("a\n\n1\n\n").rows == [["a"], ["1"]])
        #expect(Self.rows("a\n\n1\n\n", keepsEmptyLines: true).rows == [["a"], [""], ["1"], [""]])
    }
}
