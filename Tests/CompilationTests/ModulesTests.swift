import Compilation
import Kernel
import ModellingSupport
import Project
import Testing

/// What templates get of Python's modules; each expectation is what Python prints.
@Suite struct ModulesTests {
    @Test(arguments: [
        ("dt.datetime(2026, 1, 31, 23, 5, 9, 120)", "2026-01-31 23:05:09.000120"),
        ("dt.datetime(2024, 2, 29) + dt.timedelta(days=1, hours=2)", "2024-03-01 02:00:00"),
        ("(dt.datetime(2024, 3, 1) - dt.datetime(2024, 2, 1, 12)).total_seconds()", "2462400.0"),
        ("dt.date(2024, 3, 1) - dt.date(2024, 2, 1)", "29 days, 0:00:00"), ("dt.timedelta(hours=-1)", "-1 day, 23:00:00"),
        ("dt.timedelta(seconds=90) / 2", "0:00:45"), ("dt.date(2026, 1, 1).isocalendar()[1]", "1"),
        ("dt.datetime(2026, 8, 1, 15).strftime('%a %A %b %B %d %-d %H %I %p %j %U %W %y %%')", "Sat Saturday Aug August 01 1 15 03 PM 213 30 30 26 %"),
        ("dt.datetime.strptime('31/Jan/26 03:04 PM', '%d/%b/%y %I:%M %p').isoformat()", "2026-01-31T15:04:00"),
        ("dt.datetime.strptime('2026-01-31T10:00:00+0200', '%Y-%m-%dT%H:%M:%S%z')", "2026-01-31 10:00:00+02:00"),
        ("dt.datetime.fromisoformat('2026-01-31T10:20:30.5+01:00').astimezone(modules.pytz.utc)", "2026-01-31 09:20:30.500000+00:00"),
        ("dt.datetime.combine(dt.date(2026, 1, 2), dt.time(3, 4))", "2026-01-02 03:04:00"), ("dt.datetime(2026, 1, 31).replace(day=1, hour=5)", "2026-01-01 05:00:00"),
        ("dt.datetime(2026, 1, 2) < dt.datetime(2026, 1, 3)", "True"), ("dt.date(2026, 1, 2) in [dt.date(2026, 1, 2)]", "True"),
        ("dt.datetime(2026, 1, 2).weekday()", "4"), ("dt.datetime(1970, 1, 2).timestamp()", "86400.0"),
        ("modules.pytz.timezone('Europe/Berlin').localize(dt.datetime(2026, 7, 1, 12))", "2026-07-01 12:00:00+02:00"),
        ("modules.pytz.timezone('America/New_York').localize(dt.datetime(2050, 1, 1)).astimezone(modules.pytz.timezone('Asia/Tokyo'))", "2050-01-01 14:00:00+09:00"),
        ("dt.datetime(2020, 1, 2, 3, 4, 5).timetuple()", "time.struct_time(tm_year=2020, tm_mon=1, tm_mday=2, tm_hour=3, tm_min=4, tm_sec=5, tm_wday=3, tm_yday=2, tm_isdst=-1)"),
        ("dt.date(2020, 12, 31).isocalendar()", "datetime.IsoCalendarDate(year=2020, week=53, weekday=4)"), ("dt.date.fromisocalendar(2020, 5, 1)", "2020-01-27"),
        ("[dt.timedelta(1, 2, 3), dt.timedelta(0), dt.time(1, 2)]", "[datetime.timedelta(days=1, seconds=2, microseconds=3), datetime.timedelta(0), datetime.time(1, 2)]"),
        ("-dt.timedelta(days=3)", "-3 days, 0:00:00"), ("dt.timedelta(hours=5) % dt.timedelta(hours=2)", "1:00:00"), ("dt.datetime.max", "9999-12-31 23:59:59.999999"),
        ("dt.time.fromisoformat('01:02').replace(hour=5)", "05:02:00"), ("dt.keys()", "['date', 'datetime', 'time', 'timedelta', 'tzinfo']"), ("dt.timezone is defined", "False"), ("modules.re.get('sub')('a', 'b', 'xa')", "xb"), ("modules.pytz.get('timezone')('UTC')", "UTC"), ("modules.re.get('nothing', 5)", "5"),
        ("[modules.pytz.FixedOffset(90), modules.pytz.FixedOffset(0)]", "[pytz.FixedOffset(90), <UTC>]"), ("dt.datetime(2020, 1, 1, tzinfo=modules.pytz.FixedOffset(90)).tzname()", "None"),
        ("modules.pytz.FixedOffset(-330).utcoffset(none)", "-1 day, 18:30:00"), ("[modules.pytz.timezone('Europe/Berlin')]", "[<DstTzInfo 'Europe/Berlin' LMT+0:53:00 STD>]"),
        ("modules.pytz.all_timezones[0] ~ ('UTC' in modules.pytz.all_timezones) ~ ('Nope' in modules.pytz.all_timezones_set)", "Africa/AbidjanTrueFalse"),
        ("'Europe/Berlin' in modules.pytz.common_timezones", "True"), ("modules.pytz.country_names['de'] ~ modules.pytz.country_timezones('ch')", "Germany['Europe/Zurich']"),
        ("run_started_at.astimezone(modules.pytz.timezone('America/New_York')).strftime('%Y-%m-%d %H:%M %Z')", "2025-12-31 19:00 EST"),
    ])
    func `times are Python's`(_ expression: String, _ expected: String) throws {
        #expect(try TestProject.rendered("{% set dt = modules.datetime %}{{ \(expression) }}") == expected)
    }

    @Test(arguments: [
        ("dt.timedelta(days=999999999)", "999999999 days, 0:00:00"), ("dt.timedelta.max.total_seconds()", "86400000000000.0"), ("dt.timedelta(days=-999999999)", "-999999999 days, 0:00:00"),
        ("dt.timedelta(microseconds=0.5)", "0:00:00"), ("dt.timedelta(microseconds=1.5)", "0:00:00.000002"), ("dt.timedelta(days=9) // 4", "2 days, 6:00:00"),
        ("dt.timedelta(microseconds=5) / 2", "0:00:00.000002"), ("dt.timedelta(microseconds=-5) / 2", "-1 day, 23:59:59.999998"), ("dt.timedelta(days=5) % dt.timedelta(days=2)", "1 day, 0:00:00"),
        ("[dt.timedelta(days=-1, seconds=5, microseconds=3), dt.timedelta(0)]", "[datetime.timedelta(days=-1, seconds=5, microseconds=3), datetime.timedelta(0)]"),
        ("dt.datetime.max", "9999-12-31 23:59:59.999999"), ("dt.datetime(9999, 12, 31, 23, 59, 59, 999999) - dt.datetime.min", "3652058 days, 23:59:59.999999"), ("dt.datetime.fromtimestamp(253402300799)", "9999-12-31 23:59:59"),
    ])
    func `the ends of time are Python's`(_ expression: String, _ expected: String) throws {
        #expect(try TestProject.rendered("{% set dt = modules.datetime %}{{ \(expression) }}") == expected)
    }

    @Test(arguments: [
        ("dt.timedelta(days=1000000000)", "days=1000000000; must have magnitude <= 999999999"), ("dt.timedelta(days=-1000000000)", "days=-1000000000; must have magnitude <= 999999999"),
        ("dt.timedelta(weeks=10**18)", "Python int too large to convert to C int"), ("dt.timedelta(seconds=1e300)", "Python int too large to convert to C int"),
        ("dt.timedelta(days='inf' | float)", "cannot convert float infinity to integer"), ("dt.timedelta(days='nan' | float)", "cannot convert float NaN to integer"),
        ("dt.timedelta(days='x')", "unsupported type for timedelta days component: str"), ("dt.timedelta(1, days=2)", "argument for __new__() given by name ('days') and position (1)"),
        ("dt.timedelta(days=999999999) + dt.timedelta(days=1)", "days=1000000000; must have magnitude <= 999999999"), ("dt.timedelta(days=9) * 1e300", "Python int too large to convert to C int"),
        ("dt.timedelta(days=9) * 9223372036854775807", "Python int too large to convert to C int"), ("dt.timedelta(days=9) / 1e-300", "Python int too large to convert to C int"),
        ("dt.timedelta(days=2 ** 70)", "Python int too large to convert to C int"), ("dt.datetime(2 ** 70, 1, 1)", "Python int too large to convert to C int"), ("dt.time(5).replace(hour='x')", "'str' object cannot be interpreted as an integer"), ("modules.itertools.product([1], repeat='2')", "'str' object cannot be interpreted as an integer"), ("dt.timedelta(days=9) / 0", "integer division or modulo by zero"), ("dt.datetime(9999, 12, 31) + dt.timedelta(days=1)", "date value out of range"),
        ("dt.datetime(2020, 1, 1) - dt.timedelta(days=999999999)", "date value out of range"), ("dt.date(9999, 12, 31) + dt.timedelta(days=999999999)", "date value out of range"),
        ("dt.datetime.max.astimezone(modules.pytz.FixedOffset(540))", "date value out of range"), ("dt.datetime(10**18, 1, 1)", "signed integer is greater than maximum"),
        ("dt.datetime(0, 1, 1)", "year 0 is out of range"), ("dt.datetime('x', 1, 1)", "'str' object cannot be interpreted as an integer"),
        ("dt.datetime.fromtimestamp(1e300)", "timestamp out of range for platform time_t"), ("dt.datetime.fromtimestamp('nan' | float)", "Invalid value NaN (not a number)"),
        ("dt.datetime.fromtimestamp(253402300800)", "year 10000 is out of range"), ("dt.datetime.fromtimestamp(17000000000000)", "year is out of range"), ("dt.date.fromisocalendar(2021, 53, 1)", "Invalid week: 53"), ("dt.datetime.fromordinal(0)", "ordinal must be >= 1"), ("dt.date.fromordinal(-9223372036854775807)", "signed integer is less than minimum"),
        ("modules.pytz.FixedOffset(9223372036854775807)", "('absolute offset is too large', 9223372036854775807)"), ("dt.datetime.strptime('9999-366', '%Y-%j')", "year 10000 is out of range"),
        ("dt.datetime.strptime('60', '%S')", "second must be in 0..59"), ("dt.datetime.fromisoformat('2020-01-01T10:00:00+99:99')", "Invalid isoformat string"),
    ])
    func `a time beyond Python's is refused with its words`(_ expression: String, _ words: String) {
        let error = #expect(throws: (any Error).self) { try TestProject.rendered("{% set dt = modules.datetime %}{{ \(expression) }}") }
        #expect(String(describing: error).contains(words))
    }

    @Test(arguments: [
        (#"re.match('(a+)(b)?', 'aac').groups()"#, "('aa', None)"), (#"re.search('\\d{2,3}', 'x12345').group()"#, "123"), (#"re.fullmatch('a|ab', 'ab').span()"#, "(0, 2)"),
        (#"re.findall('(\\w)=(\\d)', 'a=1, b=2')"#, "[('a', '1'), ('b', '2')]"), (#"re.findall('x*', 'axb')"#, "['', 'x', '', '']"),
        (#"re.sub('x*', '-', 'abxd')"#, "-a-b--d-"), (#"re.sub('(?P<y>\\d+)-(\\d+)', '\\2/\\g<y>', '2026-01')"#, "01/2026"), (#"re.split('[,;] *', 'a, b;c')"#, "['a', 'b', 'c']"),
        (#"re.split('(-)', 'a-b')"#, "['a', '-', 'b']"), (#"re.compile('^b$', re.M).findall('a\nb\n')"#, "['b']"), (#"re.sub('(?i)HELLO', 'bye', 'Hello hello')"#, "bye bye"),
        (#"re.match('(?=a)(?!ab).c', 'ac') is not none"#, "True"), (#"re.search('(?<=\\$)\\d+', 'cost $42').group(0)"#, "42"), (#"re.match('(a)?(?(1)b|c)', 'c').group()"#, "c"),
        (#"re.search('<.+?>', '<a><b>')[0]"#, "<a>"), (#"re.search('(.)\\1', 'abccd').start()"#, "2"), (#"re.escape('a.b')"#, #"a\.b"#), (#"re.match('z', 'a')"#, "None"),
        (#"re.findall('\\bé\\w+', 'été éclair')"#, "['été', 'éclair']"), (#"re.sub('[^a-z0-9]+', '_', 'A b-C', 0, re.I)"#, "A_b_C"),
    ])
    func `regular expressions are Python's`(_ expression: String, _ expected: String) throws {
        #expect(try TestProject.rendered("{% set re = modules.re %}{{ \(expression) }}") == expected)
    }

    @Test(arguments: [
        ("york.localize(at(2024, 11, 3, 1, 30))", "2024-11-03 01:30:00-05:00"), ("york.localize(at(2024, 11, 3, 1, 30), is_dst=true)", "2024-11-03 01:30:00-04:00"),
        ("york.localize(at(2024, 3, 10, 2, 30))", "2024-03-10 02:30:00-05:00"), ("york.normalize(york.localize(at(2024, 3, 10, 2, 30)))", "2024-03-10 03:30:00-04:00"),
        ("at(2024, 7, 1, tzinfo=york)", "2024-07-01 00:00:00-04:56"), ("at(2024, 7, 1).replace(tzinfo=york).tzname()", "LMT"),
        ("york.localize(at(2024, 3, 9, 12)) + modules.datetime.timedelta(days=1)", "2024-03-10 12:00:00-05:00"), ("york.localize(at(2024, 7, 1)).dst()", "1:00:00"), ("york.utcoffset(at(2024, 7, 1))", "-1 day, 20:00:00"),
        ("at(2050, 7, 1, tzinfo=modules.pytz.utc).astimezone(york)", "2050-06-30 19:00:00-05:00"), ("at(2024, 2, 29).timetuple().tm_yday", "60"), ("modules.datetime.date(2024, 2, 29).timetuple()[6]", "3"),
    ])
    func `a reading keeps the offset that its place was given, as pytz has it`(_ expression: String, _ expected: String) throws {
        #expect(try TestProject.rendered("{% set york = modules.pytz.timezone('America/New_York') %}{% set at = modules.datetime.datetime %}{{ \(expression) }}") == expected)
    }

    @Test func `a pattern that explores for ever ends in an error`() {
        #expect(throws: (any Error).self) { try TestProject.rendered("{{ modules.re.match('(a*)*(a*)*b', 'a' * 60) }}") }
    }

    @Test(arguments: [
        ("modules.itertools.product(['a', 'b'], [1, 2]) | list | length", "4"), ("modules.itertools.combinations([1, 2, 3], 2) | list", "[(1, 2), (1, 3), (2, 3)]"),
        ("modules.itertools.chain.from_iterable([[1], [2, 3]]) | list", "[1, 2, 3]"), ("zip([1, 2], ['a', 'b']) | list", "[(1, 'a'), (2, 'b')]"),
        ("set([1, 2, 2]) | list", "[1, 2]"), ("set(5, default='none')", "none"), ("local_md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("tojson({'b': [1, none, true], 'a': 'é'}, sort_keys=true)", #"{"a": "\u00e9", "b": [1, null, true]}"#), ("fromyaml('a: [1, x]').a[1]", "x"),
        ("toyaml({'a': [1, {'b': 'yes'}], 'c': none})", "a:\n- 1\n- b: 'yes'\nc: null\n"), ("diff_of_two_dicts({'a': ['x', 'y'], 'b': ['z']}, {'A': ['X']})", "{'a': ['y'], 'b': ['z']}"),
        ("'[1, 2]' | as_native | length", "6"), ("'true' | as_bool", "true"), ("'x' | as_number", "x"), ("flags.WHICH ~ flags.FULL_REFRESH", "buildFalse"),
        ("api.Column.create('a', 'string').data_type", "TEXT"), ("api.Column('a', 'varchar', 10).is_string()", "True"), ("dbt_metadata_envs", "{}"),
        ("api.Relation.scd_args(['a', 'b'], 'c')", "['a', 'b', 'c']"), ("context.get('nothing') is none", "True"), ("context['var']('x', 3)", "3"),
    ])
    func `the small functions are dbt's`(_ expression: String, _ expected: String) throws {
        #expect(try TestProject.rendered("{{ \(expression) }}\n.") == expected + "\n.")
    }

    @Test func `a secret of the environment stays out of models`() throws {
        let project = try TestProject(["models/a.sql": "select '{{ env_var('DBT_ENV_SECRET_KEY') }}'"])
        project.environment = ["DBT_ENV_SECRET_KEY": "hush"]
        let error = #expect(throws: (any Error).self) { try project.manifest() }
        #expect(String(describing: error).contains("Secret env vars are allowed only in profiles.yml or packages.yml") && !String(describing: error).contains("hush"))
    }
}
