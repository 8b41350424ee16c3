import FoundationEssentials

/// Text in a header, by RFC 2047: as it is where ASCII will do, else as encoded words of UTF-8.
enum HeaderText {
    /// An encoded word holds at most 75 characters; 45 bytes become 60 of base64, with 12 around them.
    static let wordBytesMax = 45

    static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && !text.contains("=?")
    }

    /// No word cuts a character in two. Control characters, line ends above all, become spaces.
    static func encode(_ text: String) -> String {
        let clean = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
        guard !isPlain(clean) else { return clean }
        var words: [[UInt8]] = [[]]
        for scalar in clean.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > wordBytesMax { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }
}
