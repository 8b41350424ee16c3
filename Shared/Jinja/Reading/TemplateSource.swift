/// The text of a template, as bytes, with its name. Every offset in the syntax tree counts bytes of `bytes`.
///
/// Line ends are normalised to `\n` before anything else reads the text, as Jinja2 does, so offsets refer to the
/// normalised text.
public struct TemplateSource: Sendable {
    public let name: String
    public let bytes: [UInt8]

    init(name: String, text: String) {
        self.name = name
        bytes = Self.normalised(Array(text.utf8))
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public func text(in range: Range<Int>) -> String {
        String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
    }

    /// The line and column of a byte, both counted from 1.
    public func position(of offset: Int) -> (line: Int, column: Int) {
        var line = 1
        var lineStart = 0
        let end = min(offset, bytes.count)
        for index in 0..<max(end, 0) where bytes[index] == .newline {
            line += 1
            lineStart = index + 1
        }
        return (line, max(end - lineStart, 0) + 1)
    }

    private static func normalised(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(.carriageReturn) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == .carriageReturn {
                result.append(.newline)
            } else if byte != .newline || previous != .carriageReturn {
                result.append(byte)
            }
            previous = byte
        }
        return result
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let backslash = UInt8(ascii: "\\")
    static let underscore = UInt8(ascii: "_")
    static let minus = UInt8(ascii: "-")
    static let plus = UInt8(ascii: "+")
    static let percent = UInt8(ascii: "%")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let hash = UInt8(ascii: "#")
    static let dot = UInt8(ascii: ".")

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isHexDigit: Bool { isDigit || (self | 0x20 >= 0x61 && self | 0x20 <= 0x66) }
    var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7a }
    /// A byte that may stand in a name. Bytes of non-ASCII letters count; the lexer checks the whole name later.
    var isWord: Bool { isLetter || isDigit || self == .underscore || self >= 0x80 }
}
