/// A part's text by RFC 2045: lines of at most 76 ASCII characters, so that any server hands it on unchanged.
enum QuotedPrintable {
    static let lineMax = 76

    static func encode(_ text: String) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for line in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false) {
            var line = Array(line)
            if line.last == 0x0d { line.removeLast() }
            var width = 0
            for (place, byte) in line.enumerated() {
                let isLast = place == line.count - 1
                // White space at an end may be cut off on the way; a dot alone at a start ends a message.
                let isPlain = switch byte {
                case 0x20, 0x09: !isLast
                case UInt8(ascii: "."): width > 0
                case UInt8(ascii: "="): false
                default: byte > 0x20 && byte < 0x7f
                }
                let piece = isPlain ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                if width + piece.count > lineMax - 1 {
                    out += [UInt8(ascii: "="), 0x0d, 0x0a]
                    width = 0
                }
                // A plain dot that the break has put at a start.
                let safe = width == 0 && piece == [UInt8(ascii: ".")] ? Array("=2E".utf8) : piece
                out += safe
                width += safe.count
            }
            out += [0x0d, 0x0a]
        }
        return out
    }
}
