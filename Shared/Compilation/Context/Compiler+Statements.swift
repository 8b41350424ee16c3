internal import Jinja
internal import Kernel
internal import WarehouseKit

extension Compiler {
    func openSession() throws -> any WarehouseSession {
        guard let session else {
            throw CompilationError("compile.no_warehouse", "a template asks the warehouse, and none is open", remedy: "run the command with a warehouse")
        }
        return session
    }

    /// Runs SQL; the engine's answer, and the rows where they are wanted.
    func run(_ sql: String, fetches: Bool, begins: Bool = false) throws -> (ResponseObject, TableObject?) {
        let session = try openSession()
        try noteStatement(sql, begins: begins)
        let sent = try sending(sql)
        guard fetches else {
            let rows = try session.execute(sent)
            return (ResponseObject(session.answer, rows: rows), nil)
        }
        let table = object(Table(try session.query(sent, [], rowsMax: nil)))
        return (ResponseObject(session.answer, rows: table.table.rows.count), table)
    }

    func object(_ table: Table) -> TableObject { TableObject(table, folder: tablesFolder, print: onPrint) }

    func statement(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        guard frame.mode == .execute else { return "" }
        var named = arguments
        named.named.removeAll { $0.name == "caller" }
        let bound = try named.bound("statement", "name", "fetch_result", "auto_begin", "language")
        if let language = bound[3]?.asString, language != "sql" {
            throw CompilationError("compile.unsupported", "models in Python are not supported", remedy: "write the model in SQL, or disable it")
        }
        guard let caller = arguments["caller"] else { return "" }
        let sql = try interpreter.text(try interpreter.call(caller))
        // Nothing to do is no error: some macros print a statement only where one is needed.
        guard sql.utf8.contains(where: { $0 > 0x20 && $0 != UInt8(ascii: ";") }) else { return "" }
        let name = bound[0]?.asString
        if name == "main" {
            frame.mainSQL = sql
            lastMain = frame.node.map { ($0.uniqueID, sql) }
        }
        let (response, table) = try run(sql, fetches: bound[1]?.asInt == 1, begins: bound[2]?.asInt != 0)
        if let name { store(name, .object(response), table) }
        return ""
    }

    private func store(_ name: String, _ response: Value, _ table: TableObject?) {
        frame.results[name] = .dict([
            ("response", response), ("data", .list(table?.rowTuples ?? [])), ("table", .object(table ?? object(Table(names: [], kinds: [], rows: [])))),
        ])
    }

    /// A result is given once, save that of the statement `main`.
    func loadResult(_ name: String) throws -> Value {
        guard let result = frame.results[name] else { return .none }
        guard name != "main" else { return result }
        guard !result.isNone else {
            throw CompilationError("compile.raised", "The 'statement' result named '\(name)' has already been loaded into a variable", remedy: "keep it with set, and use that")
        }
        frame.results[name] = Value.none
        return result
    }

    func storeResult(_ arguments: Arguments) throws -> Value {
        let bound = try arguments.bound("store_result", required: 2, "name", "response", "agate_table")
        var table: TableObject?
        if case .object(let object)? = bound[2] { table = object as? TableObject }
        store(bound[0]?.asString ?? "", bound[1] ?? .none, table)
        return ""
    }

    func storeRawResult(_ arguments: Arguments) throws -> Value {
        let bound = try arguments.bound("store_raw_result", required: 1, "name", "message", "code", "rows_affected", "agate_table")
        var table: TableObject?
        if case .object(let object)? = bound[4] { table = object as? TableObject }
        store(
            bound[0]?.asString ?? "", .object(ResponseObject(bound[1]?.asString ?? "", code: bound[2]?.asString, rows: bound[3].flatMap { $0.asInt ?? $0.asString.flatMap(Int.init) })), table)
        return ""
    }
}
