internal import Jinja

/// Reads what a model written in Python refers to: `dbt.ref(…)`, `dbt.source(…)`, `dbt.config(…)`, `dbt.config.get(…)`, with literals as their
/// arguments. No engine here builds one; the rest of the project is read, compiled and built all the same.
///
/// Python's literals and calls are nearly Jinja's, so the calls are handed to the reader of templates. The rules are those of dbt
/// (`dbt/parser/models.py`), but that it looks into fewer kinds of expressions.
enum PythonModel {
    enum Failure: Error, Equatable {
        case notOne(count: Int)
        case hasJinja
        /// A call whose arguments are no literals, and where it begins.
        case noLiterals(call: String, line: Int)
    }

    private struct Call {
        var name: String
        var line: Int
        /// What stands between the brackets, comments left out, divided at its outermost commas.
        var arguments: [String]
    }

    static func capture(_ text: String, _ environment: Environment) throws(Failure) -> Capture {
        for tag in ["{{", "{%", "{#"] where text.contains(tag) { throw .hasJinja }
        var scanner = Scanner(text)
        let calls = scanner.calls()
        guard scanner.models == 1 else { throw .notOne(count: scanner.models) }
        var capture = Capture()
        var asked: [String: [(key: String, fallback: String)]] = [:]
        for call in calls {
            if call.name == "config.get" || call.name == "config.meta_get" {
                guard let key = call.arguments.first else { throw .noLiterals(call: call.name, line: call.line) }
                asked[call.name, default: []].append((key, call.arguments.count > 1 ? call.arguments[1] : "none"))
                continue
            }
            try read("\(call.name)(\(call.arguments.joined(separator: ",")))", call, environment, into: &capture)
        }
        guard !asked.isEmpty else { return capture }
        func list(_ name: String, _ part: KeyPath<(key: String, fallback: String), String>) -> String {
            "[\((asked[name] ?? []).map { $0[keyPath: part] }.joined(separator: ","))]"
        }
        let words = [
            "config_keys_used=\(list("config.get", \.key))", "config_keys_defaults=\(list("config.get", \.fallback))",
            "meta_keys_used=\(list("config.meta_get", \.key))", "meta_keys_defaults=\(list("config.meta_get", \.fallback))",
        ]
        let last = calls.last { $0.name.hasPrefix("config.") }
        try read("config(\(words.joined(separator: ",")))", last ?? calls[0], environment, into: &capture)
        return capture
    }

    private static func read(_ call: String, _ place: Call, _ environment: Environment, into capture: inout Capture) throws(Failure) {
        guard let template = try? environment.parse("{{ \(call) }}"), let found = StaticReader.capture(template) else {
            throw .noLiterals(call: place.name, line: place.line)
        }
        capture.refs += found.refs
        capture.sources += found.sources
        ConfigMerge.join(found.config, into: &capture.config)
    }

    // MARK: Python

    /// Goes over the text as Python's own reader does as far as it must: past comments and strings, by names and brackets.
    private struct Scanner {
        static let names: Set = ["ref", "source", "config", "config.get", "config.meta_get"]
        private let bytes: [UInt8]
        private var place = 0, line = 1
        /// How many functions `model` stand at the left margin.
        private(set) var models = 0

        init(_ text: String) { bytes = Array(text.utf8) }

        mutating func calls() -> [Call] {
            var calls: [Call] = []
            var isAtMargin = true, before: UInt8 = 0x0a
            while place < bytes.count {
                let byte = bytes[place]
                if Self.isName(byte) {
                    let wasAtMargin = isAtMargin, isMember = before == UInt8(ascii: ".")
                    let word = name()
                    if wasAtMargin, word == "def" { noteFunction() }
                    if word == "dbt", !isMember, let call = call() { calls += call }
                    (isAtMargin, before) = (false, UInt8(ascii: "a"))
                    continue
                }
                isAtMargin = byte == 0x0a
                if byte != 0x20, byte != 0x09 { before = byte }
                skip()
            }
            return calls
        }

        /// Behind `def`: whether it is the model.
        private mutating func noteFunction() {
            skipBlanks()
            if name() == "model" { models += 1 }
        }

        /// Behind `dbt`: a call of one of its functions, and those among its arguments.
        private mutating func call() -> [Call]? {
            let start = line
            var words: [String] = []
            while place < bytes.count, bytes[place] == UInt8(ascii: ".") {
                place += 1
                words.append(name())
            }
            skipBlanks()
            guard Self.names.contains(words.joined(separator: ".")), place < bytes.count, bytes[place] == UInt8(ascii: "(") else { return nil }
            return [Call(name: words.joined(separator: "."), line: start, arguments: arguments())]
        }

        /// From a bracket that opens to the one that closes it.
        private mutating func arguments() -> [String] {
            var parts: [[UInt8]] = [[]]
            var depth = 0
            while place < bytes.count {
                let byte = bytes[place], start = place
                skip()
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    if depth == 1 { continue }
                case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
                    depth -= 1
                    if depth == 0 { return Self.texts(parts) }
                case UInt8(ascii: ",") where depth == 1:
                    parts.append([])
                    continue
                case UInt8(ascii: "#"): continue
                default: break
                }
                parts[parts.count - 1] += bytes[start..<place]
            }
            return Self.texts(parts)
        }
        private static func texts(_ parts: [[UInt8]]) -> [String] {
            let texts = parts.map { String(decoding: $0, as: UTF8.self) }
            // A comma may stand behind the last one.
            return texts.last?.allSatisfy(\.isWhitespace) == true ? texts.dropLast() : texts
        }

        /// Goes on by one byte, or past the comment or the string that begins there.
        private mutating func skip() {
            let byte = bytes[place]
            if byte == UInt8(ascii: "#") {
                while place < bytes.count, bytes[place] != 0x0a { place += 1 }
                return
            }
            guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") else {
                if byte == 0x0a { line += 1 }
                place += 1
                return
            }
            let isLong = bytes[place...].starts(with: [byte, byte, byte]), end = [UInt8](repeating: byte, count: isLong ? 3 : 1)
            place += end.count
            while place < bytes.count, !bytes[place...].starts(with: end), isLong || bytes[place] != 0x0a {
                if bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count { place += 1 }
                if bytes[place] == 0x0a { line += 1 }
                place += 1
            }
            place = min(place + end.count, bytes.count)
        }

        private mutating func skipBlanks() {
            while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
        }
        private mutating func name() -> String {
            let start = place
            while place < bytes.count, Self.isName(bytes[place]) { place += 1 }
            return String(decoding: bytes[start..<place], as: UTF8.self)
        }
        private static func isName(_ byte: UInt8) -> Bool {
            byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte &- 0x30 <= 9 || byte == UInt8(ascii: "_") || byte >= 0x80
        }
    }
}
