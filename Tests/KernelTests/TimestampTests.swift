import Glibc
import Kernel
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2013-01-01T10:00:00Z", 1_357_034_400), ("2024-02-29T23:59:59+02:00", 1_709_243_999),
        ("1969-12-31T23:59:59Z", -1), ("2000-01-01 00:00:00-00:30", 946_686_600),
    ])
    func `RFC 3339 text is read to the second`(text: String, seconds: Int64) throws {
        #expect(try #require(Timestamp(rfc3339: text)).microseconds == seconds * 1_000_000)
    }

    @Test(arguments: ["", "2013-02-29T00:00:00Z", "2013-01-01T24:00:00Z", "2013-01-01T00:00:00", "2013-01-01T00:00:00.Z", "2013-1-01T00:00:00Z"])
    func `impossible times are refused`(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test func `text written is text read for any instant`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let instant = Timestamp(microseconds: Int64.random(in: -2_000_000_000_000_000...4_000_000_000_000_000, using: &random))
            #expect(Timestamp(rfc3339: instant.description) == instant)
        }
    }
}

@Suite struct TallyTests {
    @Test func `two equal records do not cancel each other`() {
        var tally = Tally.zero
        tally.add(7)
        tally.add(7)
        #expect(tally == Tally(count: 2, sum: 14))
    }
    @Test func `the sum wraps at two to the 128th`() {
        #expect((Tally(count: 1, sum: .max) + Tally(count: 1, sum: 2)).sum == 1)
    }

    @Test func `a time is written as the C library writes it, directive by directive, with and without what stands in front`() {
        setenv("TZ", "UTC", 1)
        tzset()
        var numbers = SplitMix64(seed: 5)
        let times = (0..<400).map { _ in Int.random(in: -2_000_000_000...4_000_000_000, using: &numbers) } + (1999...2032).map { Timestamp.daysSinceEpoch(year: $0, month: 1, day: 1) * 86_400 }
        let directives = Timestamp.directives.split(separator: " ").map(String.init).filter { $0 != "%f" && $0 != "%Z" }
        for time in times {
            var seconds = time_t(time), parts = tm()
            gmtime_r(&seconds, &parts)
            for directive in directives + directives.filter { !"cDFTRrxXnt%zs".contains($0.last ?? " ") }.map({ "%-\($0.dropFirst())" }) {
                var buffer = [CChar](repeating: 0, count: 100)
                let count = Glibc.strftime(&buffer, 100, directive, &parts)
                let expected = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
                let written = Timestamp(microseconds: Int64(time) * 1_000_000).strftime(directive)
                if written != expected { #expect(written == expected, "\(directive) of \(time)") }
            }
        }
        #expect(Timestamp(microseconds: 0).strftime("%--d") == nil && Timestamp(microseconds: 0).strftime("%Q") == nil)
    }
}
