/// What stands between `{%` and `%}`, and the white space around it.
extension HandPicked {
    static let control = #"""
        {% for i in items %}{{ i }},{% endfor %} {% for i in empty %}x{% else %}none{% endfor %} {% for i in items if i > 1 %}{{ i }}{% endfor %} {% for i in items if i > 9 %}x{% else %}none{% endfor %}
        {% for i in items %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}
        {% for i in items if i != 3 %}{{ loop.index }}/{{ loop.length }}{{ loop.last }} {% endfor %} {% for i in items|map('string') %}{{ loop.length }}{{ loop.revindex }}{{ i }}{% endfor %}
        {% for i in range(5) %}{{ loop.cycle('a', 'b') }}{% endfor %} {% for i in [1, 1, 2, 2, 1] %}{{ loop.changed(i) }}{% endfor %} {% for i in items %}{{ loop }}{% endfor %}
        {% for i in items %}{{ loop.cycle() }}{% endfor %}
        {% for k, v in d.items() %}{{ k }}={{ v }} {% endfor %} {% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %} {% for (a, b) in [(1, 2)] %}{{ a }}{{ b }}{% endfor %}
        {% for a, b in [1] %}{% endfor %}
        {% for a, b in [(1, 2, 3)] %}{% endfor %}
        {% for a in 5 %}{% endfor %}
        {% for a in none %}{% endfor %}
        {% for c in 'héy' %}{{ c }}.{% endfor %} {% for i in missing %}x{% else %}e{% endfor %} {% for i in 1, 2, 3 %}{{ i }}{% endfor %} {% for i in (1, 2) + (3,) %}{{ i }}{% endfor %}
        {% for n in tree recursive %}{{ n.v }}{% if n.kids %}[{{ loop(n.kids) }}]{% endif %}{{ loop.depth }}{% endfor %} {% for n in tree recursive %}{{ loop.depth0 }}{{ loop(n.kids) }}{% else %}-{% endfor %}
        {% for n in items %}{{ loop(n) }}{% endfor %}
        {% for i in range(10) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %} {% for i in range(5) %}{% if i is odd %}{% continue %}{% endif %}{{ i }}{% endfor %} {% for i in range(3) %}{% for j in range(3) %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %} {% for i in items %}{% break %}{% else %}e{% endfor %}
        {% break %}
        {% for i in items %}{% for j in items %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %} {% for i in items %}{% set outer = loop %}{% for j in items %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
        {% if n > 100 %}a{% elif n > 40 %}b{% else %}c{% endif %} {% if missing %}x{% endif %} {% if items and d %}y{% endif %} {% if not empty %}z{% endif %} {% if n == 42 and (f > 3 or zero) %}w{% endif %} {% if 1, %}t{% endif %}
        {% if true %}a{% if false %}b{% else %}c{% endif %}d{% endif %}{% if 0 %}{% elif '' %}{% elif none %}{% else %}last{% endif %}
        {% raw %}{{ x }} {% if %} {# c #}{% endraw %} {% raw -%}  {{ y }}  {%- endraw %} [{%- raw %} z {% endraw -%} ]
        {# comment #}a{# multi⏎line #}b{#- trim -#} c {#{{ x }}#} {##} {#-#} x
        {% do items.append(4) %}{{ items }}{% do 1 + 1 %}
        {% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }} {% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }} {% with n = n + 1, m = n %}{{ n }}{{ m }}{% endwith %} {% with a, b = (1, 2) %}{{ a }}{{ b }}{% endwith %}
        {% set a, b = 1, 2 %}{{ a }}{{ b }} {% set a, b = b, a %}{{ a }}{{ b }} {% set (x, y) = [7, 8] %}{{ x }}{{ y }} {% set t = 1, 2 %}{{ t }} {% set z = 1 if false %}[{{ z }}]
        {% set a, b = 1 %}
        {% set a, b = [1] %}
        {% set x %}block {{ n }}{% endset %}{{ x }}{{ x|length }} {% set ns = namespace() %}{% set ns.x %}abc{% endset %}{{ ns.x }}
        {% for i in range(3) -%} {{ i }} {%- endfor %} {% for i in range(2): %}{{ i }}{% endfor %} {% if true: %}x{% endif %}
        {% for item in [1, 2] %}{{ item }}{% for item in 'ab' %}{{ item }}{% endfor %}{{ item }}{% endfor %}{{ item }}
        {% for x in range(3) %}{% if loop.first %}F{% endif %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}
        {% for u in users|sort(attribute='name') %}{{ u.name }}{% if not loop.last %}, {% endif %}{% endfor %}
        {% for a, b in d|dictsort %}{{ loop.index }}{{ a }}{{ b }}{% endfor %} {% for b in items|batch(2) %}{{ b|join }};{% endfor %}
        """#

    static let scopes = #"""
        {% set x = 1 %}{% for i in items %}{% set x = i %}{{ x }}{% endfor %}{{ x }}
        {% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }} {% if false %}{% set y = 1 %}{% endif %}[{{ y }}]
        {% for i in items %}{{ x }}{% set x = i %}{{ x }}{% endfor %}
        {% set x = 0 %}{% macro m() %}{{ x }}{% set x = 5 %}{{ x }}{% endmacro %}{{ m() }}{{ x }}{% set x = 1 %}{{ m() }}
        {% macro m() %}{{ later }}{% endmacro %}{% set later = 3 %}{{ m() }}
        {% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}
        {% set n = n + 1 %}{{ n }} {% with n = 1 %}{{ n }}{% set n = 2 %}{{ n }}{% endwith %}{{ n }}
        {% set ns = namespace(t=0) %}{% for i in items %}{% set ns.t = ns.t + i %}{% endfor %}{{ ns.t }}
        {% for i in range(2) %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}
        {% set l = [] %}{% for i in range(3) %}{% do l.append(i) %}{% endfor %}{{ l }}
        {% filter upper %}{% set q = 'a' %}{{ q }}{% endfilter %}[{{ q }}] {% set b %}{% set q = 1 %}{% endset %}[{{ q }}]
        {% set x = 1 %}{% block a %}{% set x = 2 %}{{ x }}{% endblock %}{{ x }} {% for i in items %}{% block b scoped %}{{ i }}{% endblock %}{% endfor %} {% for i in items %}{% block c %}[{{ i }}]{% endblock %}{% endfor %}
        {% for i in items %}{% if loop.first %}{% set first = i %}{% endif %}[{{ first }}]{% endfor %}
        {{ range(3)|list }}{% set range = 5 %}{{ range }} {% set dict = 1 %}{{ dict }}
        {% macro m(n) %}{{ n }}{% for n in [1] %}{{ n }}{% endfor %}{{ n }}{% endmacro %}{{ m(9) }}{{ n }}
        {% set loop = 5 %}{% for i in [1] %}{{ loop.index }}{% endfor %}{{ loop }}
        {% block one %}a{% endblock %}{{ self.one() }}{{ self.one()|upper }}
        """#

    static let macros = #"""
        {% macro m(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(a=1, c=5) }} {{ m(1, c=2, b=3) }} {{ m() }}
        {% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 2) }}
        {% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }} {{ m() }} {{ m(*[1, 2], **{'a': 1}) }}
        {% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
        {% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=1) }}
        {% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
        {% macro m(a) %}{{ a }}{{ kwargs }}{% endmacro %}{{ m(1, a=2) }}
        {% macro m(a, b) %}{{ a }}-{{ b }}{% endmacro %}{{ m(*[1, 2]) }} {{ m(**{'b': 1, 'a': 2}) }} {{ m(1, **{'b': 3}) }} {{ m(*(1,), b=2) }}
        {% macro m(a) %}{{ a is defined }}{{ a }}{% endmacro %}{{ m() }}
        {% macro m(a) %}{{ a.b }}{% endmacro %}{{ m() }}
        {% macro outer() %}<{{ caller() }}>{% endmacro %}{% call outer() %}body{{ n }}{% endcall %} {% macro each(l) %}{% for i in l %}{{ caller(i, x=2) }}{% endfor %}{% endmacro %}{% call(i, x=1) each(items) %}[{{ i }}{{ x }}]{% endcall %}
        {% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
        {% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}
        {% macro m(caller) %}{{ caller() }}{% endmacro %}{% call m() %}y{% endcall %}
        {% macro m() %}{% if caller %}{{ caller() }}{% else %}none{% endif %}{% endmacro %}{{ m() }}{% call m() %}y{% endcall %}
        {% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}
        {% macro m(a, b=1) %}{{ varargs }}{{ kwargs }}{{ caller }}{% endmacro %}{{ m.name }} {{ m.arguments }} {{ m.catch_kwargs }} {{ m.catch_varargs }} {{ m.caller }} {{ m.nope }}
        {% macro m() %}{% endmacro %}{{ m }} {{ m() == '' }} {{ m() is string }} {{ m is callable }} {{ [m] }}
        {% macro m(x) %}  {{ x }}  {% endmacro %}[{{ m(1)|trim }}] {{ m('a') ~ 'b' }} {% set r = m(5) %}{{ r }}
        {% macro m(a=1, b) %}{% endmacro %}
        {% macro m(a, a) %}{% endmacro %}
        {% macro a() %}{% macro b() %}in{% endmacro %}{{ b() }}{% endmacro %}{{ a() }}[{{ b is defined }}]
        {% macro m(x) %}{% set y = x * 2 %}{{ y }}{% endmacro %}{{ m(2) }}{{ m(3) }}{{ y }}
        {% macro m(l=[]) %}{% do l.append(1) %}{{ l }}{% endmacro %}{{ m() }}{{ m() }}
        {% macro q(a, b) -%} {{ a }} {%- if b %} b{% endif -%} {%- endmacro %}[{{ q(1, 2) }}] [{{ q(1) }}]
        {% call n() %}{% endcall %}
        {% call 5 %}{% endcall %}
        {{ 'abc'.upper(*[]) }} {{ 'a,b'.split(*[',']) }} {{ dict(**{'a': 1}) }} {{ dict(**{1: 2}) }}
        {{ dict(*5) }}
        {{ dict(**5) }}
        {{ dict(a=1, a=2) }}
        {{ f(x=1, 2) }}
        {% set b = 5 %}{% macro m(a=b, b=1, c=c) %}[{{ a }}|{{ b }}|{{ c }}]{% endmacro %}{{ m() }}{{ m(b=2) }}{{ m(1, 2, 3) }}
        {% macro _private() %}p{% endmacro %}{{ _private() }} {% macro m() %}{{ m.name }}{% endmacro %}{{ m() }}
        {% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ items|map('string')|map('upper')|join }}{{ m(b=missing, a=1) }}{{ m(1, none) }}
        {% macro deep() %}{% call(x) deep2() %}{{ x }}{% endcall %}{% endmacro %}{% macro deep2() %}{{ caller('v') }}{% endmacro %}{{ deep() }}
        """#

    static let whitespace = #"""
        ⏎  {% if true %}⏎  a⏎  {% endif %}⏎b⏎
        a⏎  {%- if true -%}  ⏎  b  ⏎{%- endif -%}  ⏎c
        a  {{- ' x ' -}}  b {{- 1 }} c {{ 2 -}} d
          {%+ if true %}x{% endif +%}⏎y⏎⏎
        {% for i in range(2) %}⏎  {{ i }}⏎{% endfor %}⏎
        {# c #}⏎  {# d #}  ⏎a {# e #}⏎  {#- f -#}  ⏎b
        a⏎⏎
        ⏎
        {% set x = 1 %}⏎⏎{{ x }}⏎
          {% raw %}⏎ {{ x }}⏎  {% endraw %}⏎z
          {%- raw -%}⏎ {{ x }}⏎  {%- endraw -%}⏎z
        a {% raw +%} b {% endraw +%}⏎c
           {{ 'v' }}⏎   {% set y %}⏎  q⏎  {% endset %}⏎[{{ y }}]
        x{% if true %} {% endif %}y ⏎	{% if true %}	tab{% endif %}⏎
        {% macro m() %}⏎  body⏎{% endmacro %}⏎[{{ m() }}]⏎
         {% if true %}{% if true %}⏎ a {% endif %}⏎ {% endif %}⏎
        {%- set a = 1 -%}⏎⏎  {%- set b = 2 %}⏎  {{ a }}{{ b }}
        {{+1}} {{-1}} {{ 1-}} {{ -1 -}} x
        a { b } {c} % } {{ '}}' }} {{ '%}' }} {{ {'a': {}} }} {{ {'a': {'b': 1}}['a'] }}
        {%if true%}x{%endif%} {{1}}{{'a'}}{%set z=1%}{{z}}
        {{ [1, 2,⏎ 3] }} {{⏎n⏎}} {%⏎if⏎true⏎%}a{%⏎endif⏎%}
        """#
}
