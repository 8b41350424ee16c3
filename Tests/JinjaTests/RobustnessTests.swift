import Foundation
import Support
import Testing

@testable import Jinja

/// No input makes this room trap: it renders, or it fails with a `JinjaError`.
@Suite struct RobustnessTests {
    private func outcome(_ text: String, limits: (inout Limits) -> Void = { _ in }) -> Result<String, JinjaError> {
        var environment = Environment()
        environment.limits.iterationsMax = 20_000
        environment.limits.textBytesMax = 1 << 20
        environment.limits.itemsMax = 100_000
        limits(&environment.limits)
        do throws(JinjaError) {
            return .success(try environment.render(text, variables: Jinja2.variables()))
        } catch {
            return .failure(error)
        }
    }

    private func kind(_ text: String) -> JinjaError.Kind? {
        if case .failure(let error) = outcome(text) { error.kind } else { nil }
    }

    @Test func `random and mutated templates render or fail, and never trap`() {
        var random = Seed("mutated templates")
        var generator = TemplateGenerator(seed: random.next())
        let fragments = ["{{", "}}", "{%", "%}", "{#", "#}", "-", "'", "\"", "(", ")", "[", "]", "|", ".", "\\", "é", "\u{0}", "99999999999999999999", "if", "for x in", "endfor", "\u{2003}", "1e999", "**", "%", "\r\n"]
        var rendered = 0
        for round in 0..<6_000 {
            var bytes = round % 6 == 0 ? [] : Array(generator.next().template.utf8)
            for _ in 0...generator.number(6) {
                let place = generator.number(bytes.count + 1)
                switch generator.number(4) {
                case 0: bytes.insert(contentsOf: fragments[generator.number(fragments.count)].utf8, at: place)
                case 1: if place < bytes.count { bytes.remove(at: place) }
                case 2: bytes.insert(UInt8(generator.number(256)), at: place)
                default: bytes = Array(bytes[place...] + bytes[..<place])
                }
            }
            if case .success = outcome(String(decoding: bytes, as: UTF8.self)) { rendered += 1 }
        }
        print("6000 mutated templates, \(rendered) rendered")
    }

    @Test(arguments: ["(", "[", "{1:", "not ", "-", "x if x else ", "x is not ", "x|f(", "'a'.f(", "{% if x %}", "{% for x in y %}", "{{ x[", "{% set x %}", "{% call f(", "2**", "{% set ("])
    func `deep nesting is refused`(opening: String) {
        let inTag = opening.hasPrefix("{%") || opening.hasPrefix("{{")
        let text = (inTag ? "" : "{{ ") + String(repeating: opening, count: 50_000)
        #expect(kind(text) == .syntax)
    }

    @Test(arguments: ["1 + ", "x.", "x|upper|", "1 < ", "x ~ ", "x or ", "not "])
    func `long chains render or are refused`(link: String) {
        for count in [10, 250, 20_000] { _ = outcome("{{ " + String(repeating: link, count: count) + "x }}") }
    }

    @Test func `endless recursion ends in an error`() {
        #expect(kind("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") == .limit)
        #expect(kind("{% macro m(n) %}{% if n %}{% for i in [1] %}{{ m(n)|upper ~ (1 + (2 * (m(n)|length))) }}{% endfor %}{% endif %}{% endmacro %}{{ m(1) }}") == .limit)
        #expect(kind("{% macro m(n) %}{% if caller %}{% endif %}{% call m(n) %}{{ m(n) }}{% endcall %}{% endmacro %}{{ m(1) }}") == .limit)
        #expect(kind("{% for x in tree recursive %}{{ loop(tree) }}{% endfor %}") == .limit)
        #expect(kind("{% block a %}{{ self.a() }}{% endblock %}") == .limit)
    }

    @Test func `endless loops and endless text end in an error`() {
        #expect(kind("{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}") == .limit)
        #expect(kind("{% for x in range(1000000000) %}{% endfor %}") == .limit)
        #expect(kind("{{ 'x' * 100000000000 }}") == .limit)
        #expect(kind("{{ [1] * 1000000000 }}") == .limit)
        #expect(kind("{{ range(10000000000)|list }}") == .limit)
        #expect(kind("{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}") == .limit)
        #expect(kind("{% set ns = namespace(x='aa') %}{% for i in range(100) %}{% set ns.x = ns.x|replace('a', 'aaaa') %}{% endfor %}") == .limit)
        #expect(kind("{{ 'a'.center(10000000000) }}") == .limit)
        #expect(kind("{{ '%99999999999d' % 1 }}") == .limit)
        #expect(kind("{{ '{:99999999999}'.format(1) }}") == .limit)
        #expect(kind("{{ ('a\\n' * 10000)|indent(1000) }}") == .limit)
        #expect(kind("{{ 'aa'|join('b' * 1000000) ~ ('c' * 1000000) }}") == .limit)
    }

    @Test func `values nested thirty thousand deep are freed without trouble`() {
        for step in ["[ns.x]", "(ns.x,)", "{'k': ns.x}", "namespace(x=ns.x)", "[(ns.x, {'k': [ns.x]})]"] {
            let text = "{% set ns = namespace(x=[]) %}{% for i in range(30000) %}{% set ns.x = \(step) %}{% endfor %}done"
            guard case .success("done") = outcome(text, limits: { $0.iterationsMax = 100_000 }) else {
                Issue.record("\(step) failed")
                continue
            }
        }
        #expect(kind("{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}") == .limit)
        #expect(kind("{% set a = namespace(x=[]) %}{% set b = namespace(x=[]) %}{% for i in range(5000) %}{% set a.x = [a.x] %}{% set b.x = [b.x] %}{% endfor %}{{ a.x == b.x }}") == .limit)
    }

    @Test func `lists that hold themselves print and compare`() {
        #expect((try? outcome("{% set l = [] %}{% do l.append(l) %}{{ l }}").get()) == "[[...]]")
        #expect(kind("{% set a = [] %}{% do a.append(a) %}{% set b = [] %}{% do b.append(b) %}{{ a == b }}") == .limit)
        #expect(kind("{% set a = [] %}{% do a.append(a) %}{{ a|tojson }}") == .limit)
        #expect(kind("{% set a = [] %}{% do a.append(a) %}{{ a|pprint }}") == .limit)
    }

    @Test func `huge numbers as arguments are harmless`() {
        let huge = ["9223372036854775807", "-9223372036854775807 - 1", "1e308", "-1", "2**70", "-2**70", "10**5000"]
        let uses = [
            "items[#]", "items[#:]", "items[:#]", "items[::#]", "items[#:#:#]", "name[#]", "name[#:]", "'a'.center(#)",
            "'a'.zfill(#)", "'abc'.split('b', #)", "'abc'.find('a', #)", "'abc'.find('a', #, #)", "'abc'.replace('a', 'b', #)",
            "items.pop(#)", "items.insert(#, 1)", "items.index(1, #)", "items|batch(#)|list", "items|slice(#)|list",
            "name|truncate(#)", "name|wordwrap(#)", "name|indent(#)", "1.5|round(#)", "15|round(#)", "1.5|round(#, 'ceil')",
            "'x'|int(0, #)", "range(#)|first", "range(0, #, #)|length", "range(#, 0, #)|length", "range(5)[#]", "#|filesizeformat",
            "'%*d' % (#, 1)", "'%.*f' % (#, 1.5)", "'%c' % (#,)", "'{:c}'.format(#)", "name|urlize(#)", "d|tojson(#)",
            "'a' * (#)", "(#) % (#)", "(#) // (#)", "2 ** (#)", "(#) ** 2", "lipsum(#)|length", "'a\tb'.expandtabs(#)",
            "(#) in range(5)", "'a'.startswith('a', #, #)", "(#).bit_length()", "(#)|string", "[1, 2].count(#)",
            "range(#)|length", "range(#, # + 2)|list", "(#)|tojson", "'%d' % (#)", "'{:,}'.format(#)", "(#) / (#)", "(#)|abs", "(#)|float", "(#)|int",
            "(#).to_bytes(#)", "(#).as_integer_ratio()", "'a'.translate({97: #})", "'a'.encode() * (#)", "'a'.encode()[#]", "{#: 1}", "(#) == (#)",
            "[#, 1]|sort", "[#]|sum", "(#)|pprint", "- (#)", "(#)|round(-#)", "(#)|filesizeformat(true)", "{}.fromkeys([#])", "(#) in [1.5, #]",
        ]
        for use in uses { for number in huge { _ = outcome("{{ " + use.split(separator: "#", omittingEmptySubsequences: false).joined(separator: number) + " }}") } }
    }
}
