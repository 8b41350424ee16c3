import Kernel
import Templating
import Testing

@Suite struct RunTemplateTests {
    private let values = RunValues(pipeline: "shop", run: "shop@1", logicalDate: Timestamp(rfc3339: "2026-01-31T06:07:08Z")!)

    @Test(arguments: [
        (#"raw/{{ execution_date.strftime("%Y-%m") }}/users.csv"#, "raw/2026-01/users.csv"), ("{{ logical_date }}", "2026-01-31 06:07:08+00:00"),
        ("{{ ds }} {{ ds_nodash }} {{ ts }} {{ ts_nodash }}", "2026-01-31 20260131 2026-01-31T06:07:08+00:00 20260131T060708"),
        ("{{ logical_date | date_add(months=1) | ds }}", "2026-02-28"), ("{{ logical_date | date_sub(days=31) | ds }}", "2025-12-31"),
        ("{{ ds | date_add(7) }}", "2026-02-07"), ("{{ logical_date | date_trunc('month') | ts }}", "2026-01-01T00:00:00+00:00"),
        ("{{ logical_date | date_trunc('week') | strftime('%a %d.%m.') }}", "Mon 26.01."), ("{{ logical_date | date_trunc('quarter') | date_sub(years=1) | ds }}", "2025-01-01"),
        ("{{ logical_date.strftime('%A %-d') if false else logical_date.strftime('%A, %d %B %Y, %j, %I %p, %%') }}", "Saturday, 31 January 2026, 031, 06 AM, %"),
        ("{{ logical_date.strftime('%G-W%V, %-d.%-m., %-I %p') }}", "2026-W05, 31.1., 6 AM"),
        ("{{ logical_date.year }}-{{ '%02d' % (logical_date.month + 1) }}", "2026-02"), ("{{ pipeline }} {{ run_id }}", "shop shop@1"),
        ("{% if logical_date.day == 31 %}last{% else %}other{% endif %}", "last"), ("${SECRET:-x} {no}", "${SECRET:-x} {no}"), ("{% raw %}{{ theirs }}{% endraw %}", "{{ theirs }}"),
    ])
    func `a value speaks of its run`(text: String, filled: String) throws { #expect(try RunTemplate.render(text, values) == filled) }

    @Test(arguments: [
        "{{ unknown }}", "{{ logical_date.strftime('%Q') }}", "{{ 'soon' | date_add(1) }}", "{{ logical_date | date_add(fortnights=1) }}", "{{ ds", "{% for i in range(10**9) %}{% endfor %}",
        "{{ logical_date | date_add(years=1e8) }}", "{{ logical_date | date_trunc('age') }}", "{{ 'x' * 10**9 }}",
    ])
    func `a template that cannot be filled is a problem that quotes it`(text: String) {
        #expect { try RunTemplate.render(text, values) } throws: { "\($0)".contains(String(text.prefix(20))) }
    }

    @Test func `texts are filled wherever they lie, and nothing else changes`() throws {
        let json: JSON = ["a": ["{{ ds }}", 1, .null, ["b": "{{ pipeline }}"]], "{{ ds }}": true]
        #expect(try RunTemplate.render(json, values) == ["a": ["2026-01-31", 1, .null, ["b": "shop"]], "{{ ds }}": true])
    }
}
