/// Templates worth comparing one by one. Each line is a template; `⏎` stands for a newline.
enum HandPicked {
    static let all: [Jinja2.Case] =
        lines(printing) + lines(operators) + lines(subscripts) + lines(strings) + lines(containers) + lines(filters)
        + lines(tests) + lines(control) + lines(scopes) + lines(macros) + lines(whitespace) + lines(mistakes)
        + lines(whitespace, options: .init(trim: true, lstrip: true))
        + lines(whitespace, options: .init(trim: true, lstrip: false, keep: true))
        + lines(whitespace, options: .init(trim: false, lstrip: true, keep: true))
        + lines(undefined) + lines(undefined, options: .init(undefined: "strict"))
        + lines(undefined, options: .init(undefined: "chainable")) + otherTemplates

    /// Those whose errors have Python's words too.
    static let strict: [Jinja2.Case] = (lines(wholeNumbers) + lines(methods)).map { one in
        var one = one
        one.comparesErrors = true
        return one
    }

    private static func lines(_ text: String, options: Jinja2.Options = .init()) -> [Jinja2.Case] {
        text.split(separator: "\n").map { line in
            let template = String(line).split(separator: "⏎", omittingEmptySubsequences: false).joined(separator: "\n")
            return Jinja2.Case(template: template, options: options)
        }
    }

    private static let otherTemplates: [Jinja2.Case] = {
        let library: [String: String] = [
            "base": "<{% block title %}base{% endblock %}|{% block body %}B{% block inner %}I{% endblock %}{% endblock %}>",
            "child": "ignored {% extends 'base' %}{% block title %}child of {{ super() }}{% endblock %}",
            "grand": "{% extends 'child' %}{% set v = 7 %}{% block title %}grand {{ super() }}{{ v }}{% endblock %}{% block inner %}GI{% endblock %}",
            "scoped": "{% for i in [1, 2] %}{% block row scoped %}{{ i }}{% endblock %}{% endfor %}",
            "scopedchild": "{% extends 'scoped' %}{% block row %}[{{ i }}]{% endblock %}",
            "plain": "{% for i in [1, 2] %}{% block row %}{{ i }}{% endblock %}{% endfor %}",
            "required": "{% block r required %}{% endblock %}",
            "inc": "inc:{{ local }}{{ n }};",
            "macros": "{% macro hi(x='dflt') %}hi {{ x }}{{ n }}{{ top }}{% endmacro %}{% set top = 'T' %}{% set _hidden = 1 %}{% macro outer() %}<{{ caller() }}>{% endmacro %}text",
            "loop": "{% include 'loop' %}",
        ]
        let templates = #"""
            {% extends 'base' %}
            {% extends 'child' %}
            {% extends 'grand' %}
            before {% extends 'base' %} after {{ 1 }}{% block body %}new{% endblock %}
            {% extends 'scopedchild' %}
            {% extends 'plain' %}{% block row %}[{{ i }}]{% endblock %}
            {% extends 'required' %}
            {% extends 'required' %}{% block r %}given{% endblock %}
            {% extends 'base' %}{% block body %}{{ self.title() }}{{ super() }}{% endblock %}
            {% extends 'base' %}{% macro m() %}M{% endmacro %}{% block body %}{{ m() }}{% endblock %}
            {% set x = 'base' %}{% extends x %}
            {% if true %}{% extends 'base' %}{% endif %}
            {% block a %}{{ super() }}{% endblock %}
            {% set local = 1 %}{% include 'inc' %}
            {% for local in [1, 2] %}{% include 'inc' %}{% endfor %}
            {% set local = 1 %}{% include 'inc' without context %}
            {% include 'nope' ignore missing %}ok
            {% include ['nope', 'inc'] %}
            {% include ['nope', 'nope2'] %}
            {% include ['nope'] ignore missing with context %}ok
            {% import 'macros' as m %}{{ m.hi() }}{{ m.hi('x') }}{{ m.top }}{{ m._hidden }}{{ m.nope }}
            {% import 'macros' as m with context %}{{ m.hi() }}
            {% from 'macros' import hi %}{{ hi(1) }}
            {% from 'macros' import hi as h, top %}{{ h() }}{{ top }}
            {% from 'macros' import hi with context %}{{ hi() }}
            {% from 'macros' import nope %}{{ nope is defined }}
            {% from 'macros' import nope %}{{ nope }}{{ nope() }}
            {% from 'macros' import _hidden %}
            {% from 'macros' import outer %}{% call outer() %}in{{ n }}{% endcall %}
            {% import 'macros' as m %}{{ m }}
            {% macro f() %}{% from 'macros' import hi %}{{ hi() }}{% endmacro %}{{ f() }}
            {% set n = 1 %}{% include 'inc' %}{% with n = 2 %}{% include 'inc' %}{% endwith %}
            {% macro m(local) %}{% include 'inc' %}{% endmacro %}{{ m('arg') }}
            {% include 'loop' %}
            {% set x %}{% include 'inc' %}{% endset %}[{{ x }}]
            {% include missing %}
            {% include 5 %}
            """#
        return lines(templates).map { Jinja2.Case(template: $0.template, templates: library) }
    }()
}
