/// Text as Python's `str` sees it: a sequence of code points, compared code point by code point.
enum PythonText {
    /// Swift's `==` holds composed and decomposed accents for equal; Python does not.
    static func equal(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return left.utf8.elementsEqual(right.utf8)
    }

    static func order(_ left: String, _ right: String) -> Int {
        // UTF-8 sorts as its code points do.
        if left.utf8.lexicographicallyPrecedes(right.utf8) { return -1 }
        return equal(left, right) ? 0 : 1
    }

    static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    static func count(_ text: String) -> Int {
        isASCII(text) ? text.utf8.count : text.unicodeScalars.count
    }

    static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in scalars { result.append(scalar) }
        return String(result)
    }

    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        guard first == "_" || first.properties.isXIDStart else { return false }
        return text.unicodeScalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
    }

    // MARK: repr

    static func representation(of text: String) -> String {
        let hasSingle = text.utf8.contains(UInt8(ascii: "'"))
        let hasDouble = text.utf8.contains(UInt8(ascii: "\""))
        let quote: Unicode.Scalar = hasSingle && !hasDouble ? "\"" : "'"
        var result = String(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case quote: result += "\\" + String(quote)
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += escape(scalar)
                }
            }
        }
        result.unicodeScalars.append(quote)
        return result
    }

    static func escape(_ scalar: Unicode.Scalar) -> String {
        let value = scalar.value
        if value <= 0xff { return "\\x" + hex(value, 2) }
        return value <= 0xffff ? "\\u" + hex(value, 4) : "\\U" + hex(value, 8)
    }

    static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits
    }

    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7f { return scalar.value >= 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    // MARK: Trimming and case

    static func trimmed(
        _ text: String, left: Bool = true, right: Bool = true, where shouldDrop: (Unicode.Scalar) -> Bool
    ) -> String {
        var slice = Substring(text).unicodeScalars
        if left { while let first = slice.first, shouldDrop(first) { slice.removeFirst() } }
        if right { while let last = slice.last, shouldDrop(last) { slice.removeLast() } }
        return String(slice)
    }

    static func lowercased(_ text: String) -> String { text.lowercased() }
    static func uppercased(_ text: String) -> String { text.uppercased() }

    static func capitalized(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return text }
        return first.properties.titlecaseMapping + string(text.unicodeScalars.dropFirst()).lowercased()
    }

    /// As `str.splitlines`: every kind of line end, and none at the end of the text.
    static func lines(_ text: String, keepingEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        var pending = scalars.next()
        while let scalar = pending {
            pending = scalars.next()
            guard isLineEnd(scalar) else {
                line.append(scalar)
                continue
            }
            if keepingEnds { line.append(scalar) }
            if scalar == "\r", pending == "\n" {
                if keepingEnds { line.append("\n") }
                pending = scalars.next()
            }
            lines.append(String(line))
            line = String.UnicodeScalarView()
        }
        if !line.isEmpty { lines.append(String(line)) }
        return lines
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0a...0x0d, 0x1c...0x1e, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    // MARK: Searching, over bytes: UTF-8 never matches inside a character

    static func ranges(of needle: [UInt8], in text: [UInt8], limit: Int = .max) -> [Range<Int>] {
        guard !needle.isEmpty, limit > 0 else { return [] }
        var result: [Range<Int>] = []
        var index = 0
        while let found = firstIndex(of: needle, in: text, from: index) {
            result.append(found..<found + needle.count)
            if result.count == limit { break }
            index = found + needle.count
        }
        return result
    }

    static func firstIndex(of needle: [UInt8], in text: [UInt8], from start: Int = 0) -> Int? {
        guard let first = needle.first else { return start <= text.count ? start : nil }
        var index = start
        while index + needle.count <= text.count {
            if text[index] == first, text[index..<index + needle.count].elementsEqual(needle) { return index }
            index += 1
        }
        return nil
    }

    static func contains(_ needle: String, in text: String) -> Bool {
        needle.isEmpty || firstIndex(of: Array(needle.utf8), in: Array(text.utf8)) != nil
    }

    static func replaced(_ text: String, _ old: String, _ new: String, limit: Int = .max) -> String {
        if old.isEmpty { return interleaved(text, new, limit: limit) }
        let bytes = Array(text.utf8)
        let ranges = ranges(of: Array(old.utf8), in: bytes, limit: limit)
        guard !ranges.isEmpty else { return text }
        var result: [UInt8] = []
        var index = 0
        for range in ranges {
            result += bytes[index..<range.lowerBound]
            result += new.utf8
            index = range.upperBound
        }
        result += bytes[index...]
        return String(decoding: result, as: UTF8.self)
    }

    /// Replacing the empty text puts `new` around every character.
    private static func interleaved(_ text: String, _ new: String, limit: Int) -> String {
        var result = ""
        var remaining = limit
        for scalar in text.unicodeScalars {
            if remaining > 0 { result += new }
            remaining -= remaining > 0 ? 1 : 0
            result.unicodeScalars.append(scalar)
        }
        return remaining > 0 ? result + new : result
    }
}
