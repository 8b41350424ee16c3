import Kernel
import Mail
import Testing

@Suite struct MailMessageTests {
    @Test(arguments: ["ops@example.com", "Data platform <ops@example.com>", "\"A, B\" <a.b+c@mail.example>"])
    func `a mailbox may have a name`(text: String) {
        #expect(MailAddress(text) != nil)
    }

    @Test(arguments: [
        "", "ops", "ops@", "@example.com", "a@b@c", "a@b\r\nBcc: x@y.z", "a b@c", "ops@example.com>", "<ops@example.com", "x\ny <a@b>", "ö@example.com",
        "a@b, c@d",
    ])
    func `what a mail server could take for something else is no address`(text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test func `the same mail has the same bytes, and another key another id`() {
        let from = MailAddress("a@example.com")!
        func mail(_ key: String) -> MailMessage {
            MailMessage(
                from: from, to: [from], subject: "s", date: Timestamp(microseconds: 0), messageID: MailMessage.id(of: key, domain: from.domain), text: "t",
                html: "h")
        }
        #expect(mail("a").bytes == mail("a").bytes)
        #expect(mail("a").messageID != mail("b").messageID)
        #expect(String(decoding: mail("a").bytes, as: UTF8.self).contains("Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"))
    }

    @Test func `a mail server's address holds no password`() {
        #expect(throws: SMTPError.self) { try SMTPServer(url: "smtp://robot:planted-word@mail.example:587") }
        #expect(throws: SMTPError.self) { try SMTPServer(url: "https://mail.example") }
        #expect(throws: SMTPError.self) { try SMTPServer(url: "smtp://mail.example", user: "a", password: "b", security: .none) }
    }
}
