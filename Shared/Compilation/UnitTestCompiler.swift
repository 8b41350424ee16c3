internal import Jinja
internal import Kernel
public import Project
internal import WarehouseKit

extension Compiler {
    /// A unit test's model on its made-up inputs, as a node that the materialization `unit` can run.
    public func compile(unitTest node: Node) throws -> CompiledNode {
        do {
            guard let test = node.unitTest, let model = manifest.nodes[test.testedNode] else {
                throw CompilationError("compile.bad_unit_test", "unit test '\(node.name)' is about no model of the project", at: node.location, remedy: "correct its model:")
            }
            defer {
                replacements = [:]
                variableOverrides = JSONObject()
                environmentOverrides = JSONObject()
            }
            var inputs: [(name: String, sql: String)] = []
            for given in test.given {
                guard !given.nodeID.isEmpty else {
                    let isReference = Capture.reference(given.input) != nil
                    throw CompilationError(
                        "compile.bad_input",
                        isReference
                            ? "Unit test '\(node.name)' had an input (\(given.input)) which was not found in the manifest."
                            : "Unit test given inputs must be either a 'ref', 'source' or 'this' call. Got: '\(given.input)'.", at: node.location,
                        remedy: isReference ? "correct the input, or add what it names" : "write ref('…'), source('…', '…') or this")
                }
                let name = "__dbt__cte__\(inputName(given))"
                inputs.append((name, try fixture(given, of: node, model)))
                replacements[given.nodeID] = name
            }
            variableOverrides = test.vars
            environmentOverrides = test.environment
            let frame = Frame(self.reader(node, test, model), package: model.packageName, mode: .execute)
            frame.modelExtras = [("tested_node_unique_id", .string(model.uniqueID))]
            frame.unitTest = node
            let own = replacements[model.uniqueID]
            frame.variables["this"] = own.map(Value.string) ?? Value.none
            // A unit test builds nothing: whether its model is incremental the test has to say.
            frame.variables["is_incremental"] = .function("is_incremental") { _, _ in
                if own == nil { throw CompilationError("compile.raised", "'None' has no attribute 'database'", remedy: "override is_incremental in the unit test") }
                return false
            }
            try replaceWords(of: frame, by: test.macros, package: model.packageName)
            let body = try inside(frame) { try render(model.rawCode, name: model.originalFilePath) }
            return CompiledNode(
                node: expectation(node, test, model), sql: CommonTableExpressions.inject(inputs.map { CommonTableExpressions.text($0.name, $0.sql) }, into: body), relationName: nil, ephemerals: [])
        } catch {
            throw CompilationError.of(error, node: node)
        }
    }

    /// As dbt shows a unit test to the text of its model: the test itself, at the model's place.
    private func reader(_ node: Node, _ test: UnitTest, _ model: Node) -> Node {
        var reader = node
        reader.unitTest = nil
        (reader.rawCode, reader.alias, reader.schema, reader.database) = (model.rawCode, node.name, model.schema, model.database)
        (reader.refs, reader.sources, reader.functions) = (model.refs, model.sources, model.functions)
        reader.dependsOn = model.dependsOn + (replacements[model.uniqueID] == nil ? [] : [model.uniqueID])
        reader.path = "\(node.originalFilePath.split(separator: "/").dropLast().joined(separator: "/"))/\(node.name).sql"
        reader.fqn = ["unit_test"] + node.fqn
        reader.config.values["materialized"] = "unit"
        (reader.description, reader.checksum) = ("", "")
        reader.columns = []
        return reader
    }

    /// Macros give what the test says of them, under dbt's name too where they are dbt's; any other word is that. What nobody knows is left out.
    private func replaceWords(of frame: Frame, by stated: JSONObject, package: String) throws {
        func macro(_ name: String, _ value: Value) -> Value { .function(name) { _, _ in value } }
        for (name, value) in stated.pairs where name.contains(".") {
            frame.macroOverrides[name] = Value(value)
            let parts = name.split(separator: ".").map(String.init)
            if parts.count == 2, parts[0] == "dbt" { frame.variables[parts[1]] = macro(parts[1], Value(value)) }
        }
        for (name, value) in stated.pairs where !name.contains(".") {
            let isLibrary = try Self.functionsOfTheLibrary.contains(name) || macros.libraryMacro(name, interpreter) != nil
            if isLibrary { frame.macroOverrides["dbt.\(name)"] = Value(value) }
            if try isLibrary || self.macro(name, package: package) != nil { frame.variables[name] = macro(name, Value(value)) }
            else if Self.isWord(name) { frame.variables[name] = Value(value) }
        }
    }

    private func inputName(_ given: UnitTest.Given) -> String {
        manifest.nodes[given.nodeID]?.name ?? manifest.sources[given.nodeID].map { "\($0.sourceName)__\($0.name)" } ?? "this"
    }

    /// The rows of one input as a query, with the types of the relation that they stand for.
    private func fixture(_ given: UnitTest.Given, of node: Node, _ model: Node) throws -> String {
        let rows: [JSONObject]
        switch given.fixture.rows {
        case .sql(let text): return try inside(Frame(model, package: model.packageName, mode: .execute)) { try rendered(text) }
        case .rows(let given): rows = given
        }
        let name: RelationName
        if let parent = manifest.nodes[given.nodeID] { name = relationName(of: parent) }
        else if let source = manifest.sources[given.nodeID] { name = RelationName(database: source.database, schema: source.schema, identifier: source.identifier) }
        else { name = relationName(of: model) }
        if let parent = manifest.nodes[given.nodeID], parent.isEphemeral { return try plainFixture(rows) }
        let frame = Frame(node, package: node.packageName, mode: .execute)
        frame.variables["fixture_of"] = .string(inputName(given))
        frame.variables["defer_relation"] = .object(RelationObject(name, dialect: dialect))
        return try inside(frame) {
            guard let result = try call("get_fixture_sql", [.list(rows.map { Value(.object($0)) }), .dict([])], interpreter) else { return "" }
            return try interpreter.text(result)
        }
    }

    /// Rows of an ephemeral model, which has no relation to tell types.
    private func plainFixture(_ rows: [JSONObject]) throws -> String {
        let names = rows.flatMap(\.keys).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        func literal(_ json: JSON) -> String {
            switch json {
            case .null: "null"
            case .bool(let flag): dialect.joinsSchema ? (flag ? "1" : "0") : (flag ? "true" : "false")
            case .string(let text): "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
            default: json.text()
            }
        }
        return rows.map { row in "select " + names.map { "\(literal(row[$0] ?? .null)) as \(dialect.quote($0))" }.joined(separator: ", ") }.joined(separator: "\nunion all\n")
    }

    private func expectation(_ node: Node, _ test: UnitTest, _ model: Node) -> Node {
        var node = node
        node.schema = model.schema
        node.database = model.database
        node.alias = node.name
        node.config.values["materialized"] = "unit"
        node.config.values["tested_model"] = .string(model.name)
        switch test.expect.rows {
        case .rows(let rows): node.config.values["expected_rows"] = .array(rows.map(JSON.object))
        case .sql(let text): node.config.values["expected_sql"] = .string(text)
        }
        return node
    }
}
