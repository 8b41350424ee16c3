/// Text out of HTML, and links into it.
enum HTMLText {
    /// Drops tags and comments, joins white space, and resolves character references.
    static func withoutTags(_ html: String) -> String {
        var text = html
        while let start = range(of: "<!--", in: text), let end = range(of: "-->", in: text, from: start.lowerBound) {
            text.removeSubrange(start.lowerBound..<end.upperBound)
        }
        while let start = text.firstIndex(of: "<"), let end = text[start...].firstIndex(of: ">") {
            text.removeSubrange(start...end)
        }
        let words = text.unicodeScalars.split(whereSeparator: Whitespace.isSpace)
        return resolved(words.map { String($0) }.joined(separator: " "))
    }

    private static func range(of needle: String, in text: String, from start: String.Index? = nil) -> Range<String.Index>? {
        let bytes = Array(text.utf8)
        let offset = start.map { text.utf8.distance(from: text.utf8.startIndex, to: $0) } ?? 0
        guard let found = PythonText.firstIndex(of: Array(needle.utf8), in: bytes, from: offset) else { return nil }
        let lower = text.utf8.index(text.utf8.startIndex, offsetBy: found)
        return lower..<text.utf8.index(lower, offsetBy: needle.utf8.count)
    }

    private static let references: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{a0}", "copy": "©", "reg": "®",
        "hellip": "…", "mdash": "—", "ndash": "–", "laquo": "«", "raquo": "»", "euro": "€",
    ]

    private static func resolved(_ text: String) -> String {
        guard text.contains("&") else { return text }
        var result = ""
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...]
            if let end = rest.prefix(12).firstIndex(of: ";"), let value = value(of: rest[rest.index(after: start)..<end]) {
                result += value
                rest = rest[rest.index(after: end)...]
            } else {
                result += "&"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func value(of reference: Substring) -> String? {
        guard reference.first == "#" else { return references[String(reference)] }
        let digits = reference.dropFirst()
        let isHex = digits.first == "x" || digits.first == "X"
        let code = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return code.flatMap(Unicode.Scalar.init).map { String($0) }
    }
}

/// Makes links of the addresses in a text, as `urlize` does.
struct Linker {
    var limit: Int?
    var relation = "noopener"
    var target: String?
    var schemes: [String] = []

    func link(_ text: String) -> String {
        var result = ""
        var word = ""
        for scalar in TextFilters.escaped(text).unicodeScalars {
            if Whitespace.isSpace(scalar) {
                result += link(word: word)
                word = ""
                result.unicodeScalars.append(scalar)
            } else {
                word.unicodeScalars.append(scalar)
            }
        }
        return result + link(word: word)
    }

    private func link(word: String) -> String {
        var middle = word
        var head = ""
        var tail = ""
        while let opening = ["(", "<", "&lt;"].first(where: { middle.hasPrefix($0) }) {
            head += opening
            middle.removeFirst(opening.count)
        }
        while let closing = [")", ">", ".", ",", "&gt;"].first(where: { middle.hasSuffix($0) }) {
            tail = closing + tail
            middle.removeLast(closing.count)
        }
        balance(&middle, &tail)
        return head + anchor(middle) + tail
    }

    /// A closing bracket belongs to the address if the address opened it.
    private func balance(_ middle: inout String, _ tail: inout String) {
        for (opening, closing) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
            func count(_ needle: String, _ text: String) -> Int {
                PythonText.ranges(of: Array(needle.utf8), in: Array(text.utf8)).count
            }
            let missing = count(opening, middle) - count(closing, middle)
            guard missing > 0 else { continue }
            for _ in 0..<min(count(opening, middle), count(closing, tail)) {
                let parts = Array(tail.utf8)
                guard let found = PythonText.firstIndex(of: Array(closing.utf8), in: parts) else { break }
                let end = found + closing.utf8.count
                middle += Array(parts[..<end]).text
                tail = Array(parts[end...]).text
            }
        }
    }

    private func anchor(_ address: String) -> String {
        var attributes = " rel=\"\(TextFilters.escaped(relation))\""
        if let target { attributes += " target=\"\(TextFilters.escaped(target))\"" }
        if isWeb(address) {
            let reference = address.hasPrefix("http") ? address : "https://" + address
            return "<a href=\"\(reference)\"\(attributes)>\(shortened(address))</a>"
        }
        if address.hasPrefix("mailto:"), isMail(String(address.dropFirst(7))) {
            return "<a href=\"\(address)\">\(address.dropFirst(7))</a>"
        }
        if !address.hasPrefix("www."), !address.hasPrefix("@"), !address.contains(":"), isMail(address) {
            return "<a href=\"mailto:\(address)\">\(address)</a>"
        }
        for scheme in schemes where address != scheme && address.hasPrefix(scheme) {
            return "<a href=\"\(address)\"\(attributes)>\(address)</a>"
        }
        return address
    }

    private func shortened(_ text: String) -> String {
        guard let limit, PythonText.count(text) > limit else { return text }
        return PythonText.string(text.unicodeScalars.prefix(max(limit, 0))) + "..."
    }

    private func isWeb(_ address: String) -> Bool {
        var rest = Substring(address)
        var hasScheme = false
        for scheme in ["https://", "http://", "www."] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            hasScheme = true
            break
        }
        let host = rest.prefix { $0 != "/" && $0 != ":" && $0 != "?" && $0 != "#" }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber || "-_%".contains($0) } }) else {
            return false
        }
        if hasScheme { return labels.count > 1 || (labels.first?.count ?? 0) > 1 }
        return labels.count > 1 && ["com", "net", "int", "edu", "gov", "org", "info", "mil"].contains(labels.last ?? "")
    }

    private func isMail(_ address: String) -> Bool {
        let sides = address.split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].isEmpty else { return false }
        let labels = sides[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.count > 1
            && labels.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber || "-_".contains($0) } }
    }
}
