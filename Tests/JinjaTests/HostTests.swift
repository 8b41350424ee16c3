import Testing

@testable import Jinja

/// What a host can plug in, and what it can take out.
@Suite struct HostTests {
    /// An object as a host writes it.
    final class Relation: JinjaObject {
        let schema: String
        let identifier: String

        init(_ schema: String, _ identifier: String) {
            self.schema = schema
            self.identifier = identifier
        }

        func text(_ interpreter: Interpreter) throws -> String { "\"\(schema)\".\"\(identifier)\"" }
        func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
            switch name {
            case "schema": .string(schema)
            case "identifier": .string(identifier)
            case "columns": .list(["id", "name"])
            default: nil
            }
        }
        func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
            guard name == "include" else { return nil }
            let places = try arguments.bound("include", "schema")
            return try interpreter.isTrue(places[0] ?? true) ? .object(self) : .string(identifier)
        }
        func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
            guard operation == .add, case .string(let text) = other else { return nil }
            return .string(isReversed ? text + identifier : identifier + text)
        }
        func isEqual(to other: Value) -> Bool {
            guard case .object(let object) = other, let relation = object as? Relation else { return false }
            return relation.schema == schema && relation.identifier == identifier
        }
        func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
        func order(against other: Value) throws -> Int? {
            guard case .object(let object) = other, let relation = object as? Relation else { return nil }
            return identifier < relation.identifier ? -1 : identifier == relation.identifier ? 0 : 1
        }
        func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator([.string(schema), .string(identifier)]) }
        func jsonValue() throws -> Value? { .string(identifier) }
    }

    struct Refused: Error, CustomStringConvertible { let description = "the warehouse said no" }

    func render(_ text: String, _ variables: [String: Value] = [:]) throws -> String {
        try Environment().render(text, variables: variables)
    }

    @Test func `an object answers with its own attributes, methods, text and operators`() throws {
        let orders: Value = .object(Relation("raw", "orders"))
        let variables = ["r": orders, "same": .object(Relation("raw", "orders")), "b": .object(Relation("raw", "b"))]
        #expect(try render("{{ r }} {{ r.schema }} {{ r['identifier'] }} {{ r.columns|join('+') }}", variables) == "\"raw\".\"orders\" raw orders id+name")
        #expect(try render("{{ r.include(schema=false) }} {{ r.nope is defined }} {{ [r] }}", variables) == "orders False [\"raw\".\"orders\"]")
        #expect(try render("{{ r + '_x' }} {{ 'x_' + r }} {{ r == same }} {{ r in [same] }}", variables) == "orders_x x_orders True True")
        #expect(try render("{{ [r, b]|sort|first }} {{ b < r }} {{ {r: 1}[same] }} {{ r|list }}", variables) == "\"raw\".\"b\" True 1 ['raw', 'orders']")
        #expect(try render("{{ r|tojson }} {% for part in r %}{{ part }};{% endfor %}", variables) == "\"orders\" raw;orders;")
    }

    @Test func `a function of the host takes positional and named arguments`() throws {
        let ref = Value.function("ref") { arguments, _ in
            let places = try arguments.bound("ref", required: 1, "package", "model", "version")
            return .object(Relation("analytics", (places[1] ?? places[0])?.asString ?? ""))
        }
        #expect(try render("{{ ref('a') }} {{ ref('p', 'b', version=2) }}", ["ref": ref]) == "\"analytics\".\"a\" \"analytics\".\"b\"")
        let error = #expect(throws: JinjaError.self) { try render("{{ ref() }}", ["ref": ref]) }
        #expect(error?.kind == .type)
    }

    @Test func `an error of the host keeps its cause and tells where the template called`() throws {
        let run = Value.function("run") { _, _ in throw Refused() }
        let error = #expect(throws: JinjaError.self) {
            try Environment().render("a\n  {{ run() }}", name: "models/x.sql", variables: ["run": run])
        }
        #expect(error?.kind == .host)
        #expect(error?.cause is Refused)
        #expect(error?.message == "the warehouse said no")
        #expect(error.map { "\($0.template ?? ""):\($0.line ?? 0)" } == "models/x.sql:2")
    }

    @Test func `an error inside macros lists the calls that led to it`() throws {
        let text = "{% macro inner(x) %}\n{{ x.y.z }}{% endmacro %}\n{% macro outer() %}{{ inner(1) }}{% endmacro %}\n{{ outer() }}"
        let error = #expect(throws: JinjaError.self) { try Environment().render(text, name: "t") }
        #expect(error?.line == 2)
        #expect(error?.trace.map(\.macro) == ["inner", "outer"])
        #expect(error?.trace.map(\.line) == [3, 4])
    }

    // MARK: Macros as values

    @Test func `a host loads macros from several files and finds them lazily`() throws {
        let environment = Environment()
        let interpreter = Interpreter(environment)
        var macros: [String: Value] = [:]
        var asked: [String] = []
        let context = Context { name in
            asked.append(name)
            return macros[name]
        }
        for (name, text) in [
            ("a.sql", "{% macro first(x) %}first({{ second(x) }}){% endmacro %}"),
            ("b.sql", "{% macro second(x) %}second({{ x }}){% endmacro %}"),
        ] {
            let module = try interpreter.load(environment.parse(text, name: name), context)
            for macro in module.macros { macros[macro.name] = .object(macro) }
        }
        #expect(asked.isEmpty)
        let first = try #require(macros["first"])
        #expect(try interpreter.call(first, Arguments([1])).asString == "first(second(1))")
        #expect(try interpreter.render(environment.parse("{{ first('m') }}"), context) == "first(second(m))")
        #expect(asked.contains("second"))
    }

    @Test func `macros may be found through the host only, so that another file can override them`() throws {
        var environment = Environment()
        environment.macrosResolveThroughHost = true
        let interpreter = Interpreter(environment)
        let override: Value = .function("helper") { _, _ in "overridden" }
        let context = Context(["helper": override])
        let text = "{% macro helper() %}own{% endmacro %}{% macro entry() %}{{ helper() }}{% endmacro %}"
        let module = try interpreter.load(environment.parse(text), context)
        #expect(try interpreter.call(#require(module["entry"])).asString == "overridden")
        #expect(try interpreter.call(#require(module["helper"])).asString == "own")
    }

    @Test func `return ends the macro and gives its value, whatever was printed`() throws {
        let variables: [String: Value] = [
            "return": .function("return") { arguments, interpreter in
                throw interpreter.returning(arguments.positional.first ?? .none)
            }
        ]
        #expect(try render("{% macro m() %}lost{{ return([1, 2]) }}never{% endmacro %}{{ m()[1] }}", variables) == "2")
        #expect(try render("{% macro m(l) %}{% for x in l %}{% if x > 1 %}{% do return(x) %}{% endif %}{% endfor %}{% endmacro %}a{{ m([1, 5, 7]) + 1 }}b", variables) == "a6b")
        #expect(try render("{% macro m() %}{% set x %}in{% filter upper %}{{ return('r') }}{% endfilter %}{% endset %}{% endmacro %}<{{ m() }}>{{ m() }}", variables) == "<r>r")
        #expect(try render("{% macro w() %}{{ caller() }}after{% endmacro %}{% macro m() %}{% call w() %}{% do return(7) %}{% endcall %}{% endmacro %}{{ m() }}", variables) == "7")
        #expect(try render("{% macro m() %}{% do return(none) %}{% endmacro %}{{ m() is none }}", variables) == "True")
        let error = #expect(throws: JinjaError.self) { try render("{{ return(1) }}", variables) }
        #expect(error?.kind == .runtime)
    }

    @Test func `a host function can render another template meanwhile`() throws {
        let environment = Environment()
        let nested = Value.function("nested") { arguments, interpreter in
            .string(try interpreter.render(environment.parse("<{{ x }}>"), Context(["x": arguments.positional[0]])))
        }
        #expect(try render("a{{ nested(1) }}b{% set s %}c{{ nested(2) }}{% endset %}{{ s }}", ["nested": nested]) == "a<1>bc<2>")
    }

    @Test func `a native render keeps the type of a lone expression, unless it is constant`() throws {
        let environment = Environment()
        let interpreter = Interpreter(environment)
        #expect(try interpreter.renderNative(environment.parse("{{ [1, n] }}"), Context(["n": 2])).asList?.count == 2)
        // What is constant Jinja2 has written by then.
        #expect(try interpreter.renderNative(environment.parse("{{ [1, 2] }}")).asString == "[1, 2]")
        #expect(try interpreter.renderNative(environment.parse("{{ 1 }}{{ 2 }}")).asString == "12")
        #expect(try environment.evaluate("1 + 2 * n", variables: ["n": 4]).asInt == 9)
    }

    @Test(arguments: [
        ("'5' | int", "5"), ("[1, 2][0]", "1"), ("[1, 2, 3][1:]", "[2, 3]"), ("{'a': 1}.a", "1"), ("5 is odd", "True"), ("[3, 1] | sort", "[1, 3]"), ("5 if true", "5"), ("5 if true else foo", "5"),
        ("false and foo", "False"), ("1 or foo", "1"), ("(1, 'a')", "(1, 'a')"), ("none", "None"), ("'a' ~ 1", "a1"),
    ])
    func `what waits for no context is a text, as in Jinja2`(expression: String, text: String) throws {
        let template = try Environment().parse("{{ \(expression) }}")
        #expect(try Interpreter(Environment()).renderNative(template).asString == text)
        let isText = try Interpreter(Environment()).evaluate(template, Context()).asString != nil
        #expect(isText == (expression == "'a' ~ 1"))
    }

    @Test(arguments: ["[1, 2] | map('string')", "n", "[n]", "5 if n else 6", "true and n", "range(3)", "[1][9]", "n | int", "5 if false", "[1, n][0]"])
    func `what waits for the context keeps its kind`(expression: String) throws {
        let value = try Interpreter(Environment()).renderNative(Environment().parse("{{ \(expression) }}"), Context(["n": 4]))
        #expect(value.asString == nil)
    }

    @Test func `own filters, tests and the forgiving undefined`() throws {
        var environment = Environment()
        environment.filters["as_number"] = { value, _, interpreter in .int(Int(try interpreter.text(of: value)) ?? 0) }
        environment.tests["wide"] = { value, _, _ in (value.asString ?? "").count > 3 }
        environment.undefined = .forgiving
        #expect(try environment.render("{{ '5'|as_number + 1 }} {{ 'abcd' is wide }} [{{ a.b.c(1)['x']().y }}]") == "6 True []")
    }

    @Test func `one parsed template serves several threads`() async throws {
        let template = try Environment().parse("{% for i in range(50) %}{{ i * n }},{% endfor %}")
        try await withThrowingTaskGroup(of: String.self) { group in
            for n in 0..<8 { group.addTask { try Interpreter().render(template, Context(["n": .int(n)])) } }
            var texts: Set<String> = []
            for try await text in group { texts.insert(text) }
            #expect(texts.count == 8)
        }
    }
}
