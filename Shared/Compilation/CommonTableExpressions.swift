/// Puts ephemeral models into a query as common table expressions.
enum CommonTableExpressions {
    /// One of them, with the space before it that dbt writes.
    static func text(_ name: String, _ sql: String) -> String { " \(name) as (\n\(sql)\n)" }

    /// To the byte as dbt does it: behind the white space at the beginning, and behind that of the query's own `with`.
    static func inject(_ expressions: [String], into sql: String) -> String {
        guard !expressions.isEmpty else { return sql }
        let text = expressions.joined(separator: ", ")
        let bytes = Array(sql.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        func isSpace(_ byte: UInt8) -> Bool { byte <= 0x20 }
        guard let with = endOfWith(bytes) else {
            let start = bytes.firstIndex { !isSpace($0) } ?? bytes.count
            return part(0..<start) + "with\(text) " + part(start..<bytes.count)
        }
        // The query has expressions of its own: ours go in front of them, as theirs may read ours.
        let end = bytes[with...].firstIndex { !isSpace($0) } ?? bytes.count
        return part(0..<end) + "\(text), " + part(end..<bytes.count)
    }

    /// Behind the leading `with` or `with recursive`; nil where the query begins otherwise.
    private static func endOfWith(_ bytes: [UInt8]) -> Int? {
        var place = 0
        func word() -> (text: String, end: Int) {
            var end = place
            while end < bytes.count, (bytes[end] | 0x20) >= 0x61, (bytes[end] | 0x20) <= 0x7a { end += 1 }
            return (String(decoding: bytes[place..<end], as: UTF8.self).lowercased(), end)
        }
        skipSpace(bytes, &place)
        guard word().text == "with" else { return nil }
        let end = word().end
        place = end
        skipSpace(bytes, &place)
        return word().text == "recursive" ? word().end : end
    }

    private static func skipSpace(_ bytes: [UInt8], _ place: inout Int) {
        while place < bytes.count {
            if bytes[place] <= 0x20 {
                place += 1
            } else if bytes[place...].starts(with: Array("--".utf8)) {
                while place < bytes.count, bytes[place] != 0x0a { place += 1 }
            } else if bytes[place...].starts(with: Array("/*".utf8)) {
                place += 2
                while place < bytes.count, !bytes[place...].starts(with: Array("*/".utf8)) { place += 1 }
                place = min(place + 2, bytes.count)
            } else {
                return
            }
        }
    }
}
