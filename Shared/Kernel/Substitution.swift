/// `${NAME}` and `${NAME:-default}` in settings, filled from the environment of the program that needs them.
///
/// A variable that is not set may be in a file: where `NAME` is missing or empty and `NAME_FILE` names one, the file's text is the value,
/// without the white space at its end. So secrets can be mounted, and a new one is read with the next task.
///
/// Definitions travel with their references unfilled, so that no secret enters a message; each worker fills its own.
public enum Substitution {
    /// Reads the file that a `NAME_FILE` names. This room does no I/O, so the program brings it: `Files.secret`.
    public typealias FileReader = (_ path: String) throws(PlainProblem) -> String

    private enum Piece {
        case text([UInt8])
        case reference(name: String, otherwise: String?)
    }

    private static func pieces(_ text: String) -> [Piece] {
        let bytes = Array(text.utf8)
        var pieces: [Piece] = []
        var plain: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "$"), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "{"),
                let end = closingBrace(bytes, from: place + 2)
            else {
                plain.append(bytes[place])
                place += 1
                continue
            }
            let inner = Array(bytes[(place + 2)..<end])
            let mark = inner.indices.dropLast().first { inner[$0] == UInt8(ascii: ":") && inner[$0 + 1] == UInt8(ascii: "-") }
            pieces.append(.text(plain))
            plain = []
            pieces.append(.reference(
                name: String(decoding: inner[..<(mark ?? inner.count)], as: UTF8.self), otherwise: mark.map { String(decoding: inner[($0 + 2)...], as: UTF8.self) }))
            place = end + 1
        }
        return pieces + [.text(plain)]
    }

    /// - Throws: `PlainProblem` naming the variable that is not set and has no default.
    public static func expand(_ text: String, environment: [String: String], file: FileReader? = nil) throws(PlainProblem) -> String {
        var out: [UInt8] = []
        for piece in pieces(text) {
            switch piece {
            case .text(let bytes): out += bytes
            case .reference(let name, let otherwise):
                if let value = environment[name], !value.isEmpty {
                    out += value.utf8
                } else if let file, let path = environment["\(name)_FILE"], !path.isEmpty {
                    out += trimmed(try file(path)).utf8
                } else if let otherwise {
                    // A default may refer to other variables: ${A:-sqlite:///${B}/x.db}.
                    out += try expand(otherwise, environment: environment, file: file).utf8
                } else if environment[name] == nil {
                    throw PlainProblem(
                        "settings.variable_not_set", "the environment variable \(name) is not set", at: .named("${\(name)}"),
                        remedy: "set \(name) in the environment of the program that reports this, or \(name)_FILE to a file that holds it, or write ${\(name):-default}")
                }
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The variables that `expand` would miss in any of the strings of `value`, in their order, each once. No file is read.
    public static func unset(in value: JSON, environment: [String: String]) -> [String] {
        var names: [String] = []
        func look(_ text: String) {
            for case .reference(let name, let otherwise) in pieces(text) {
                if let value = environment[name], !value.isEmpty { continue }
                if let path = environment["\(name)_FILE"], !path.isEmpty { continue }
                if let otherwise { look(otherwise) } else if environment[name] == nil, !names.contains(name) { names.append(name) }
            }
        }
        func look(_ value: JSON) {
            switch value {
            case .string(let text): look(text)
            case .array(let values): for value in values { look(value) }
            case .object(let object): for (_, value) in object.pairs { look(value) }
            default: return
            }
        }
        look(value)
        return names
    }

    /// Fills every string inside a JSON value.
    ///
    /// - Throws: what is wrong with all of the strings, at once: whoever sets variables wants to set them in one go.
    public static func expand(_ value: JSON, environment: [String: String], file: FileReader? = nil) throws(PlainProblem) -> JSON {
        var problems: [PlainProblem] = []
        let filled = expand(value, environment, file, &problems)
        guard let first = problems.first else { return filled }
        let others = problems.dropFirst().filter { $0.summary != first.summary }
        guard !others.isEmpty else { throw first }
        throw PlainProblem(
            first.code, ([first] + others).map(\.summary).joined(separator: "; "), at: first.location,
            remedy: "set them in the environment of the program that reports this, or for each NAME a NAME_FILE to a file that holds it")
    }

    private static func expand(_ value: JSON, _ environment: [String: String], _ file: FileReader?, _ problems: inout [PlainProblem]) -> JSON {
        switch value {
        case .string(let text):
            do throws(PlainProblem) { return .string(try expand(text, environment: environment, file: file)) } catch {
                problems.append(error)
                return .null
            }
        case .array(let values):
            var filled: [JSON] = []
            for value in values { filled.append(expand(value, environment, file, &problems)) }
            return .array(filled)
        case .object(let object):
            var filled = JSONObject()
            for (key, value) in object.pairs { filled[key] = expand(value, environment, file, &problems) }
            return .object(filled)
        default: return value
        }
    }

    private static func trimmed(_ text: String) -> String {
        var bytes = Array(text.utf8)
        while let last = bytes.last, last == 0x0a || last == 0x0d || last == 0x20 || last == 0x09 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func closingBrace(_ bytes: [UInt8], from start: Int) -> Int? {
        var depth = 1
        for place in start..<bytes.count {
            if bytes[place] == UInt8(ascii: "{") { depth += 1 }
            if bytes[place] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return place }
        }
        return nil
    }
}
