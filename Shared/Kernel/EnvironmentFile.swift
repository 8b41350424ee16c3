/// A `.env` file: `NAME=value` by line, as Docker Compose and python-dotenv read it.
///
/// Blank lines and those that begin with `#` count for nothing; `export ` in front is allowed. A bare value ends at the line's end
/// or before ` #`, without the white space around it. In single quotes all is taken as it is; in double quotes `\n`, `\r`, `\t`, `\"`,
/// `\\` and `\$` stand for one character. A quoted value may go over several lines, as a key does. Of two lines for one name
/// the later counts. Nothing is substituted: that is the business of whoever reads the variable.
public enum EnvironmentFile {
    /// - Throws: `PlainProblem` with file and line; it never shows a value.
    public static func parse(_ text: String, file: String) throws(PlainProblem) -> [String: String] {
        var reader = Reader(bytes: Array(text.utf8), file: file)
        return try reader.variables()
    }

    private struct Reader {
        let bytes: [UInt8]
        let file: String
        var place = 0
        var line = 1

        init(bytes: [UInt8], file: String) {
            // A byte order mark, as some editors leave it.
            self.bytes = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
            self.file = file
        }

        mutating func variables() throws(PlainProblem) -> [String: String] {
            var found: [String: String] = [:]
            while place < bytes.count {
                skipBlanks()
                if next == UInt8(ascii: "#") || isAtLineEnd { endLine(); continue }
                let name = try name()
                found[name] = try value(of: name)
            }
            return found
        }

        private mutating func name() throws(PlainProblem) -> String {
            var name = word()
            if name == "export", next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") {
                skipBlanks()
                name = word()
            }
            skipBlanks()
            guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first), next == UInt8(ascii: "=") else {
                throw problem("the line is not NAME=value", at: line, remedy: "write NAME=value, or begin the line with # to leave it out")
            }
            place += 1
            return name
        }

        private mutating func value(of name: String) throws(PlainProblem) -> String {
            skipBlanks()
            let value: [UInt8]
            switch next {
            case UInt8(ascii: "'"), UInt8(ascii: "\""): value = try quoted(name)
            default: value = bare()
            }
            skipBlanks()
            guard isAtLineEnd || next == UInt8(ascii: "#") else {
                throw problem("there is more behind the quoted value of \(name)", at: line, remedy: "put all of the value between the quotes, or a # before a comment")
            }
            endLine()
            return String(decoding: value, as: UTF8.self)
        }

        private mutating func quoted(_ name: String) throws(PlainProblem) -> [UInt8] {
            let quote = bytes[place], start = line
            place += 1
            var value: [UInt8] = []
            while let byte = next {
                place += 1
                if byte == quote { return value }
                if byte == UInt8(ascii: "\n") { line += 1 }
                guard quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\"), let escaped = next, let meant = Self.escapes[escaped] else {
                    value.append(byte)
                    continue
                }
                value.append(meant)
                place += 1
            }
            throw problem("the quoted value of \(name) has no end", at: start, remedy: "close it with \(quote == UInt8(ascii: "'") ? "'" : "\"")")
        }

        private static let escapes: [UInt8: UInt8] = [
            UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "t"): 0x09, UInt8(ascii: "\""): UInt8(ascii: "\""),
            UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "$"): UInt8(ascii: "$"),
        ]

        private mutating func bare() -> [UInt8] {
            let start = place
            while !isAtLineEnd, !(next == UInt8(ascii: "#") && (place == start || Self.isBlank(bytes[place - 1]))) { place += 1 }
            var value = bytes[start..<place]
            while let last = value.last, Self.isBlank(last) { value.removeLast() }
            return Array(value)
        }

        private mutating func word() -> String {
            let start = place
            while let byte = next, byte == UInt8(ascii: "_") || Self.isLetterOrDigit(byte) { place += 1 }
            return String(decoding: bytes[start..<place], as: UTF8.self)
        }

        private var next: UInt8? { place < bytes.count ? bytes[place] : nil }
        private var isAtLineEnd: Bool { next == nil || next == UInt8(ascii: "\n") || (next == UInt8(ascii: "\r") && (place + 1 == bytes.count || bytes[place + 1] == UInt8(ascii: "\n"))) }
        private mutating func skipBlanks() { while let byte = next, Self.isBlank(byte) { place += 1 } }
        private mutating func endLine() {
            while let byte = next, byte != UInt8(ascii: "\n") { place += 1 }
            place += 1
            line += 1
        }
        private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: false
            }
        }
        private func problem(_ summary: String, at line: Int, remedy: String) -> PlainProblem {
            PlainProblem("settings.bad_env_file", summary, at: .file(file, line: line), remedy: remedy)
        }
    }
}
