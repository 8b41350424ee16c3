/// `ops@example.com` or `Data platform <ops@example.com>`.
public struct MailAddress: Hashable, Sendable {
    public let name: String
    /// What the server is told: `ops@example.com`.
    public let mailbox: String

    /// Nil for what a mail server could take for something else: a line end, a second `@`, letters beyond ASCII in the mailbox.
    public init?(_ text: String) {
        var name = ""
        var mailbox = Text.trimmed(text)
        if let open = mailbox.utf8.firstIndex(of: UInt8(ascii: "<")) {
            guard mailbox.hasSuffix(">") else { return nil }
            name = Text.trimmed(String(mailbox[..<open]))
            mailbox = String(mailbox[mailbox.utf8.index(after: open)...].dropLast())
        }
        if name.hasPrefix("\""), name.hasSuffix("\""), name.utf8.count >= 2 { name = String(name.dropFirst().dropLast()) }
        let parts = mailbox.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        let isPlain = mailbox.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !Self.special.contains($0) }
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPlain, mailbox.utf8.count <= 254, !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
        else { return nil }
        self.name = name
        self.mailbox = mailbox
    }

    private static let special = Set("()<>[],;:\\\"".utf8)

    public var domain: String { String(mailbox.split(separator: "@").last ?? "") }

    /// As a header has it.
    var header: String {
        guard !name.isEmpty else { return mailbox }
        let word = HeaderText.isPlain(name) ? "\"\(name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" : HeaderText.encode(name)
        return "\(word) <\(mailbox)>"
    }
}

enum Text {
    static func trimmed(_ text: String) -> String {
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
