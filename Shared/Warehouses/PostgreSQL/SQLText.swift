/// SQL text as far as one must know it to find placeholders and the ends of statements: quotes, comments, dollar-quoted bodies.
///
/// Placeholders are ours alone. A statement that comes with values writes `?` for each, in their order, and may not use the
/// operators of that name (`?`, `?|`, `?&` of jsonb). A statement without values is sent as it is, so the SQL of models and hooks
/// may hold whatever PostgreSQL reads.
enum SQLText {
    struct Statement: Equatable {
        /// With `$1`, `$2`, … for the placeholders.
        var sql: String
        var placeholders: Int
    }

    /// The statements of a text, without those that are empty.
    static func statements(_ text: String) -> [Statement] {
        var statements: [Statement] = []
        var current: [UInt8] = []
        var placeholders = 0
        var isBlank = true
        func end() {
            if !isBlank { statements.append(Statement(sql: String(decoding: current, as: UTF8.self), placeholders: placeholders)) }
            (current, placeholders, isBlank) = ([], 0, true)
        }
        let bytes = Array(text.utf8)
        var place = 0
        while place < bytes.count {
            if let past = pastOpaque(bytes, place) {
                current += bytes[place..<past]
                if bytes[place] != UInt8(ascii: "-"), bytes[place] != UInt8(ascii: "/") { isBlank = false }
                place = past
                continue
            }
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: ";"): end()
            case UInt8(ascii: "?"):
                placeholders += 1
                isBlank = false
                current += "$\(placeholders)".utf8
            default:
                if byte > 0x20 { isBlank = false }
                current.append(byte)
            }
        }
        end()
        return statements
    }

    /// The place behind a string, a quoted name, a comment or a dollar-quoted body that begins at `place`; nil where none does.
    private static func pastOpaque(_ bytes: [UInt8], _ place: Int) -> Int? {
        func next(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }
        switch bytes[place] {
        case UInt8(ascii: "'"):
            let isEscaped = place > 0 && bytes[place - 1] | 0x20 == UInt8(ascii: "e") && (place == 1 || !isWord(bytes[place - 2]))
            return pastQuote(bytes, place, hasEscapes: isEscaped)
        case UInt8(ascii: "\""): return pastQuote(bytes, place, hasEscapes: false)
        case UInt8(ascii: "-") where next(1) == UInt8(ascii: "-"):
            return bytes[place...].firstIndex(of: 0x0a) ?? bytes.count
        case UInt8(ascii: "/") where next(1) == UInt8(ascii: "*"): return pastComment(bytes, place)
        case UInt8(ascii: "$") where place == 0 || !isWord(bytes[place - 1]): return pastDollars(bytes, place)
        default: return nil
        }
    }

    private static func pastQuote(_ bytes: [UInt8], _ start: Int, hasEscapes: Bool) -> Int {
        let quote = bytes[start]
        var place = start + 1
        while place < bytes.count {
            if hasEscapes, bytes[place] == UInt8(ascii: "\\") { place += 2; continue }
            if bytes[place] == quote {
                guard place + 1 < bytes.count, bytes[place + 1] == quote else { return place + 1 }
                place += 1
            }
            place += 1
        }
        return bytes.count
    }

    /// Comments nest in PostgreSQL.
    private static func pastComment(_ bytes: [UInt8], _ start: Int) -> Int {
        var depth = 0
        var place = start
        while place + 1 < bytes.count {
            switch (bytes[place], bytes[place + 1]) {
            case (UInt8(ascii: "/"), UInt8(ascii: "*")): depth += 1; place += 2
            case (UInt8(ascii: "*"), UInt8(ascii: "/")):
                depth -= 1
                place += 2
                if depth == 0 { return place }
            default: place += 1
            }
        }
        return bytes.count
    }

    /// `$$ … $$` and `$name$ … $name$`.
    private static func pastDollars(_ bytes: [UInt8], _ start: Int) -> Int? {
        guard let end = bytes[(start + 1)...].firstIndex(where: { !isWord($0) }), bytes[end] == UInt8(ascii: "$"),
            end == start + 1 || bytes[start + 1] < 0x30 || bytes[start + 1] > 0x39
        else { return nil }
        let tag = bytes[start...end]
        var place = end + 1
        while place + tag.count <= bytes.count {
            if bytes[place..<place + tag.count].elementsEqual(tag) { return place + tag.count }
            place += 1
        }
        return bytes.count
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
    }

    /// `line:column` of the nth character, from 1 on.
    static func lineAndColumn(in sql: String, character: Int) -> String {
        var line = 1
        var column = 1
        for scalar in sql.unicodeScalars.prefix(max(0, character - 1)) {
            if scalar == "\n" { line += 1; column = 1 } else { column += 1 }
        }
        return "\(line):\(column)"
    }
}
