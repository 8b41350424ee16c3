/// Integers beyond 64 bits, and the methods of Python's types. Here the words of an error are compared too.
extension HandPicked {
    static let wholeNumbers = #"""
        {{ 123456789012345678901234567890 }} {{ -123456789012345678901234567890 }} {{ 2**64 }} {{ 2**63 }} {{ 2**63 - 1 }} {{ -(2**63) }} {{ -2**63 - 1 }} {{ 9223372036854775807 + 1 }} {{ 9223372036854775808 }} {{ -9223372036854775808 }} {{ - -9223372036854775808 }}
        {{ 9223372036854775807 * 9223372036854775807 }} {{ -9223372036854775807 - 2 }} {{ 9223372036854775808 - 1 }} {{ (2**64) // (2**60) }} {{ (2**64 - 2**63) is integer }} {{ 99999999999 * 99999999999 }}
        {{ (2**70) // 3 }} {{ -(2**70) // 3 }} {{ (2**70) // -3 }} {{ -(2**70) // -3 }} {{ (2**70) % 7 }} {{ -(2**70) % 7 }} {{ (2**70) % -7 }} {{ 5 % 2**70 }} {{ -5 % 2**70 }} {{ 5 // 2**70 }} {{ -5 // 2**70 }} {{ (2**70) % 2**35 }} {{ -9223372036854775808 // -1 }} {{ -9223372036854775808 % -1 }}
        {{ 2**70 // 0 }}
        {{ 2**70 % 0 }}
        {{ 2**70 / 0 }}
        {{ 2**70 // 0.0 }}
        {{ 2**70 == 2.0**70 }} {{ 2**70 + 1 == 2.0**70 }} {{ 2**70 < 2.0**70 + 1 }} {{ 2**70 + 1 > 2.0**70 }} {{ 2**53 + 1 == 2.0**53 }} {{ 2**70 == 2**70 }} {{ 2**70 != 2**71 }} {{ 2**70 > 1 }} {{ 1 < 2**70 }} {{ -2**70 < 1 }} {{ true < 2**70 }} {{ 2**70 > 1e400 }} {{ 2**70 < 1e400 }} {{ -2**2000 < -1e400 }} {{ 2**2000 > 1e308 }} {{ 2**70 == 'a' }} {{ 2**70 == none }} {{ 2**64 <= 2**64 }} {{ 0.5 < 2**64 }} {{ (1e400 - 1e400) < 2**70 }}
        {{ 2**70 < 'a' }}
        {{ 'a' < 2**70 }}
        {{ none + 2**70 }}
        {{ 2**70 + 'a' }}
        {{ 'a' + 2**70 }}
        {{ 2**70 in [2**70] }} {{ 2.0**70 in [2**70] }} {{ 2**70 in {2.0**70: 1} }} {{ {2**70: 'a', 2.0**70: 'b'} }} {{ {2**70: 1}[2**70] }} {{ {2**70: 1}[2.0**70] }} {{ {1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,2**70:9}[2.0**70] }} {{ [2**70, 2.0**70, 2**70]|unique|list }} {{ 2**70 in range(5) }} {{ [2**70, 1, 2.5, -2**80]|sort }} {{ [1, 2**70]|max }} {{ [1, -2**70]|min }}
        {{ '999999999999999999999'|int }} {{ ' -999999999999999999999 '|int }} {{ '999_999_999_999_999_999_999'|int }} {{ 'ffffffffffffffffffff'|int(base=16) }} {{ '0xffffffffffffffffffff'|int(base=16) }} {{ 'zzzzzzzzzzzzzzzzzzzz'|int(base=36) }} {{ '1e30'|int }} {{ 1e30|int }} {{ -1e30|int }} {{ (2**70)|int }} {{ '1e400'|int }} {{ '99999999999999999999.9'|int }} {{ 1.5e19|int }} {{ '12345678901234567890x'|int(5) }}
        {{ (f * 1e308)|int }}
        {{ (2**70)|abs }} {{ (-2**70)|abs }} {{ (-9223372036854775808)|abs }} {{ [2**63, 2**63]|sum }} {{ [9223372036854775807, 1]|sum }} {{ [2**70, 0.5]|sum }} {{ [1]|sum(start=2**70) }} {{ (2**70)|string }} {{ (2**70)|length if false else 'x' }} {{ (2**70)|float }} {{ (2**70 + 1)|float }} {{ (2**63 - 1)|float }} {{ (10**22 + 1)|float }} {{ 3**100|float }}
        {{ (2**70)|round }} {{ (2**70)|round(2) }} {{ (2**70)|round(-3) }} {{ (-2**70)|round(-20) }} {{ (2**70)|round(-22) }} {{ (2**70)|round(-21) }} {{ 25|round(-1) }} {{ 35|round(-1) }} {{ -25|round(-1) }} {{ 5|round(-1) }} {{ 15|round(-1) }} {{ 9223372036854775807|round(-1) }} {{ 9223372036854775807|round(-18) }} {{ 9223372036854775807|round(-19) }} {{ 7|round(-30) }} {{ (2**70)|round(0, 'ceil') }} {{ (2**70)|round(1, 'floor') }} {{ (2**70)|round(-3, 'floor') }} {{ 1.25|round(1, 'ceil') }} {{ -0.5|round(0, 'ceil') }} {{ 1e300|round(2, 'floor') }} {{ 12345|round(-2, 'ceil') }}
        {{ 1e308|round(5, 'ceil') }}
        {{ (2**70)|filesizeformat }} {{ (2**70)|filesizeformat(true) }} {{ (10**30)|filesizeformat }} {{ (-10**30)|filesizeformat }} {{ -1e30|filesizeformat }} {{ '1e30'|filesizeformat }}
        {{ (10**400)|filesizeformat }}
        {{ (10**400)|float }}
        {{ (2**70)|tojson }} {{ [2**70, {'a': -2**70}]|tojson }} {{ {2**70: 1}|tojson }} {{ [2**70]|pprint }} {{ [2**70] }} {{ (2**70,) }} {{ {2**70: -2**70} }} {{ 2**70 ~ 'x' }} {{ [2**70, 'a']|join('-') }}
        {{ '%d' % 2**70 }} {{ '%d' % (2**70) }} {{ '%i' % (-2**70) }} {{ '%x' % (2**70) }} {{ '%X' % (2**70 - 1) }} {{ '%o' % (2**70) }} {{ '%#x' % (-2**70) }} {{ '%30d|%-30d|%030d|%+d|% d' % (2**70, 2**70, 2**70, 2**70, 2**70) }} {{ '%.30d' % (2**70) }} {{ '%f' % (2**70) }} {{ '%e' % (2**70) }} {{ '%g' % (2**70) }} {{ '%s' % (2**70) }} {{ '%r' % (2**70) }} {{ '%d' % 1e30 }} {{ '%d' % -1e30 }}
        {{ '%d' % (f * 1e308) }}
        {{ '%d' % (f * 1e308 - f * 1e308) }}
        {{ '%f' % (10**400) }}
        {{ '%c' % (2**70) }}
        {{ '{:,}'.format(2**70) }} {{ '{:_}'.format(-2**70) }} {{ '{:d}'.format(2**70) }} {{ '{}'.format(2**70) }} {{ '{!r}'.format(2**70) }} {{ '{:x} {:X} {:o} {:b}'.format(2**70, 2**70 - 1, 2**70, 2**70) }} {{ '{:#x}'.format(-2**70) }} {{ '{:_x}'.format(2**70) }} {{ '{:>30}|{:<30}|{:^30}|{:030}|{:+}'.format(2**70, 2**70, 2**70, 2**70, 2**70) }} {{ '{:.3f} {:e} {:g} {:%}'.format(2**70, 2**70, 2**70, 2**70) }} {{ '{:n}'.format(2**70) }}
        {{ '{:f}'.format(10**400) }}
        {{ '{:c}'.format(2**70) }}
        {{ '{:s}'.format(2**70) }}
        {{ '{:.2d}'.format(2**70) }}
        {{ 2**70 is odd }} {{ (2**70 + 1) is odd }} {{ 2**70 is even }} {{ 2**70 is divisibleby(4) }} {{ 2**70 is divisibleby(2**69) }} {{ 6 is divisibleby(2**69) }} {{ 2**70 is integer }} {{ 2**70 is number }} {{ 2**70 is float }} {{ 2**70 is boolean }} {{ 2**70 is string }} {{ 2**70 is iterable }} {{ 2**70 is sameas(2**70 + 1) }} {{ 'y' if 2**70 else 'n' }} {{ not 2**70 }} {{ true is integer }} {{ true is number }} {{ 2**70 is defined }} {{ 2**70 is lt(2**71) }}
        {{ 2 ** -2 }} {{ (2**70) ** -1 }} {{ (-2) ** -3 }} {{ (2**70) ** 0 }} {{ (2**70) ** 2 }} {{ (-3) ** 45 }} {{ (-1) ** (2**70) }} {{ (-1) ** (2**70 + 1) }} {{ 1 ** (2**70) }} {{ 0 ** (2**70) }} {{ (2**70) ** 0.5 }} {{ 2.0 ** 70 }} {{ 10**25 }} {{ 7**50 }}
        {{ (10**400) ** -1 }}
        {{ 2 ** -(2**70) }}
        {{ (10**400) ** 0.5 }}
        {{ 0 ** -(2**70) }}
        {{ (10**400) / (10**399) }} {{ (2**70) / (2**69) }} {{ (2**70) / 3 }} {{ 1 / (2**70) }} {{ -(2**70) / 3 }} {{ (10**400) / (10**400 + 1) }} {{ 9007199254740993 / 1 }} {{ 9223372036854775807 / 3 }} {{ 9007199254740993 / 9007199254740992 }} {{ 1 / 10**308 }} {{ 1 / 10**320 }} {{ 3 / 10**324 }} {{ 1 / 10**400 }} {{ -1 / 10**400 }} {{ 0 / 2**70 }} {{ 0 / -2**70 }} {{ (2**1024 - 2**970) / 1 }} {{ 7 / 2**1076 }} {{ 123456789012345678901 / 1000 }} {{ (2**70) / 2.0 }} {{ (2**54 + 1) / 2 }} {{ (2**54 + 3) / 2 }}
        {{ (10**400) / 3 }}
        {{ (2**1024) / 1 }}
        {{ (2**1024 - 2**970 + 2**969) / 1 }}
        {{ 2**70 + 0.5 }} {{ 2**70 * 2.0 }} {{ 2**70 - 1e20 }} {{ 1.0 * 2**70 }} {{ 2**70 // 2.0 }} {{ 2**70 % 3.5 }} {{ 2**70 + true }} {{ true * 2**70 }} {{ +2**70 }} {{ +(2**70) }} {{ 0 * 2**70 }} {{ 2**70 - 2**70 }} {{ (2**70 - 2**70) is sameas(0) }}
        {{ 10**400 + 0.5 }}
        {{ 10**400 * 1.0 }}
        {{ 0x1ffffffffffffffffff }} {{ 0b11111111111111111111111111111111111111111111111111111111111111111111111 }} {{ 0o7777777777777777777777777 }} {{ 1_000_000_000_000_000_000_000 }} {{ 0xffffffffffffffff }} {{ 0x_ffff_ffff_ffff_ffff_f }}
        {{ 'a' * 2**70 }}
        {{ [1] * 2**70 }}
        {{ (1,) * -2**70 }}
        {{ [1, 2, 3][:2**70] }} {{ [1, 2, 3][-2**70:] }} {{ [1, 2, 3][::2**70] }} {{ [1, 2, 3][::-2**70] }} {{ 'abc'[2**70:] }} {{ 'abc'[:-2**70] }} {{ [1, 2][2**70] }} {{ 'ab'[2**70] }} {{ {}[2**70] }}
        {{ 'a'.center(2**70) }}
        {{ 'a'.zfill(2**70) }}
        {{ [1].pop(2**70) }}
        {{ 'abc'.replace('a', 'b', 2**70) }}
        {{ 'a b'.split(none, 2**70) }}
        {{ range(2**70, 2**70 + 3)|list }} {{ range(2**70) }} {{ range(2**70, 2**71, 2**69)|list }} {{ range(2**70, 2**70 - 4, -2)|list }} {{ range(-2**70, 0, 2**70)|list }} {{ range(0, 2**70)[5] }} {{ range(2**70)[-1] }} {{ 7 in range(2**70) }} {{ 2**69 in range(2**70) }} {{ -1 in range(2**70) }} {{ range(2**70, 0)|list }} {{ range(5, 2**70, 2).stop }} {{ 'y' if range(2**70) else 'n' }} {{ range(2**70, 2**70 + 3)|length }} {{ range(-9223372036854775807, 9223372036854775807, 9223372036854775807)|list }}
        {{ range(2**70)|length }}
        {{ range(2**70, 0, 0) }}
        {{ range(1.5) }}
        {% for i in range(2**70, 2**70 + 2) %}{{ i }}{{ loop.index }} {% endfor %}
        {{ (10**4299)|string|length }} {{ (10**4299 + 1) % 1000 }} {{ (10**4300) % 7 }} {{ '%x' % (10**4300) == '' }}
        {{ 10**4300 }}
        {{ -(10**4300) }}
        {{ [10**5000] }}
        {{ '%d' % (10**4300) }}
        {{ '{:d}'.format(10**4300) }}
        {{ (10**4300)|tojson }}
        {{ ('9' * 4300)|int|string|length }} {{ ('9' * 4301)|int }} {{ ('f' * 5000)|int(base=16) % 1000 }}
        {% set ns = namespace(v=1) %}{% for i in range(1, 30) %}{% set ns.v = ns.v * i %}{% endfor %}{{ ns.v }}
        {% set ns = namespace(a=0, b=1) %}{% for i in range(120) %}{% set ns.c = ns.a + ns.b %}{% set ns.a = ns.b %}{% set ns.b = ns.c %}{% endfor %}{{ ns.a }}
        """#

    static let methods = #"""
        {{ 'aé'.encode() }} {{ 'aé'.encode('latin-1') }} {{ 'aé'.encode('ascii', 'ignore') }} {{ 'aé'.encode('ascii', 'replace') }} {{ 'aé日'.encode('ascii', 'xmlcharrefreplace') }} {{ 'aé日😀'.encode('ascii', 'backslashreplace') }} {{ 'a日'.encode('utf-16') }} {{ 'a日'.encode('utf-16-le') }} {{ 'a😀'.encode('utf-16-be') }} {{ 'a'.encode('utf-32') }} {{ 'a'.encode('UTF_8') }} {{ 'a'.encode(encoding='utf-8', errors='strict') }} {{ 'a'.encode('utf-8-sig') }} {{ ''.encode() }}
        {{ "it's".encode() }} {{ 'say "hi"'.encode() }} {{ '\'"'.encode() }} {{ 'a\n\t\r\\\x00\x7f'.encode() }} {{ ['a'.encode()] }} {{ 'a'.encode() ~ 'b' }} {{ 'a'.encode() == 'a' }} {{ 'a'.encode() == 'a'.encode() }} {{ 'a'.encode() < 'b'.encode() }} {{ 'ab'.encode()[0] }} {{ 'ab'.encode()[-1] }} {{ 'ab'.encode()[5] }} {{ 'abc'.encode()[1:] }} {{ 'abc'.encode()[::-1] }} {{ 'ab'.encode()|length }} {{ 'ab'.encode()|list }} {{ 'a'.encode() + 'b'.encode() }} {{ 'a'.encode() * 3 }} {{ {'a'.encode(): 1} }} {{ {'a'.encode(): 1}['a'.encode()] }} {{ 97 in 'a'.encode() }} {{ 'b'.encode() in 'abc'.encode() }} {{ 'a'.encode() is string }} {{ 'a'.encode() is sequence }} {{ 'a'.encode() is iterable }} {{ 'x' if ''.encode() else 'y' }}
        {{ 'é'.encode('ascii') }}
        {{ 'aéé'.encode('ascii') }}
        {{ '日'.encode('latin-1') }}
        {{ 'a'.encode('nope') }}
        {{ 'a'.encode(5) }}
        {{ 'a'.encode() + 'b' }}
        {{ 'a'.encode()|tojson }}
        {{ 'a' in 'a'.encode() }}
        {{ 300 in 'a'.encode() }}
        {{ 'aé'.encode().decode() }} {{ 'aé'.encode('latin-1').decode('latin-1') }} {{ 'aé'.encode('utf-16').decode('utf-16') }} {{ 'aé'.encode('utf-32').decode('utf-32') }} {{ 'aé'.encode().decode('ascii', 'ignore') }} {{ 'aé'.encode().decode('ascii', 'backslashreplace') }} {{ 'aé'.encode('latin-1').decode('utf-8', 'replace') }} {{ 'aé'.encode().hex() }}
        {{ 'aé'.encode().decode('ascii') }}
        {{ ''.encode().fromhex('6162efbfbdff').decode('utf-8', 'ignore') }} {{ ''.encode().fromhex('ffe97a').decode('utf-8', 'backslashreplace') }} {{ ''.encode().fromhex('e28261ff').decode('utf-8', 'replace') }}
        {{ ''.encode().fromhex('e9').decode() }}
        {{ ''.encode().fromhex('61e96263').decode() }}
        {{ ''.encode().fromhex('e28261').decode() }}
        {{ ''.encode().fromhex('f09f98').decode() }}
        {{ ''.encode().fromhex('eda080').decode() }}
        {{ 'é'.encode().hex(':') }} {{ 'abcde'.encode().hex('-', 2) }} {{ 'abcde'.encode().hex('-', -2) }} {{ 'abcde'.encode().hex('-', 9) }} {{ ''.encode().hex('-') }} {{ ''.encode().fromhex('1c').isascii() }}
        {{ 'ab'.encode().hex('--') }}
        {{ range(10)[2:5] }} {{ range(10)[::-1] }} {{ range(10)[5:2] }} {{ range(0, 10, 3)[1:] }} {{ range(10)[-3:] | list }} {{ range(0)[1:] }} {{ range(9)[::100] }}
        {{ range(2 ** 70, 2 ** 70 + 2) == range(2 ** 70, 2 ** 70 + 2) }} {{ range(2 ** 70, 2 ** 70 + 2) == range(2 ** 70, 2 ** 70 + 3) }}
        {{ 'aéx'.translate({97: 'bc', 233: none, 120: 121}) }} {{ (0).from_bytes('abcdefghijk'.encode()) }} {{ (0).from_bytes('abcdefghijk'.encode(), 'little') }}
        {{ 'aBc'.encode().upper() }} {{ 'aéB'.encode().lower() }} {{ 'a b'.encode().split() }} {{ 'a,b'.encode().split(','.encode()) }} {{ ' a '.encode().strip() }} {{ 'abc'.encode().find('c'.encode()) }} {{ 'abc'.encode().find(98) }} {{ 'abca'.encode().count('a'.encode()) }} {{ 'abc'.encode().startswith('a'.encode()) }} {{ 'abc'.encode().startswith(('x'.encode(), 'a'.encode())) }} {{ 'abc'.encode().replace('a'.encode(), 'é'.encode()) }} {{ ','.encode().join(['a'.encode(), 'b'.encode()]) }} {{ 'a b'.encode().title() }} {{ 'a\nb\x0bc'.encode().splitlines() }} {{ 'a-b'.encode().partition('-'.encode()) }} {{ 'ab'.encode().center(6) }} {{ '5'.encode().zfill(3) }} {{ 'a1'.encode().isalnum() }} {{ 'é'.encode().isalpha() }} {{ 'é'.encode().isascii() }} {{ 'abc'.encode().removeprefix('a'.encode()) }} {{ ''.encode().fromhex('61 62') }} {{ 'a\x1cb'.encode().split() }}
        {{ 'abc'.encode().find('a') }}
        {{ 'abc'.encode().replace('a', 'b') }}
        {{ 'abc'.encode().nope }}
        {{ 'abc'.encode().format }}
        {{ ''.encode().fromhex('6') }}
        {{ 'abc'.translate({97: 'x', 98: none, 99: 100}) }} {{ 'abc'.translate({}) }} {{ 'abc'.translate({97: 'long'}) }} {{ 'aé'.translate({233: 'e'}) }} {{ 'abc'.translate('x' * 98) }} {{ 'abc'.translate(['q'] * 98) }} {{ '\x00\x01'.translate(['q', none]) }} {{ 'abc'.translate(''.maketrans('ab', 'xy')) }} {{ 'abc'.translate(''.maketrans('ab', 'xy', 'c')) }} {{ 'abc'.translate(''.maketrans({'a': 'AA', 98: none})) }} {{ 'abc'.translate({'a': 'x'}) }} {{ 'a'.translate({97: true}) == '\x01' }}
        {{ ''.maketrans('ab', 'xy') }} {{ ''.maketrans('ab', 'xy', 'z') }} {{ ''.maketrans({'a': 1, 98: 'x'}) }} {{ ''.maketrans('é', 'e') }} {{ ''.maketrans({}) }} {{ 'x'.maketrans('', '') }}
        {{ 'abc'.translate(5) }}
        {{ 'abc'.translate({97: 1.5}) }}
        {{ 'abc'.translate({97: -1}) }}
        {{ 'abc'.translate({97: 2**70}) }}
        {{ ''.maketrans('ab', 'x') }}
        {{ ''.maketrans('ab') }}
        {{ ''.maketrans({'ab': 1}) }}
        {{ ''.maketrans({1.5: 1}) }}
        {{ ''.maketrans(1, 'a') }}
        {{ '{a}-{b[0]}'.format_map({'a': 1, 'b': [2]}) }} {{ '{{}}'.format_map({}) }} {{ 'x'.format_map({}) }}
        {{ '{a}'.format_map({}) }}
        {{ '{}'.format_map({}) }}
        {{ (5).real }} {{ (5).imag }} {{ (5).numerator }} {{ (5).denominator }} {{ true.real }} {{ true.numerator }} {{ (2**70).real }} {{ (2**70).imag }} {{ (2**70).denominator }} {{ 1.5.real if false else (1.5).real }} {{ (1.5).imag }} {{ n.real }} {{ n['real'] }} {{ n.real is defined }} {{ n.nope is defined }} {{ (5)|attr('real') }}
        {{ (5).conjugate() }} {{ true.conjugate() }} {{ (2**70).conjugate() }} {{ (1.5).conjugate() }} {{ (5).bit_length() }} {{ (-5).bit_length() }} {{ (0).bit_length() }} {{ (2**70).bit_length() }} {{ (-2**70).bit_length() }} {{ (2**70 - 1).bit_count() }} {{ (-7).bit_count() }} {{ true.bit_length() }} {{ (-2**63).bit_length() }}
        {{ (5).as_integer_ratio() }} {{ (2**70).as_integer_ratio() }} {{ true.as_integer_ratio() }} {{ (0.75).as_integer_ratio() }} {{ (-0.1).as_integer_ratio() }} {{ (0.0).as_integer_ratio() }} {{ (1e300).as_integer_ratio() }} {{ (5e-324).as_integer_ratio()[0] }} {{ (1e22).as_integer_ratio() }}
        {{ (f * 1e308).as_integer_ratio() }}
        {{ (f * 1e308 - f * 1e308).as_integer_ratio() }}
        {{ (1.0).hex() }} {{ (0.1).hex() }} {{ (-3.75).hex() }} {{ (0.0).hex() }} {{ (-0.0).hex() }} {{ (5e-324).hex() }} {{ (1e300).hex() }} {{ (1e-310).hex() }} {{ (f * 1e308).hex() }} {{ (-f * 1e308).hex() }} {{ (0.0).fromhex('0x1.8p+1') }} {{ (0.0).fromhex('  -0x1.8p1 ') }} {{ (0.0).fromhex('a.8') }} {{ (0.0).fromhex('inf') }} {{ (0.0).fromhex('-NaN') }} {{ (0.0).fromhex('0x.8') }} {{ (0.0).fromhex('1.') }} {{ (0.0).fromhex('0x1p-1080') }}
        {{ (0.0).fromhex('x') }}
        {{ (0.0).fromhex('') }}
        {{ (0.0).fromhex('0x1p5000') }}
        {{ (1.5).is_integer() }} {{ (2.0).is_integer() }} {{ (f * 1e308).is_integer() }} {{ (1e30).is_integer() }}
        {{ (5).is_integer() }}
        {{ (5).hex() }}
        {{ (1.5).bit_length() }}
        {{ (5).real() }}
        {{ (5).conjugate(1) }}
        {{ (1024).to_bytes(2, 'big') }} {{ (1024).to_bytes(4, 'little') }} {{ (-1).to_bytes(2, 'big', signed=true) }} {{ (-129).to_bytes(2, 'little', signed=true) }} {{ (5).to_bytes() }} {{ (0).to_bytes(0, 'big') }} {{ (2**70).to_bytes(9, 'big') }} {{ (-128).to_bytes(1, 'big', signed=true) }} {{ (127).to_bytes(length=1, byteorder='big', signed=true) }} {{ true.to_bytes(1, 'big') }} {{ (0).to_bytes(2, 'big', signed=true) }}
        {{ (1024).to_bytes(1, 'big') }}
        {{ (-1).to_bytes(1, 'big') }}
        {{ (128).to_bytes(1, 'big', signed=true) }}
        {{ (-129).to_bytes(1, 'big', signed=true) }}
        {{ (5).to_bytes(1, 'middle') }}
        {{ (5).to_bytes(-1, 'big') }}
        {{ (0).from_bytes('ab'.encode(), 'big') }} {{ (0).from_bytes('ab'.encode(), 'little') }} {{ (0).from_bytes([255, 255], 'big', signed=true) }} {{ (0).from_bytes('abcdefghij'.encode()) }} {{ (0).from_bytes([], 'big') }} {{ (0).from_bytes([255]) }}
        {{ (0).from_bytes('ab', 'big') }}
        {{ (0).from_bytes([300], 'big') }}
        {{ 'a'.replace(old='a', new='b') }}
        {{ {}.get(key='a') }}
        {{ [1].append(object=2) }}
        {{ 'a'.strip(chars='a') }}
        {{ [3, 1, 2].sort(reverse=true) }} {{ 'a\tb'.expandtabs(tabsize=2) }} {{ 'a\nb'.splitlines(keepends=true) }} {{ 'a b'.rsplit(sep=' ', maxsplit=1) }}
        {{ '1'.isdigit(1) }}
        {{ 'a'.isascii(1) }}
        {{ 'a'.upper(1) }}
        {{ [1].copy(1) }}
        {{ (1, 2, 1).count(1) }} {{ (1, 2).index(2) }} {{ [1, 2].index(2**70) if false else 'x' }}
        {{ (1, 2).append(3) }}
        {{ [1, 2].index(3) }}
        {{ (1, 2).index(3) }}
        {{ {}.popitem() }}
        {{ {'a': 1}.pop('b') }}
        {{ {}.fromkeys([1, 2]) }} {{ {}.fromkeys('ab', 0) }} {{ {'a': 1}.popitem() }} {{ {'a': 1}.setdefault('b') }} {{ {'a': 1}.update([('b', 2)], c=3) }} {{ {'a': 1}.clear() }}
        """#
}
