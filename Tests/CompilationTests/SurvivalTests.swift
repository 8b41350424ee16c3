import FoundationEssentials
import Kernel
import ModellingSupport
import Project
import Testing

@testable import Compilation
@testable import Jinja

/// Whatever a template passes to what dbt lends it: it gets a value or an error, and the process goes on.
@Suite struct SurvivalTests {
    /// Every word that is a case of a method's or an attribute's name in the room's sources; so a new method is tested without being named here.
    private static let names: [String] = {
        let room = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Shared/Compilation")
        var found: Set<String> = []
        for folder in ["Objects", "Modules", "Context"] {
            let path = room.appending(path: folder).path(percentEncoded: false)
            for file in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
                let text = FileManager.default.contents(atPath: "\(path)/\(file)").map { String(decoding: $0, as: UTF8.self) } ?? ""
                for line in text.split(separator: "\n") where line.contains("case ") {
                    for word in line.split(separator: "\"").dropFirst() where word.utf8.allSatisfy({ $0 == 0x5f || (0x61...0x7a).contains($0 | 0x20) }) { found.insert(String(word)) }
                }
            }
        }
        return found.sorted()
    }()

    private static let objects = [
        "adapter", "adapter.behavior", "this", "this.include(database=false)", "api.Relation", "api.Column", "api.Column('a', 'varchar(3)')", "config", "flags", "target", "exceptions", "builtins.modules",
        "modules.re", "modules.re.compile('(?P<n>a)(b)?')", "modules.re.search('(?P<n>a)(b)?', 'xa')", "modules.itertools", "modules.datetime", "modules.datetime.datetime", "modules.datetime.date",
        "modules.datetime.time", "modules.datetime.timedelta", "modules.datetime.tzinfo", "modules.datetime.datetime(2026, 1, 31, 5)", "modules.datetime.date(2026, 1, 31)", "modules.datetime.time(5)",
        "modules.datetime.timedelta(days=3)", "modules.pytz", "modules.pytz.utc", "modules.pytz.timezone('Europe/Berlin')", "run_started_at", "run_query(\"select 1 as a, 'bcdefg' as b, 1.5 as c\")",
        "run_query('select 1 as a').columns", "run_query('select 1 as a').columns[0]", "run_query('select 1 as a').rows", "run_query('select 1 as a').rows[0]", "run_query('select 1 as a').group_by('a')",
        "run_query('select 1 as a').column_types[0]", "set([1, 2])", "adapter.parse_index({'columns': ['a']})", "graph", "model", "context",
    ]

    private static let texts = ["", "x", "%", "[", "99999999999999999999", "2026-01-31"]

    @Test(arguments: objects) func `no argument of a method ends the process`(object: String) throws {
        let arguments: [[Value]] =
            [[], [-1], [.int(.min)], [.int(.max)], [.int(17_000_000_000_000)], [.double(.nan)], [.double(1e300)], [.none], [[]], [["a", -1]], [["a": 1]], [-1, -1], [.int(.min), .int(.max), -1], ["x", .int(.max)], ["x", "x", -1]]
            + Self.texts.map { [.string($0)] } + [Array(repeating: 1, count: 20), Array(repeating: "x", count: 20), [.none, .none, .none]]
        let project = try TestProject(["models/a.sql": "select 1 as id"])
        let compiler = try project.compiler(try project.warehouse.open())
        let frame = Frame(try #require(compiler.manifest?.nodes["model.shop.a"]), package: "shop", mode: .execute)
        compiler.onMessage = { _ in }
        try compiler.inside(frame) {
            let template = try compiler.environment.parse("{{ \(object) }}", name: "models/a.sql")
            let context = Context { name in try compiler.value(of: name, package: "shop") }
            #expect(Self.names.count > 200)
            for name in ["", "call"] + Self.names {
                for list in arguments {
                    // A fresh one each time: some change themselves.
                    guard let value = try? Interpreter(compiler.environment).renderNative(template, context), !value.isUndefined else { Issue.record("\(object) is nothing"); return }
                    let interpreter = compiler.interpreter
                    if name.isEmpty {
                        for argument in list { _ = try? interpreter.text(interpreter.item(argument, of: value)) }
                        for operation in [BinaryOperator.add, .subtract, .multiply, .divide, .floorDivide, .modulo, .power] { for argument in list { _ = try? interpreter.apply(operation, value, argument); _ = try? interpreter.apply(operation, argument, value) } }
                    } else if name == "call" {
                        _ = try? interpreter.text(interpreter.call(value, Arguments(list)))
                    } else {
                        _ = try? interpreter.text(interpreter.callMethod(name, of: value, Arguments(list)))
                    }
                }
                if !name.isEmpty, let value = try? Interpreter(compiler.environment).renderNative(template, context) { _ = try? compiler.interpreter.text(compiler.interpreter.attribute(name, of: value)) }
            }
        }
    }

    @Test func `words that are functions survive any argument too`() throws {
        let project = try TestProject(["models/a.sql": "select 1 as id"])
        let compiler = try project.compiler(try project.warehouse.open())
        let frame = Frame(try #require(compiler.manifest?.nodes["model.shop.a"]), package: "shop", mode: .execute)
        try compiler.inside(frame) {
            for word in ["var", "env_var", "ref", "source", "function", "is_incremental", "return", "run_query", "statement", "load_result", "store_result", "store_raw_result", "log", "print", "write", "render",
                "tojson", "fromjson", "toyaml", "fromyaml", "zip", "zip_strict", "set", "set_strict", "local_md5", "diff_of_two_dicts", "try_or_compiler_error", "load_agate_table"] {
                let value = try #require(try compiler.value(of: word, package: "shop"), "\(word) is nothing")
                for list in [[], [-1], [.int(.min)], [.double(.nan)], [.none], [[]], [["a": 1]], ["x"], ["x", "x", -1], Array(repeating: "x", count: 20)] as [[Value]] {
                    _ = try? compiler.interpreter.text(compiler.interpreter.call(value, Arguments(list)))
                    _ = try? compiler.interpreter.text(compiler.interpreter.call(value, Arguments([], named: list.map { ("name", $0) })))
                }
            }
        }
    }

    @Test(arguments: [
        ("limit(1)", "1"), ("limit(2, 4)", "2"), ("limit(5, 2)", "0"), ("limit(-1)", "3"), ("limit(-2, 4)", "2"), ("limit(0, 4, 3)", "2"), ("limit(none, none, -1)", "4"), ("limit(9223372036854775807)", "4"),
    ])
    func `limit is a slice of Python's, as in agate`(call: String, rows: String) throws {
        #expect(try TestProject.rendered("{{ adapter.rows_of([[1], [2], [3], [4]], ['a']).\(call).rows | length }}") == rows)
    }

    @Test func `a narrow column is cut as Python cuts it`() throws {
        let table = Table(names: ["abcdef"], kinds: [.text], rows: [[.text("ghijkl")]])
        func lines(_ width: Int) -> [String] { TablePrinter(table).text(rowsMax: 20, columnsMax: 6, widthMax: width).split(separator: "\n").map(String.init) }
        #expect(lines(5) == ["| ab... |", "| ----- |", "| gh... |"])
        #expect(lines(2) == ["| abcde... |", "| -------- |", "| ghijk... |"])
        #expect(lines(-9) == ["| ... |", "| --- |", "| ... |"])
    }

    @Test(arguments: [
        ("islice([1, 2, 3], 2)", "[1, 2]"), ("islice([1, 2, 3, 4], 1, none, 2)", "[2, 4]"), ("islice([1, 2], 9, 12)", "[]"), ("permutations([1, 2, 3], 2) | length", "6"),
        ("permutations('abc') | map('join') | join(' ')", "abc acb bac bca cab cba"), ("combinations('abcd', 2) | map('join') | join(' ')", "ab ac ad bc bd cd"),
        ("combinations_with_replacement('abc', 2) | map('join') | join(' ')", "aa ab ac bb bc cc"), ("product('ab', repeat=2) | map('join') | join(' ')", "aa ab ba bb"), ("product() | list", "[()]"),
        ("product('ab', []) | list", "[]"), ("combinations('ab', 3) | list", "[]"), ("combinations('ab', 0) | list", "[()]"), ("accumulate(['a', 'b']) | list", "['a', 'ab']"), ("accumulate([1, 2], initial=5) | list", "[5, 6, 8]"),
    ])
    func `iteration is Python's`(call: String, expected: String) throws { #expect(try TestProject.rendered("{{ modules.itertools.\(call) }}") == expected) }

    @Test(arguments: [
        ("product(range(1000), range(1000), range(1000))", "more than 10000000 items"), ("product([1, 2], repeat=100000000000)", "repeat argument too large"), ("product([1], repeat=-1)", "repeat argument cannot be negative"),
        ("permutations(range(12))", "more than 10000000 items"), ("combinations(range(40), 20)", "more than 10000000 items"), ("combinations_with_replacement([1, 2], 9223372036854775807)", "more than 10000000 items"),
        ("combinations([1], -1)", "r must be non-negative"), ("islice([1], -1)", "0 <= x <= sys.maxsize"), ("islice([1])", "islice expected at least 2 arguments, got 1"),
    ])
    func `iteration without end is refused`(call: String, words: String) {
        let error = #expect(throws: (any Error).self) { try TestProject.rendered("{{ modules.itertools.\(call) }}") }
        #expect(String(describing: error).contains(words))
    }

    @Test(arguments: [
        ("[]", "a.append(a)", "tojson(a)", "None"), ("[]", "a.extend([a, a])", "tojson(a)", "None"), ("{}", "a.update({'a': a})", "tojson(a, 'x')", "x"), ("[]", "a.append(a)", "toyaml(a)", "None"), ("[]", "a.append(a)", "set([a]) | length", "1"),
        ("{}", "a.update({'a': a})", "diff_of_two_dicts(a, a)", "{}"),
    ])
    func `what holds itself is no JSON`(start: String, change: String, use: String, expected: String) throws {
        #expect(try TestProject.rendered("{% set a = \(start) %}{% do \(change) %}{{ \(use) }}") == expected)
    }

    @Test(arguments: [
        ("{% set s = set([]) %}{% do s.add(1) %}{% do s.add('ab') %}{% do s.add(none) %}{{ s | length }}", "3"), ("{% set s = set([1, 2]) %}{% do s.discard(2) %}{% do s.discard(9) %}{{ s }}", "{1}"),
        ("{{ set([1, 2]).symmetric_difference([2, 3]) }}", "{1, 3}"), ("{{ set([1]).issubset([1, 2]) }}{{ set([1]).isdisjoint([2]) }}", "TrueTrue"), ("{{ set([1, 2, 3]).difference([1], [2]) }}", "{3}"),
        ("{{ modules.datetime.datetime(2020, 1, 1) in set([modules.datetime.datetime(2020, 1, 1)]) }}", "True"),
    ])
    func `a set is Python's`(template: String, expected: String) throws { #expect(try TestProject.rendered(template) == expected) }

    @Test(arguments: ["symmetric_difference()", "issubset()", "isdisjoint([1], [2])", "union(1)"]) func `a set that is given too little, or what is none, is an error`(call: String) {
        let error = #expect(throws: (any Error).self) { try TestProject.rendered("{{ set([1]).\(call) }}") }
        #expect(String(describing: error).contains(call.hasPrefix("union") ? "'int' object is not iterable" : "takes exactly one argument"))
    }

    @Test(arguments: [("1.10", "normalize()", "1.1"), ("1.500", "normalize()", "1.5"), ("1.10", "normalize is defined", "True"), ("1.50", "normalize().as_tuple()[2]", "-1"), ("-1.25", "as_tuple()", "DecimalTuple(sign=1, digits=(1, 2, 5), exponent=-2)")])
    func `a decimal is Python's`(number: String, use: String, expected: String) throws {
        let template = "{% if execute %}{{ run_query('select \(number) as d').columns[0].values()[0].\(use) }}{% endif %}"
        #expect(try TestProject.rendered(template, opensWarehouse: true) == expected)
    }

    @Test(arguments: [
        ("run_query('select 1.5 as a').rows[0][0]", "Decimal"), ("modules.datetime.date(2020, 1, 1)", "date"), ("[1, {'a': modules.datetime.datetime(2020, 1, 1)}]", "datetime"), ("set([1])", "set"),
        ("run_query('select 1 as a').rows[0]", "Row"), ("[nothing]", "Undefined"),
    ])
    func `what Python's json does not write is refused`(value: String, type: String) {
        let error = #expect(throws: (any Error).self) { try TestProject.rendered("{% if execute %}{{ tojson(\(value)) }}{% endif %}", opensWarehouse: true) }
        #expect(String(describing: error).contains("Object of type \(type) is not JSON serializable"))
    }

    @Test func `a decimal has no exponent without bound`() {
        let template = "{% if execute %}{% set ns = namespace(d=run_query('select 12345.5 as d').columns[0].values()[0]) %}{% for i in range(70) %}{% set ns.d = ns.d * ns.d %}{% endfor %}{{ ns.d }}{% endif %}"
        let error = #expect(throws: (any Error).self) { try TestProject.rendered(template, opensWarehouse: true) }
        #expect(String(describing: error).contains("decimal.Overflow"))
    }

    @Test(arguments: ["include", "quote"]) func `a word that a relation does not know is refused`(method: String) {
        let wrong = #expect(throws: (any Error).self) { try TestProject.rendered("{{ api.Relation.create(schema='s', identifier='i').\(method)(schem=false) }}") }
        #expect(String(describing: wrong).contains("BaseRelation.\(method)() got an unexpected keyword argument 'schem'"))
    }

    @Test func `an error in a folder that begins like the library's is the project's`() throws {
        let project = try TestProject(["dbt_project.yml": "name: shop\nprofile: shop\nmodel-paths: [dbt_models]\n", "dbt_models/a.sql": "select 1\n{{ none.x.y if execute }}"])
        let compiler = try project.compiler(nil)
        let error = #expect(throws: (any Error).self) { try compiler.compile(try #require(compiler.manifest?.nodes["model.shop.a"])) }
        let problem = try #require(error as? any Problem)
        #expect(problem.location.description.hasPrefix("dbt_models/a.sql:2:") && problem.remedy == "correct the template there")
    }

    @Test func `ever new texts below one name do not grow without bound`() throws {
        let environment = DbtSyntax.environment
        for number in 0...TemplateCache.templatesMax { _ = try TemplateCache.template("\(number)", name: "macros/one.sql", environment) }
        #expect(TemplateCache.count <= TemplateCache.templatesMax)
    }
}
