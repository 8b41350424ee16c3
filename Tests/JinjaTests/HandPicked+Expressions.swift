/// What stands between `{{` and `}}`.
extension HandPicked {
    static let printing = #"""
        {{ 1 }} {{ 1.0 }} {{ 1.5e10 }} {{ 1e15 }} {{ 1e16 }} {{ 1e17 }} {{ 1e22 }} {{ 123456789012345680.0 }}
        {{ 0.1 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1e-7 }} {{ 5e-324 }} {{ 1.7976931348623157e308 }} {{ 0.1 + 0.2 }} {{ 1/3 }} {{ 100.0 }} {{ -0.0 }}
        {{ true }} {{ false }} {{ none }} {{ True }} {{ False }} {{ None }}
        {{ [1, 2.0, 'a', none, true, [], {}, ()] }} {{ {'a': 1, 'b': [2]} }} {{ (1,) }} {{ () }} {{ (1, 'b') }}
        {{ ["it's", 'say "hi"', 'both \' and "', 'back\\slash', 'tab\t', 'nl\n', 'nul\x00', 'é', '\u200b', '\U0001F600', '\x7f', '\xa0'] }}
        {{ 'a\nb\tc\\d\'e\"f\x41\u0042\103\q' }}
        {{ 'one' 'two' "three" }}
        {{ 1, 2 }} {{ 1, }} {{ 'x', }}
        {{ d }} {{ users }} {{ nested }} {{ missing }} {{ [missing] }} {{ (missing, 1) }}
        {{ 0b101 }} {{ 0o17 }} {{ 0xfF }} {{ 1_000_000 }} {{ 1_0.5_0 }} {{ 0 }} {{ 00 }} {{ 1.5e+3 }} {{ 1E5 }} {{ 2e-3 }}
        {{ d.items() }} {{ d.keys() }} {{ d.values() }} {{ range(3) }} {{ range(1, 10, 2) }}
        {{ accents }} {{ [accents] }} {{ accents|length }}
        {{ 1e400 }} {{ -1e400 }} {{ [1e400 - 1e400] }} {{ 12345678.9 }} {{ 1234567890123456789.0 }} {{ 9007199254740993 }}
        {% print 1, 'a', [2] %} {% print 'x' %}
        {{ namespace(a=1, b='x') }} {{ dict(a=1, b=2) }} {{ dict({'x': 1}, y=2) }} {{ dict([('k', 1)]) }}
        {{ {1: 'a', 1.0: 'b', true: 'c'} }} {{ {'a': 1, 'a': 2} }} {{ {none: 1, (1, 2): 3} }}
        """#

    static let operators = #"""
        {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 // -2 }} {{ -7 // -2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ -7 % -3 }}
        {{ 7.5 // 2 }} {{ -7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 7.5 % -2 }} {{ 5.0 // 0.1 }} {{ 1 // 0.5 }} {{ -0.0 // 1 }} {{ 0.0 % -1 }}
        {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 0.5 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ (-2) ** 3 }} {{ 0 ** 0 }} {{ 4 ** 0.5 }} {{ (-1) ** 3 }}
        {{ 1 / 2 }} {{ 4 / 2 }} {{ 10 / 4.0 }} {{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ 2 + 3 ~ 4 }} {{ 1 ~ 2 + 3 }} {{ 2 * 3 ~ 4 * 5 }}
        {{ 1 / 0 }}
        {{ 1 // 0 }}
        {{ 1 % 0 }}
        {{ 1.0 % 0 }}
        {{ 0 ** -1 }}
        {{ 'a' + 'b' }} {{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ 'ab' * -1 }} {{ [1] + [2] }} {{ [1, 2] * 2 }} {{ (1,) + (2,) }} {{ (1,) * 2 }} {{ true + true }} {{ true * 'x' }}
        {{ 'a' + 1 }}
        {{ 1 + 'a' }}
        {{ [1] + (2,) }}
        {{ none + 1 }}
        {{ 'a' - 'b' }}
        {{ [1] * 'a' }}
        {{ {} + {} }}
        {{ -'a' }}
        {{ +'a' }}
        {{ -true }} {{ +true }} {{ - 5 }} {{ --5 }} {{ -n }} {{ -n|abs }}
        {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 >= 2 == 2 != 1 }} {{ 1 == 1.0 }} {{ 1 == true }} {{ 'a' == 'a' }} {{ 'a' < 'b' }} {{ 'Z' < 'a' }} {{ [1, 2] < [1, 3] }} {{ (1, 2) < (1, 2, 0) }}
        {{ [1] == (1,) }} {{ {'a': 1} == {'a': 1.0} }} {{ none == none }} {{ none == 0 }} {{ missing == missing }} {{ missing == none }} {{ '1' == 1 }} {{ {} == [] }}
        {{ 1 < 'a' }}
        {{ none < 1 }}
        {{ [1] < (1,) }}
        {{ {} < {} }}
        {{ 1 in [1, 2] }} {{ 'a' in 'abc' }} {{ '' in '' }} {{ 'k' in {'k': 1} }} {{ 3 not in [1] }} {{ 2 in (1, 2) }} {{ 1.0 in [1] }} {{ 'x' in empty }} {{ 5 in range(10) }} {{ 5 in range(0, 10, 2) }} {{ 2.0 in range(3) }} {{ 'a' in range(3) }}
        {{ 1 in 'abc' }}
        {{ 1 in 5 }}
        {{ [] in {} }}
        {{ not 1 in [1] }} {{ not true }} {{ not not 'a' }} {{ 1 and 2 }} {{ 0 and 2 }} {{ 0 or 'x' }} {{ '' or none or [] }} {{ 1 or missing.x }} {{ 0 and missing.x }} {{ not missing }}
        {{ 'yes' if n > 40 else 'no' }} {{ 'a' if false }} {{ 1 if true else 2 if true else 3 }} {{ (1 if false else 2) + 1 }} {{ 'x' if missing else 'y' }} {{ 1 if 0 else 2 if 0 else 3 }}
        {{ '%s is %d' % ('x', 3) }} {{ '%5.2f|%-6s|%06d|%+d|%x|%X|%o|%e|%g|%%' % (3.14159, 'ab', 42, 5, 255, 255, 8, 12345.678, 0.0001) }}
        {{ '%s' % 5 }} {{ '%s' % none }} {{ '%r' % 'a' }} {{ '%(a)s-%(b)03d' % {'a': 1, 'b': 2} }} {{ '%s' % [1, 2] }} {{ '%c%c' % ('a', 66) }} {{ '%.3s' % 'abcdef' }} {{ '%*d' % (5, 42) }} {{ '%#x %#o' % (255, 8) }} {{ '% d' % 5 }} {{ '%i' % 3.9 }} {{ '%.0f' % 2.5 }} {{ '%G' % 1e-10 }} {{ '%5s|%-5s|' % ('é', 'é') }}
        {{ '%s %s' % 'a' }}
        {{ '%d' % 'a' }}
        {{ 'a' % 1 }}
        {{ '%z' % 1 }}
        {{ '%' % 1 }}
        {{ '%(a)s' % 1 }}
        {{ '%(a)s' % {'b': 1} }}
        {{ 'abc' % {} }} {{ 'abc' % [] }}
        {{ 'abc' % () }}
        {{ missing + 1 }}
        {{ 1 + missing }}
        {{ 'a' ~ missing ~ none ~ 1.0 ~ [1] }}
        {{ 10 % 3 * 2 }} {{ 10 - 3 - 2 }} {{ 100 / 10 / 2 }} {{ 2 * 3 % 4 }} {{ 7 // 2 * 2 }}
        {{ 1 is number and 2 is even }} {{ 1 + 1 is even }} {{ not 1 is odd }} {{ 2 is even == true }}
        {{ 1 if true and false or true }} {{ true or false and false }} {{ (true or false) and false }}
        """#

    static let subscripts = #"""
        {{ items[0] }} {{ items[-1] }} {{ items[5] }} {{ items['a'] }} {{ items[1.0] }} {{ items[true] }} {{ items.0 }} {{ items.1 }}
        {{ d.a }} {{ d['a'] }} {{ d.zz }} {{ d['zz'] }} {{ d[1] }} {{ d['items'] is callable }} {{ d.items is callable }} {{ nested.dict.k.deep }} {{ nested['dict']['k'].deep }} {{ nested.list[1][1][0] }} {{ nested.list.1.1.0 }}
        {{ name[0] }} {{ name[-1] }} {{ name[10] }} {{ name[1:3] }} {{ name[::-1] }} {{ name[:-1] }} {{ name[::2] }} {{ accents[0] }} {{ accents[-2:] }}
        {{ items[1:] }} {{ items[:1] }} {{ items[:] }} {{ items[::-1] }} {{ items[5:] }} {{ items[-2:] }} {{ items[0:3:2] }} {{ items[2:0:-1] }} {{ items[:-10:-1] }} {{ items[10::-1] }} {{ (1, 2, 3)[1:] }} {{ range(10)[2] }} {{ range(10)[-1] }}
        {{ items[::0] }}
        {{ items['a':] }}
        {{ n[0] }} {{ n.foo }} {{ none.foo }} {{ true.x }} {{ none[0] }}
        {{ n[1:2] }}
        {{ d[[1]] }} {{ d[{}] }} {{ items[[1]] }}
        {{ (1, 2)[0] }} {{ [1, 2][1] }} {{ {'a': {'b': 1}}.a.b }} {{ 'abc'[1] }} {{ {'a': 1}['a'] }} {{ [[1, 2], [3]][0][1] }}
        {{ missing.x }}
        {{ missing[0] }}
        {{ d.zz.y }}
        {{ missing() }}
        {{ n() }}
        {{ 'a'() }}
        {{ users[0].name }} {{ users[0]['age'] }} {{ users.0.name }} {{ users[0].nope }} {{ (users|first).name }}
        {{ d.get('a') }} {{ d.get('q') }} {{ d.get('q', 'dflt') }} {{ d['keys'] is defined }} {{ {'keys': 1}.keys is callable }} {{ {'keys': 1}['keys'] }} {{ {'get': 5}['get'] }}
        {{ items[none:2] }} {{ items[1:none] }} {{ name[none:none:2] }} {{ items[true:] }}
        """#

    static let strings = #"""
        {{ 'Hello World'.upper() }} {{ 'Hello'.lower() }} {{ 'hello world'.title() }} {{ "they're bill's".title() }} {{ 'hELLO'.capitalize() }} {{ 'aBc'.swapcase() }} {{ ''.capitalize() }} {{ 'ß'.upper() }} {{ 'ǆ'.title() }}
        [{{ '  a b '.strip() }}] [{{ '  a '.lstrip() }}] [{{ '  a '.rstrip() }}] {{ 'xxaxx'.strip('x') }} {{ 'abcba'.strip('ab') }} {{ 'abc'.lstrip('ba') }} {{ 'abc'.rstrip('bc') }} {{ ' a '.strip(none) }}
        {{ 'a,b,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b c'.split(none, 1) }} {{ 'a b c '.split(maxsplit=1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'a,,b'.split(',') }} {{ 'abc'.split('') }}
        {{ 'a,b,c'.split(sep=',') }} {{ 'aXbXc'.split('X', 0) }} {{ ' a b '.split(none, 0) }} {{ 'a--b--c'.split('--') }}
        {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a  b c '.rsplit(none, 1) }} {{ 'aaa'.rsplit('aa') }} {{ 'aaa'.split('aa') }} {{ ' a b'.rsplit() }}
        {{ 'a\nb\r\nc\n'.splitlines() }} {{ 'a\nb'.splitlines(true) }} {{ ''.splitlines() }} {{ '\n'.splitlines() }} {{ 'a\x0bb\x0cc\u2028d'.splitlines() }}
        {{ ','.join(['a', 'b']) }} {{ ''.join(('x', 'y')) }} {{ '-'.join('abc') }} {{ ','.join({'a': 1}) }}
        {{ ','.join([1]) }}
        {{ ','.join(5) }}
        {{ 'aaa'.replace('a', 'b') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'abc'.replace('', '-') }} {{ 'abc'.replace('', '-', 2) }} {{ 'abc'.replace('x', 'y') }} {{ 'aXbX'.replace('X', '') }} {{ 'a'.replace('a', 'b', -1) }} {{ ''.replace('', 'x') }}
        {{ 'abc'.startswith('ab') }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('bc') }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.endswith('b', 0, 2) }} {{ 'abc'.startswith('') }} {{ 'abc'.startswith('', 4) }}
        {{ 'abc'.startswith(1) }}
        {{ 'abcabc'.find('c') }} {{ 'abc'.find('x') }} {{ 'abcabc'.rfind('b') }} {{ 'abcabc'.find('a', 1) }} {{ 'abc'.index('b') }} {{ 'ééa'.find('a') }} {{ 'abc'.find('') }} {{ 'abc'.rfind('') }} {{ 'abc'.find('c', 0, 2) }} {{ 'abc'.find('c', -1) }} {{ 'abc'.find('', 5) }}
        {{ 'abc'.index('x') }}
        {{ 'banana'.count('an') }} {{ 'aaa'.count('aa') }} {{ 'abc'.count('') }} {{ 'banana'.count('a', 2) }} {{ 'banana'.count('a', 2, 4) }}
        {{ '42'.zfill(5) }} {{ '-42'.zfill(6) }} {{ '+1'.zfill(4) }} {{ 'abc'.zfill(2) }} [{{ 'a'.ljust(4) }}] [{{ 'a'.rjust(4, '*') }}] [{{ 'ab'.center(5) }}] [{{ 'ab'.center(7, '-') }}] [{{ 'abc'.center(6, '.') }}] [{{ 'a'.center(4) }}]
        {{ 'a'.ljust(4, 'xx') }}
        {{ '12'.isdigit() }} {{ ''.isdigit() }} {{ '1.2'.isdigit() }} {{ 'ab'.isalpha() }} {{ 'a1'.isalnum() }} {{ ' \t'.isspace() }} {{ 'AB1'.isupper() }} {{ 'ab '.islower() }} {{ 'Ab Cd'.istitle() }} {{ 'AB'.istitle() }} {{ '²'.isdigit() }} {{ '½'.isnumeric() }} {{ '²'.isdecimal() }} {{ 'a_b'.isidentifier() }} {{ '1a'.isidentifier() }} {{ 'a\n'.isprintable() }} {{ 'é'.isascii() }} {{ 'é'.isalpha() }}
        {{ 'a=b=c'.partition('=') }} {{ 'abc'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.rpartition('=') }} {{ 'prefix_x'.removeprefix('prefix_') }} {{ 'x.sql'.removesuffix('.sql') }} {{ 'x'.removesuffix('y') }} {{ 'a\tb'.expandtabs(4) }} {{ 'a\tb\tc'.expandtabs() }}
        {{ '{} {}'.format(1, 'a') }} {{ '{0} {1} {0}'.format('a', 'b') }} {{ '{name}'.format(name='x') }} {{ '{{}}'.format() }} {{ '{:>5}|{:<5}|{:^5}|'.format('a', 'b', 'c') }} {{ '{:05d}'.format(42) }} {{ '{:.2f}'.format(3.14159) }} {{ '{:,}'.format(1234567) }} {{ '{:x} {:X} {:o} {:b}'.format(255, 255, 8, 5) }} {{ '{:e}'.format(12345.678) }} {{ '{:%}'.format(0.25) }} {{ '{!r}'.format('a') }} {{ '{0[a]}'.format({'a': 1}) }} {{ '{0[1]}'.format([1, 2]) }} {{ '{:{}}'.format('a', 5) }}| {{ '{:+d} {: d}'.format(5, 5) }} {{ '{:#x}'.format(255) }} {{ '{:*^9}'.format('mid') }} {{ '{:08.3f}'.format(-3.14159) }} {{ '{:g}'.format(1e-10) }} {{ '{:_}'.format(1234567) }} {{ '{:,.2f}'.format(1234567.891) }} {{ '{:c}'.format(65) }} {{ '{}'.format(none) }} {{ '{}'.format([1, 'a']) }} {{ '{}'.format(true) }} {{ '{:d}'.format(true) }} {{ '{:>6}'.format(true) }} {{ '{:5}|'.format(3) }} {{ '{:5}|'.format('x') }} {{ '{:.2}'.format('abc') }} {{ '{:=+5d}'.format(3) }} {{ '{:<05d}'.format(3) }}
        {{ '{}'.format() }}
        {{ '{a}'.format(b=1) }}
        {{ '{} {0}'.format(1) }}
        {{ '{'.format() }}
        {{ '}'.format() }}
        {{ '{:d}'.format('a') }}
        {{ '{:s}'.format(1) }}
        {{ '{:.2d}'.format(1) }}
        {{ '{:>5}'.format(none) }}
        {{ 'abc'.nope() }}
        {{ 'abc'.upper(1) }}
        {{ 'é'.upper() }} {{ 'É'.lower() }} {{ 'STRASSE'.casefold() }} {{ 'İ'.lower()|length }} {{ 'ﬁ'.upper() }}
        {{ (1.5).is_integer() }} {{ (2.0).is_integer() }} {{ (5).bit_length() }}
        {{ 'abc'.format_map({'a': 1}) }} {{ '{a}'.format_map({'a': 1}) }}
        """#

    static let containers = #"""
        {% set x = [1] %}{% do x.append(2) %}{% do x.extend([3, 4]) %}{% do x.insert(0, 0) %}{{ x }}{{ x.pop() }}{{ x.pop(0) }}{{ x }}{% do x.remove(2) %}{{ x }}{% do x.reverse() %}{{ x }}{% do x.sort() %}{{ x }}{{ x.index(3) }}{{ x.count(1) }}{% do x.clear() %}{{ x }}
        {% set x = [1] %}{% set y = x %}{% do y.append(2) %}{{ x }} {{ x.copy() is sameas x }} {{ y is sameas x }}
        {% set x = [3, 1, 2] %}{% do x.sort(reverse=true) %}{{ x }}{% do x.insert(-1, 9) %}{{ x }}{% do x.insert(100, 8) %}{{ x }}{{ x.pop(-2) }}
        {{ [].pop() }}
        {{ [1].pop(5) }}
        {{ [1].remove(2) }}
        {{ [1].index(2) }}
        {{ [1, 'a'].sort() }}
        {{ [1].append() }}
        {{ [1].append(1, 2) }}
        {{ [2, 1].append(3) }} {{ [1].nope }}
        {% set m = {'a': 1} %}{% do m.update({'b': 2}) %}{% do m.update(c=3) %}{% do m.update([('d', 4)]) %}{{ m }}{{ m.pop('a') }}{{ m.pop('zz', 'dflt') }}{{ m }}{{ m.setdefault('b', 9) }}{{ m.setdefault('e', 5) }}{{ m }}{{ m.copy() == m }}{{ m.popitem() }}{{ m|length }}{% do m.clear() %}{{ m }}
        {{ {}.pop('a') }}
        {{ {}.popitem() }}
        {{ {[]: 1} }}
        {{ {'a': 1}.get([]) }}
        {% set m = {} %}{% for i in range(20) %}{% do m.update({i: i * i}) %}{% endfor %}{{ m }}{{ m[19] }}{{ m.pop(3) }}{{ 3 in m }}{{ m[4] }}{{ m.keys()|list }}
        {{ d.items()|list }} {{ d.keys()|list }} {{ d.values()|list }} {{ d.items()|length }} {{ d.keys()|first }} {{ 'a' in d.keys() }} {{ 2 in d.values() }} {{ ('a', 1) in d.items() }}
        {{ (1, 2, 1).count(1) }} {{ (1, 2).index(2) }} {{ (1, 2)|list }} {{ (3, 1)|sort }}
        {% set x = [1] %}{% do x.append(x) %}{{ x }}
        {% set x = {} %}{% do x.update(me=x) %}{{ x }}
        {% set x = [1, 2, 3] %}{% for i in x %}{% if i == 2 %}{% do x.append(9) %}{% endif %}{{ i }}{% endfor %}
        {% set x = {'a': 1} %}{% for i in x %}{% do x.update({'b': 1}) %}{% endfor %}
        {% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% endfor %} {% for k in d %}{{ k }}{% endfor %}
        {{ {}.fromkeys(['a', 'b'], 0) }} {{ dict(d, z=1) }} {{ dict(d)|length }} {{ dict() }}
        {{ range(5)|list }} {{ range(5, 0, -2)|list }} {{ range(0)|list }} {{ range(3)|length }} {{ range(3) == range(0, 3) }} {{ range(3)|sum }} {{ range(3)|last }} {{ range(3)|reverse|list }} {{ range(-1)|list }}
        {{ d.items() == d.items() }} {{ d.keys() == d.copy().keys() }} {{ d.values() == d.values() }} {{ range(4).count(2) }} {{ range(0, 9, 3).index(6) }}
        {{ '{:5}'.format(range(2)) }}
        {{ range() }}
        {{ range('a') }}
        {{ range(1, 2, 0) }}
        {{ range(1.5) }}
        {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{% do c.reset() %}{{ c.current }}
        {{ cycler() }}
        {% set j = joiner('|') %}{{ j() }}a{{ j() }}b{{ j() }}c
        {% set ns = namespace(n=1) %}{% set ns.n = 5 %}{% set ns.m = 'x' %}{{ ns.n }}{{ ns.m }}{{ ns.q }}
        {% set x = {} %}{% set x.a = 1 %}
        {% set q.a = 1 %}
        """#

    static let filters = #"""
        {{ -3|abs }} {{ (-3)|abs }} {{ -2.5|abs }} {{ true|abs }}
        {{ 'a'|abs }}
        {{ 'foo bar'|capitalize }} {{ 'FOO-bar (baz) [qux] {a} <b> it\'s'|title }} {{ 'x y'|upper }} {{ 'X Y'|lower }} {{ 5|upper }} {{ none|lower }} {{ [1, 'A']|lower }}
        [{{ 'a'|center(5) }}] [{{ 'ab'|center(5) }}] {{ 'a'|center|length }}
        {{ missing|default('x') }} {{ ''|default('x') }} {{ ''|default('x', true) }} {{ none|default('x') }} {{ none|d('x', boolean=true) }} {{ missing|default }} {{ 0|default(5, true) }} {{ missing|default(default_value='k') }}
        {{ d|dictsort }} {{ d|dictsort(true) }} {{ d|dictsort(false, 'value') }} {{ d|dictsort(reverse=true) }} {{ d|dictsort(by='value', reverse=true) }}
        {{ d|dictsort(by='x') }}
        {{ [1]|dictsort }}
        {{ '<a href="x">\'&'|escape }} {{ '<'|e }} {{ 5|e }} {{ '<b>'|forceescape }} {{ '<b>'|safe }}
        {{ 100|filesizeformat }} {{ 1|filesizeformat }} {{ 1000|filesizeformat }} {{ 1000000|filesizeformat }} {{ 1024|filesizeformat(true) }} {{ 1500000000|filesizeformat }} {{ '13000'|filesizeformat }} {{ 1e30|filesizeformat }} {{ 0|filesizeformat }} {{ 999.9|filesizeformat }}
        {{ items|first }} {{ items|last }} {{ empty|first }} {{ empty|last }} {{ 'abc'|first }} {{ 'abc'|last }} {{ d|first }} {{ d|last }} {{ ''|first }}
        {{ 5|first }}
        {{ '3.7'|float }} {{ 'x'|float }} {{ 'x'|float(1.5) }} {{ 3|float }} {{ true|float }} {{ none|float }} {{ ' 1.5 '|float }} {{ '1e3'|float }} {{ 'inf'|float }} {{ 'nan'|float }} {{ '1_000.5'|float }} {{ [1]|float }} {{ '.5'|float }} {{ '5.'|float }} {{ '-.5e1'|float }} {{ '+2'|float }} {{ '1__0'|float(9) }} {{ '0x10'|float(9) }}
        {{ '42'|int }} {{ '42.9'|int }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ 3.9|int }} {{ -3.9|int }} {{ true|int }} {{ none|int }} {{ '0x1F'|int(0, 16) }} {{ '1f'|int(base=16) }} {{ ' 5 '|int }} {{ '1_000'|int }} {{ '0b11'|int(0, 2) }} {{ '077'|int(0, 8) }} {{ ''|int }} {{ [1]|int(3) }} {{ '+7'|int }} {{ '-7'|int }} {{ '--7'|int }} {{ '1e3'|int }} {{ 'inf'|int(4) }} {{ '_1'|int(4) }}
        {{ missing|int }}
        {{ missing|float }}
        {{ 'nan'|float|int(5) }}
        {{ 'inf'|float|int }}
        {{ '%s-%s'|format('a', 1) }} {{ '%(a)s'|format(a=3) }} {{ '%d'|format(3.7) }} {{ 'x'|format }}
        {{ '%s'|format(1, 2) }}
        {{ users|groupby('team')|list }} {% for g in users|groupby('age') %}{{ g.grouper }}:{{ g.list|length }};{% endfor %} {% for k, v in users|groupby('team') %}{{ k }}={{ v|map(attribute='name')|join('+') }} {% endfor %} {{ users|groupby('team', case_sensitive=true)|map('first')|list }} {{ users|groupby('zz', default='none')|map('first')|list }} {{ users|groupby('age')|first }}
        {{ 'a\nb\n\nc'|indent }} {{ 'a\nb'|indent(2) }} {{ 'a\nb'|indent(2, true) }} {{ 'a\n\nb'|indent(2, blank=true) }} {{ 'a\nb'|indent('>>') }} [{{ ''|indent }}] [{{ 'a\n'|indent }}] {{ 'a\nb'|indent(width=1, first=true) }} [{{ 'a\n\n'|indent(2) }}]
        {{ users|groupby('team')|sort|length }} {{ (users|groupby('age'))[0][0] }} {{ (users|groupby('age'))[0].list|length }} {{ users|groupby('age')|first == (25, [users[1]]) }}
        {{ 5|indent }}
        {{ d|items|list }} {{ missing|items|list }}
        {{ [1]|items|list }}
        {{ items|join }} {{ items|join(', ') }} {{ users|join('/', 'name') }} {{ users|join(', ', attribute='age') }} {{ 'abc'|join('-') }} {{ [1, none, 'a', [2]]|join('|') }} {{ items|join(5) }} {{ d|join(',') }} {{ missing|join }} {{ [none, missing]|join(',') }}
        {{ 5|join }}
        {{ items|length }} {{ 'é'|length }} {{ d|count }} {{ ''|length }} {{ missing|length }}
        {{ 5|length }}
        {{ none|length }}
        {{ items|map('string')|length }}
        {{ 'abc'|list }} {{ d|list }} {{ (1, 2)|list }} {{ missing|list }}
        {{ 5|list }}
        {{ words|map('upper')|join(',') }} {{ users|map(attribute='name')|list }} {{ users|map(attribute='zz', default='-')|list }} {{ ['1', '2']|map('int')|sum }} {{ words|map('replace', 'p', 'q')|list }} {{ [[1, 2], [3]]|map('first')|list }} {{ [[1, 2], [3, 4]]|map(attribute=0)|list }} {{ [{'a': {'b': 1}}]|map(attribute='a.b')|list }} {{ [[[1], [2]]]|map(attribute='0.1')|list }} {{ empty|map('upper')|list }} {{ none|map('upper')|list }}
        {{ items|map|list }}
        {{ items|map('nope')|list }}
        {{ items|map(attribute='x', foo=1)|list }}
        {{ items|max }} {{ items|min }} {{ words|max }} {{ words|min }} {{ words|min(case_sensitive=true) }} {{ users|max(attribute='age') }} {{ users|min(attribute='age') }} {{ empty|max }} {{ 'hello'|max }} {{ d|min }}
        {{ [1, 'a']|max }}
        {{ {'b': 1, 'a': [1, 2]}|pprint }} {{ 'a'|pprint }} {{ range(40)|list|pprint }} {{ {'key one': 'value that is long enough', 'key two': ['another value that is long', 'and more'], 'k3': (1,)}|pprint }}
        {{ items|reject('odd')|list }} {{ [0, 1, none, '']|reject|list }} {{ users|rejectattr('active')|map(attribute='name')|list }} {{ users|rejectattr('age', 'equalto', 31)|list|length }} {{ items|select('odd')|list }} {{ [0, 1, none, 'a']|select|list }} {{ users|selectattr('active')|map(attribute='name')|join }} {{ users|selectattr('age', 'gt', 30)|list|length }} {{ users|selectattr('name', 'in', ['Ann', 'Cy'])|map(attribute='age')|list }} {{ items|select('divisibleby', 3)|list }} {{ items|select('>', 1)|list }} {{ users|selectattr('zz', 'defined')|list }} {{ items|select('in', [1])|list }}
        {{ items|select('nope')|list }}
        {{ users|selectattr()|list }}
        {{ items|selectattr('x')|list }}
        {{ 'aaa'|replace('a', 'b') }} {{ 'aaa'|replace('a', 'b', 1) }} {{ 111|replace(1, 2) }} {{ 'a'|replace('a', none) }} {{ 'abc'|replace('', '.') }} {{ 'aaa'|replace('a', 'b', count=2) }}
        {{ 'abc'|reverse }} {{ items|reverse|list }} {{ d|reverse|list }} {{ (1, 2)|reverse|list }} {{ items|select|reverse }} {{ missing|reverse|list }}
        {{ 5|reverse }}
        {{ 42.55|round }} {{ 42.55|round(1) }} {{ 42.55|round(1, 'floor') }} {{ 42.55|round(1, 'ceil') }} {{ 2.5|round }} {{ 3.5|round }} {{ 0.5|round }} {{ -2.5|round }} {{ 2.675|round(2) }} {{ 42|round }} {{ 1234|round(-2) }} {{ 1250|round(-2) }} {{ 1350|round(-2) }} {{ 1234.5|round(-2) }} {{ 5|round(1, 'ceil') }} {{ 42|round(0, 'floor') }} {{ true|round }} {{ 1e300|round(2) }} {{ 1.005|round(2) }} {{ -0.4|round }} {{ 2.5|round|int }} {{ -15|round(-1) }} {{ 25|round(-1) }}
        {{ 'a'|round }}
        {{ 1|round(1, 'x') }}
        {{ items|slice(2)|list }} {{ range(7)|slice(3)|list }} {{ range(7)|slice(3, 'x')|list }} {{ empty|slice(2)|list }} {{ range(5)|batch(2)|list }} {{ range(5)|batch(2, 'x')|list }} {{ empty|batch(2)|list }} {% for r in range(4)|batch(3) %}{{ r }}{% endfor %} {{ items|batch(10)|list }}
        {{ items|slice(0)|list }}
        {{ items|sort }} {{ items|sort(reverse=true) }} {{ words|sort }} {{ words|sort(case_sensitive=true) }} {{ users|sort(attribute='age')|map(attribute='name')|list }} {{ users|sort(attribute='age,name')|map(attribute='name')|list }} {{ users|sort(true, attribute='age')|map(attribute='name')|list }} {{ 'hello'|sort }} {{ d|sort }} {{ [(2, 'a'), (1, 'b')]|sort }} {{ [true, 0, 0.5]|sort }}
        {{ [1, 'a']|sort }}
        {{ [none, 1]|sort }}
        {{ 5|string }} {{ 5|string is string }} {{ none|string }} {{ [1]|string|length }}
        {{ '<p>a <b>b</b>  c</p>  <!-- x --> &amp; d'|striptags }} {{ 'a &lt;b&gt; &#39;x&#39;'|striptags }} {{ '<!-- <b> -->y'|striptags }}
        {{ items|sum }} {{ users|sum(attribute='age') }} {{ users|sum('age', 100) }} {{ empty|sum }} {{ [1.5, 2]|sum }} {{ [[1], [2]]|sum(start=[]) }}
        {{ ['a']|sum }}
        {{ ['a', 'b']|sum(start='') }}
        {{ d|tojson }} {{ [1, 2.0, 'a"b', none, true, '<\'&>', 'é\n\t\x01/\\', '😀']|tojson }} {{ {'b': {'y': 1, 'x': [1]}, 'a': []}|tojson(2) }} {{ []|tojson(2) }} {{ (1, 2)|tojson }} {{ {1: 2, none: 3}|tojson }}
        {{ {1: 2, 3.5: 1, true: 0}|tojson }} {{ 1e16|tojson }} {{ 'a'|tojson(indent=2) }} {{ [{}, {'a': []}]|tojson(indent=1) }}
        {{ missing|tojson }}
        {{ range(3)|tojson }}
        {{ {'a': d.items()}|tojson }}
        [{{ '  a '|trim }}] {{ 'xxaxx'|trim('x') }} {{ 5|trim }} [{{ none|trim }}] {{ '\u00a0a\u2003'|trim }}
        {{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }} {{ 'foo bar baz qux'|truncate(11) }} {{ 'foo bar baz qux'|truncate(11, false, '...', 0) }} {{ 'foobarbazqux'|truncate(5, leeway=0) }} {{ 'short'|truncate }} {{ 'foo bar'|truncate(5, true, '') }}
        {{ 'foo bar baz'|truncate(2) }}
        {{ ['a', 'A', 'b', 1, 1.0]|unique|list }} {{ ['a', 'A']|unique(true)|list }} {{ users|unique(attribute='age')|map(attribute='name')|list }}
        {{ [[1]]|unique|list }}
        {{ 'a b&c/d?é~'|urlencode }} {{ {'a b': 'c&d', 'x': 1}|urlencode }} {{ [('a', 'b/c')]|urlencode }} {{ 5|urlencode }}
        {{ 'see http://example.com/x?a=b&c, (www.foo.org) or mail me@x.org. bye'|urlize }} {{ 'https://example.com/long/path'|urlize(10, true) }} {{ 'http://a.com'|urlize(target='_blank') }} {{ 'plain text. here'|urlize }} {{ '(http://x.com/a_(b))'|urlize }}
        {{ 'foo bar_baz x-y 3'|wordcount }} {{ ''|wordcount }}
        {{ 'the quick brown fox jumps'|wordwrap(10) }} {{ 'a\nlonger line here'|wordwrap(8) }} {{ 'abcdefghijkl'|wordwrap(5) }} {{ 'abcdefghijkl mn'|wordwrap(5, false) }} {{ 'well-known half-truth'|wordwrap(7) }} {{ 'a b c'|wordwrap(3, wrapstring='|') }} {{ 'aa  bb   cc'|wordwrap(5) }}
        {{ {'class': 'a b', 'id': none, 'x': 1, 'q': '"<'}|xmlattr }} {{ {}|xmlattr }} {{ {'a': 1}|xmlattr(false) }}
        {{ {'a b': 1}|xmlattr }}
        {{ d|attr('a') }} {{ 'x'|attr('nope') is undefined }}
        {{ 'a'|upper|lower|title }} {{ items|sort|first }} {{ (1, 2)|first }} {{ ('a' ~ 'b')|upper }} {{ 'a' ~ 'b'|upper }} {{ 1 + 2|string|int }}
        {{ 'x'|nope }}
        {{ 'x'|upper(1) }}
        {{ 'x' if false else 'y'|upper }} {{ 'a'|default('b')|upper }} {{ ('a', 'b')|map('upper')|join }}
        {% if false %}{{ 'x'|nope }}{% endif %}ok
        {{ 'x' if true else 'x'|nope }}
        {{ 'x'|nope if false else 'ok' }}
        {{ items|list|random in items }}
        {% filter upper %}a{{ name }}{% endfilter %} {% filter replace('a', 'b')|upper %}abc{% endfilter %}
        {% set x | upper %}abc{% endset %}{{ x }} {% set y | replace('a', 'z') | trim %} abc {% endset %}[{{ y }}]
        """#

    static let tests = #"""
        {{ n is defined }} {{ missing is defined }} {{ missing is undefined }} {{ d.zz is defined }} {{ missing is not defined }}
        {{ none is none }} {{ 0 is none }} {{ true is boolean }} {{ 1 is boolean }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ 0 is false }}
        {{ 1 is integer }} {{ true is integer }} {{ 1.0 is integer }} {{ 1.0 is float }} {{ 1 is float }} {{ 1 is number }} {{ true is number }} {{ 'a' is number }} {{ 'a' is string }} {{ 1 is string }}
        {{ d is mapping }} {{ [] is mapping }} {{ [] is sequence }} {{ 'a' is sequence }} {{ d is sequence }} {{ 1 is sequence }} {{ range(3) is sequence }} {{ missing is sequence }} {{ (1,) is sequence }} {{ d.items() is sequence }} {{ items|map('int') is sequence }}
        {{ [] is iterable }} {{ 'a' is iterable }} {{ 1 is iterable }} {{ none is iterable }} {{ d is iterable }} {{ missing is iterable }} {{ range is callable }} {{ 'a' is callable }} {{ 'a'.upper is callable }}
        {{ 3 is odd }} {{ 4 is even }} {{ -1 is odd }} {{ 9 is divisibleby(3) }} {{ 9 is divisibleby 2 }} {{ 2.0 is even }} {{ true is odd }}
        {{ 'a' is odd }}
        {{ 1 is divisibleby(0) }}
        {{ 1 is eq(1) }} {{ 1 is equalto 1 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 1 is lessthan(2) }} {{ 2 is gt 1 }} {{ 2 is greaterthan 1 }} {{ 1 is ge 1 }} {{ 1 is le 1 }} {{ 1 is in [1, 2] }} {{ 1 is not in [1, 2] }} {{ 'a' is in 'abc' }}
        {{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 'aB' is lower }} {{ '1' is upper }} {{ none is sameas none }} {{ 1 is sameas true }} {{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ 'x' is test }} {{ 'x' is escaped }}
        {{ 1 is not none and 2 is not odd }} {{ x is defined and x > 1 or n is number }} {{ (1 is odd) is true }} {{ 1 is odd is true }}
        {{ 1 is nope }}
        {{ 1 is eq }}
        {{ n is defined if true else 2 }}
        {{ 1 if n is defined else 2 }} {{ n is number and 'y' }} {{ n is eq n and n is eq 42 }} {{ [1] is eq [1] }} {{ 1 is eq items[1] }} {{ n is divisibleby items|first }}
        {% if n is defined and n is number %}a{% endif %}{% if not n is string %}b{% endif %}{% if 5 is not divisibleby 2 %}c{% endif %}
        """#
}
