import Contracts
import Kernel
import Testing
import Schedules

@Suite struct CronTests {
    func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text)! }
    func trigger(_ cron: String, _ zone: String = "UTC") throws -> CronTrigger { try CronTrigger(Schedule(cron: cron, timezone: zone)) }

    @Test(arguments: [
        ("0 6 * * *", "2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z"), ("*/15 * * * *", "2026-01-01T00:07:00Z", "2026-01-01T00:15:00Z"),
        ("30 9 * * mon-fri", "2026-01-02T10:00:00Z", "2026-01-05T09:30:00Z"), ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), ("5,35 1-3/2 1 jan *", "2026-01-01T01:35:00Z", "2026-01-01T03:05:00Z"),
        ("@monthly", "2026-01-31T12:00:00Z", "2026-02-01T00:00:00Z"), ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
    ])
    func `the next time is that of crontab(5)`(cron: String, after: String, expected: String) throws {
        #expect(try trigger(cron).next(after: time(after)) == time(expected))
    }

    @Test(arguments: ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *", "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *"])
    func `an expression that means nothing is refused with its field`(cron: String) {
        #expect(throws: PlainProblem.self) { try CronExpression(cron) }
    }

    @Test func `a zone that does not exist is named`() {
        #expect { try CronTrigger(Schedule(cron: "@daily", timezone: "Mars/Base")) } throws: { "\($0)".contains("Mars/Base") }
    }

    @Test func `six in the morning stays six in the morning when the clock changes`() throws {
        let berlin = try trigger("0 6 * * *", "Europe/Berlin")
        var fired: [String] = []
        var now = time("2026-03-27T12:00:00Z")
        for _ in 0..<3 { now = berlin.next(after: now)!; fired.append(now.description) }
        #expect(fired == ["2026-03-28T05:00:00Z", "2026-03-29T04:00:00Z", "2026-03-30T04:00:00Z"])
    }

    @Test func `a time that the clock leaves out comes as much later, one that comes twice is meant once`() throws {
        let spring = try trigger("30 2 * * *", "Europe/Berlin")
        #expect(spring.next(after: time("2026-03-28T12:00:00Z")) == time("2026-03-29T01:30:00Z"))
        #expect(spring.next(after: time("2026-03-29T01:30:00Z")) == time("2026-03-30T00:30:00Z"))
        let autumn = try trigger("30 2 * * *", "Europe/Berlin")
        #expect(autumn.next(after: time("2026-10-24T12:00:00Z")) == time("2026-10-25T00:30:00Z"))
        #expect(autumn.next(after: time("2026-10-25T00:30:00Z")) == time("2026-10-26T01:30:00Z"))
    }

    @Test func `an hourly expression goes on hour by hour through both changes`() throws {
        for start in ["2026-03-28T22:30:00Z", "2026-10-24T21:30:00Z"] {
            let hourly = try trigger("30 * * * *", "Europe/Berlin")
            var now = time(start)
            for _ in 0..<8 {
                let next = hourly.next(after: now)!
                #expect(next - now == 3600)
                now = next
            }
        }
    }

    @Test func `after a pause the rule for catching up decides`() throws {
        let daily = try trigger("0 6 * * *")
        let start = time("2026-01-01T06:00:00Z"), now = time("2026-01-04T12:00:00Z")
        #expect(daily.due(.all, after: start, now: now).map(\.civil.day) == [2, 3, 4])
        #expect(daily.due(.latest, after: start, now: now).map(\.civil.day) == [4])
        #expect(daily.due(.none, after: start, now: now).isEmpty)
        #expect(daily.due(.none, after: start, now: time("2026-01-04T06:00:01Z")).map(\.civil.day) == [4])
        #expect(daily.due(.latest, after: time("2026-01-04T06:00:00Z"), now: now).isEmpty)
    }

    @Test func `the latest time agrees with stepping through all of them`() throws {
        for (cron, zone) in [("*/7 3,4 * * *", "America/New_York"), ("0 12 1,15 * mon", "Asia/Kolkata"), ("15 1 * * *", "Pacific/Apia")] {
            let trigger = try trigger(cron, zone)
            let start = time("2026-02-20T00:00:00Z")
            var now = start
            var last: Timestamp?
            for _ in 0..<200 {
                guard let next = trigger.next(after: now) else { break }
                #expect(trigger.latest(after: start, upTo: next.adding(seconds: -1)) == last)
                #expect(trigger.latest(after: start, upTo: next) == next)
                last = next
                now = next
            }
        }
    }
}
