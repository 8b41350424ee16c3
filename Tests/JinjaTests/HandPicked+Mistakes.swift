/// What Jinja refuses, and what it takes for undefined.
extension HandPicked {
    static let mistakes = #"""
        {{ }}
        {{ 1
        {% if %}{% endif %}
        {% if true %}
        {% endif %}
        {% for x %}{% endfor %}
        {% for x in %}{% endfor %}
        {% foo %}
        {{ 1 + }}
        {{ (1 }}
        {{ [1 }}
        {{ 1) }}
        {{ {1: } }}
        {{ {1} }}
        {{ 'abc }}
        {{ a b }}
        {{ a.  }}
        {{ a| }}
        {{ a is }}
        {{ a[ }}
        {{ a[] }}
        {{ 1 2 }}
        {{ 012 }}
        {{ a ! b }}
        {{ a & b }}
        {{ $ }}
        {{ a = 1 }}
        {# unclosed
        {% raw %} unclosed
        {% set 1 = 2 %}
        {% set true = 2 %}
        {% set x.y.z = 1 %}
        {% set x[0] = 1 %}
        {% set x = %}
        {% macro %}{% endmacro %}
        {% macro m %}{% endmacro %}
        {% macro m( %}{% endmacro %}
        {% endfor %}
        {% if true %}{% endfor %}
        {% block a %}{% endblock %}{% block a %}{% endblock %}
        {% block a-b %}{% endblock %}
        {% include %}
        {% include 'none' %}
        {% import 'x' %}
        {% from 'x' import %}
        {% extends 'none' %}
        {% 5 %}
        {% %}
        {{ 1.2.3 }}
        {{ 1..2 }}
        {{ a..b }}
        {{ not }}
        {{ if true }}
        {{ a if }}
        {{ *a }}
        {{ a(*) }}
        {{ lambda: 1 }}
        {{ a := 1 }}
        {{ '\x4' }}
        {{ '\u12' }}
        {% with a %}{% endwith %}
        {% filter %}{% endfilter %}
        {% filter nope %}{% endfilter %}
        {% call %}{% endcall %}
        {% else %}
        {% if true %}{% else %}{% else %}{% endif %}
        {% for i in items %}{% elif %}{% endfor %}
        {{ 5.upper() }}
        {{ x.1y }}
        {{ 1a }}
        {{ true.false }} {{ none.none }}
        {% if true %}{% macro x() %}{% endif %}{% endmacro %}
        {{ "a" 'b' 1 }}
        {{ [1,,2] }}
        {{ [,] }}
        {{ (,) }}
        {{ {,} }}
        {{ f(,) }}
        {{ [1,] }} {{ {'a': 1,} }} {{ dict(a=1,) }} {{ (1,) }}
        {% do %}
        {% print %}x
        {{ a |upper }} {{ a|  upper }} {{ 'a' | upper | lower }}
        {{ 1 |}}
        {% set %}
        {% continue %}
        }} %} #} { % } {
        """#

    static let undefined = #"""
        [{{ missing }}]
        [{{ missing.a }}]
        [{{ missing.a.b }}]
        [{{ missing['a'] }}]
        [{{ d.zz }}] [{{ d['zz'] }}]
        [{{ d.zz.y }}]
        {% if missing %}a{% else %}b{% endif %}
        {{ missing is defined }} {{ missing is undefined }} {{ missing|default('x') }} {{ missing or 'x' }}
        {{ missing.a|default('x') }}
        {{ missing == 1 }}
        {{ missing != missing }}
        {% for x in missing %}{% endfor %}ok
        {{ missing|list }}
        {{ missing|length }}
        {{ missing ~ 'a' }}
        {{ missing + 1 }}
        {{ -missing }}
        {{ missing < 1 }}
        {{ 1 in missing }}
        {{ missing in [1] }}
        {{ missing() }}
        {{ missing.a() }}
        {{ [missing] }}
        {{ missing|upper }}
        {{ missing|join(',') }}
        {{ missing|int }}
        {{ 'a' if missing is defined else 'b' }}
        {{ not missing }}
        {{ '%s' % missing }}
        {{ missing|tojson }}
        {% set x = missing %}{{ x is defined }}
        {{ missing and 1 }}
        {{ {'a': missing}.a is defined }}
        {{ missing[1:2] }}
        {{ missing|first }}
        {{ missing|map('upper')|list }}
        {{ missing|replace('a', 'b') }}
        {{ missing is none }} {{ missing is string }} {{ missing is mapping }}
        {{ missing is iterable }}
        {{ missing is sequence }}
        {{ ('x' if false) is defined }}
        {{ 'x' if false }}
        {{ empty|first }}
        {{ (empty|first) is defined }}
        {% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}
        {{ missing|string }} {{ missing|trim }}
        {{ missing|d }} {{ missing|default(none) }} {{ missing|default('', true) }}
        {% for i in items %}{{ loop.previtem is defined }}{% endfor %}
        {{ users|map(attribute='zz')|list }}
        {{ users|selectattr('zz')|list }}
        {{ users|selectattr('zz', 'defined')|list }}
        {{ d[missing] }}
        {{ {missing: 1} }}
        """#
}
