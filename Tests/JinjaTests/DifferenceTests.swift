import Testing

@testable import Jinja

/// The differences from Jinja2 that the article lists, each pinned.
@Suite struct DifferenceTests {
    func render(_ text: String) throws -> String { try Environment().render(text, variables: ["n": 42]) }

    @Test func `escaped text is ordinary text`() throws {
        // Jinja2 would leave text alone that was escaped before, and escape what is added to it.
        #expect(try render("{{ '<'|e|e }} {{ ('<'|e) + '<' }} {{ '<'|e is escaped }}") == "&amp;lt; &lt;< False")
    }

    @Test func `integers end at a million bits`() {
        for text in ["{{ 2 ** (10 ** 9) }}", "{{ 10 ** (10 ** 6) % 7 }}", "{{ ((2 ** 1_000_000) ** 2) is odd }}", "{{ 3 ** (2 ** 70) }}", "{{ 2 ** 600_000 * 2 ** 600_000 }}"] {
            let error = #expect(throws: JinjaError.self) { try render(text) }
            #expect(error?.kind == .limit)
            #expect(error?.message == "an integer of more than 1048576 bits")
        }
    }

    @Test func `generators are computed when made`() throws {
        // Jinja2 would fail only where the mapped list is used.
        #expect(throws: JinjaError.self) { try render("{% set unused = ['a']|map('abs') %}") }
        #expect(try render("{{ [1]|map('abs') }}") == "<generator object>")
    }

    @Test func `a loop target may end in a comma`() throws {
        #expect(try render("{% for a, in [(1,)] %}{{ a }}{% endfor %}") == "1")
    }

    @Test func `an inner scope sees the outer value of a name that is set later`() throws {
        // Jinja2 decides by reading ahead that `n` is a variable of the template, not yet set.
        #expect(try render("{% for i in [1] %}{{ n }}{% endfor %}{% set n = 1 %}") == "42")
    }

    @Test func `character names in strings are refused`() {
        #expect(throws: JinjaError.self) { try render(#"{{ '\N{BULLET}' }}"#) }
    }

    @Test func `autoescape is refused`() {
        #expect(throws: JinjaError.self) { try render("{% autoescape true %}{% endautoescape %}") }
    }

    @Test func `lipsum is always the same`() throws {
        #expect(try render("{{ lipsum() == lipsum() }}") == "True")
    }

    @Test func `slicing a literal that has no items fails`() {
        // Jinja2 prints nothing where it could fold the constant.
        #expect(throws: JinjaError.self) { try render("{{ 5[1:] }}") }
    }

    @Test func `strings equal only when their code points do`() throws {
        // As in Python and unlike Swift: a composed accent is not the same text as a combined one.
        #expect(try render(#"{{ '\u00e9' == 'e\u0301' }} {{ 'e\u0301'|length }}"#) == "False 2")
    }
}
