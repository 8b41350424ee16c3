import Digest
public import Kernel

/// A mail in two renderings, text and HTML. Equal values are equal bytes, so a mail that is sent again is the same one.
public struct MailMessage: Hashable, Sendable {
    /// Longer subjects are cut.
    static let subjectMax = 200

    public var from: MailAddress
    public var to: [MailAddress]
    public var subject: String
    public var date: Timestamp
    /// Without its brackets: `…@example.com`.
    public var messageID: String
    public var text: String
    public var html: String

    public init(from: MailAddress, to: [MailAddress], subject: String, date: Timestamp, messageID: String, text: String, html: String) {
        self.from = from
        self.to = to
        self.subject = subject
        self.date = date
        self.messageID = messageID
        self.text = text
        self.html = html
    }

    /// An id that a key decides: whoever sends the key again sends the same id, and a mailbox may drop the double.
    public static func id(of key: String, domain: String) -> String { "\(Digest.hex(.sha256, key).prefix(32))@\(domain)" }

    /// As it goes over the wire, with CRLF line ends.
    public var bytes: [UInt8] {
        // Quoted-printable writes every "=" as "=3D": the boundary cannot occur in a part.
        let boundary = "=_\(Digest.hex(.sha256, messageID).prefix(24))"
        let headers = [
            "Date: \(Self.rfc5322(date))", "From: \(from.header)", "To: \(to.map(\.header).joined(separator: ",\r\n "))",
            "Subject: \(HeaderText.encode(String(subject.prefix(Self.subjectMax))))", "Message-ID: <\(messageID)>",
            // Holiday answers are not wanted.
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: multipart/alternative; boundary=\"\(boundary)\"",
        ]
        var out = Array((headers.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        // The last one is the one that a reader with a choice shows.
        for (kind, body) in [("plain", text), ("html", html)] {
            out += Array("--\(boundary)\r\nContent-Type: text/\(kind); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".utf8)
            out += QuotedPrintable.encode(body)
        }
        return out + Array("--\(boundary)--\r\n".utf8)
    }

    static func rfc5322(_ time: Timestamp) -> String {
        let clock = time.civil
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        // 1970-01-01 was a Thursday.
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = Timestamp.daysSinceEpoch(year: clock.year, month: clock.month, day: clock.day)
        return "\(days[((day % 7) + 7) % 7]), \(clock.day) \(months[clock.month - 1]) \(clock.year) \(two(clock.hour)):\(two(clock.minute)):\(two(clock.second)) +0000"
    }
}
