internal import Jinja
internal import Kernel
public import WarehouseKit

/// The rows of a seed or of a query, with what is known of their columns.
public struct Table: Sendable {
    public var names: [String]
    public var kinds: [TableKind]
    public var rows: [[SQLValue]]

    public init(names: [String], kinds: [TableKind], rows: [[SQLValue]]) {
        self.names = names
        self.kinds = kinds
        self.rows = rows
    }

    init(_ result: ResultSet) {
        names = Self.distinct(result.columns)
        rows = result.rows
        kinds = result.columns.indices.map { index in
            Self.kind(of: result.types.indices.contains(index) ? result.types[index].lowercased() : "", result.rows.lazy.map { $0[index] })
        }
    }

    /// As dbt tells columns of one name apart.
    private static func distinct(_ names: [String]) -> [String] {
        var count: [String: Int] = [:]
        return names.map { name in
            count[name, default: 0] += 1
            return count[name].flatMap { $0 > 1 ? "\(name)_\($0)" : nil } ?? name
        }
    }

    /// By the engine's word where it has a type for truth values and times; otherwise by the values themselves.
    private static func kind(of word: String, _ values: some Sequence<SQLValue>) -> TableKind {
        switch word {
        case "bool", "boolean": return .boolean
        case "date" where isText(values, 10): return .date
        case _ where word.hasPrefix("timestamp") && isText(values, 19): return .timestamp
        case _ where word.hasPrefix("numeric"): return .number
        default: break
        }
        var kind = TableKind.integer
        for value in values {
            switch value {
            case .text, .blob: return .text
            case .double: kind = .number
            case .integer, .null: continue
            }
        }
        return kind
    }
    /// Engines without such types store any text under these words.
    private static func isText(_ values: some Sequence<SQLValue>, _ length: Int) -> Bool {
        values.allSatisfy { if case .text(let text) = $0 { text.utf8.count >= length && PythonTime.read(text) != nil } else { $0 == .null } }
    }
}

/// The rows of a query as templates see them: rows by number or name, columns with their values.
final class TableObject: JinjaObject {
    let table: Table
    /// Where `print_table` and its like write.
    private let show: (String) -> Void
    /// From which the paths of files begin; nil where no files may be written.
    private let folder: String?
    init(_ table: Table, folder: String?, print: @escaping (String) -> Void) {
        self.table = table
        self.folder = folder
        show = print
    }
    private func derived(_ table: Table) -> TableObject { TableObject(table, folder: folder, print: show) }

    private(set) lazy var rowObjects: [Value] = table.rows.map { row in
        .object(RowObject(table.names, row.indices.map { Value(row[$0], table.kinds[$0]) }))
    }

    /// As the driver gives them: the values without names.
    var rowTuples: [Value] { rowObjects.map { if case .object(let row as RowObject) = $0 { .tuple(row.values) } else { $0 } } }

    var typeName: String { "Table" }
    var count: Int? { table.rows.count }
    func text(_ interpreter: Interpreter) throws -> String {
        let rows: [[SQLValue]] = table.names.indices.map { [.text(table.names[$0]), .text(TableTypeObject.word(table.kinds[$0]))] }
        return TablePrinter(Table(names: ["column", "data_type"], kinds: [.text, .text], rows: rows)).text(rowsMax: .max, columnsMax: 2, widthMax: .max) + "\n"
    }

    private var columns: [(String, Value)] {
        table.names.indices.map { index in
            let values = table.rows.map { Value($0[index], table.kinds[index]) }
            return (table.names[index], .object(TableColumnObject(table.names[index], table.kinds[index], index, values)))
        }
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "rows": .object(TableRowsObject(rowObjects))
        case "columns": .object(TableColumnsObject(columns))
        case "column_names": .tuple(table.names.map(Value.string))
        case "column_types": .tuple(table.kinds.map { .object(TableTypeObject($0)) })
        case "row_names": .some(.none)
        default: nil
        }
    }

    var methods: Set<String> { ["print_table", "print_csv", "print_json", "select", "exclude", "rename", "limit", "where", "find", "distinct", "group_by", "order_by", "to_csv", "to_json"] }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "print_table":
            let bound = try arguments.bound("print_table", "max_rows", "max_columns", "output", "max_column_width", "locale", "max_precision")
            show(TablePrinter(table).text(rowsMax: bound[0]?.asInt ?? 20, columnsMax: bound[1]?.asInt ?? 6, widthMax: bound[3]?.asInt ?? 20))
            return Value.none
        case "print_csv":
            show(TablePrinter(table).csv)
            return Value.none
        case "print_json":
            show(DataFunctions.spaced(TablePrinter(table).json))
            return Value.none
        case "to_csv":
            let bound = try arguments.bound("to_csv", required: 1, "path")
            try TableFile.write(TablePrinter(table).csv + "\n", to: interpreter.text(bound[0] ?? .none), below: folder)
            return Value.none
        case "to_json":
            let bound = try arguments.bound("to_json", required: 1, "path", "key", "newline", "indent")
            let file = TableFile(table, key: bound[1].flatMap { $0.isNone ? nil : $0.asString }, hasLines: try bound[2].map(interpreter.isTrue) ?? false, indent: bound[3]?.asInt)
            try TableFile.write(file.json(), to: interpreter.text(bound[0] ?? .none), below: folder)
            return Value.none
        case "select": return try keep(names(arguments.positional.first ?? arguments["key"]))
        case "exclude":
            let dropped = names(arguments.positional.first ?? arguments["key"])
            return try keep(table.names.filter { !dropped.contains($0) })
        case "rename":
            let bound = try arguments.bound("rename", "column_names", "row_names", "slug_columns", "slug_rows")
            var renamed = table
            if let map = bound[0]?.asDict { renamed.names = table.names.map { map[$0]?.asString ?? $0 } }
            else if let names = bound[0], !names.isNone {
                let given = try interpreter.items(of: names)
                guard given.count <= table.names.count else { throw JinjaError(.value, "there are \(given.count) names for \(table.names.count) columns") }
                // As in agate, what has no name gets a letter.
                renamed.names = table.names.indices.map { (given.indices.contains($0) ? given[$0].asString : nil) ?? Self.letter($0) }
            }
            return .object(derived(renamed))
        case "limit":
            let bound = try arguments.bound("limit", "start_or_stop", "stop", "step").map { $0 ?? .none }
            // As in agate, one number says where it ends, and all are those of a slice of Python's.
            let slice = bound[1].isNone && bound[2].isNone ? SliceRange(nil, bound[0], nil) : SliceRange(bound[0], bound[1], bound[2])
            var cut = table
            cut.rows = try slice.places(of: table.rows.count).map { table.rows[$0] }
            return .object(derived(cut))
        case "where", "find":
            guard let test = try arguments.bound(name, required: 1, "test")[0] else { return nil }
            var kept = table
            kept.rows = []
            for (row, object) in zip(table.rows, rowObjects) where try interpreter.isTrue(interpreter.call(test, Arguments([object]))) {
                if name == "find" { return object }
                kept.rows.append(row)
            }
            return name == "find" ? Value.none : .object(derived(kept))
        case "distinct":
            var seen: Set<[SQLValue]> = []
            var kept = table
            let wanted = names(arguments.positional.first).compactMap { table.names.firstIndex(of: $0) }
            kept.rows = table.rows.filter { row in seen.insert(wanted.isEmpty ? row : wanted.map { row[$0] }).inserted }
            return .object(derived(kept))
        case "group_by":
            let key = (arguments.positional.first ?? arguments["key"])?.asString ?? ""
            guard let place = table.names.firstIndex(of: key) else { throw JinjaError(.value, "KeyError: '\(key)'") }
            var groups: [(key: Value, table: Table)] = []
            var known: [SQLValue: Int] = [:]
            for row in table.rows {
                if known[row[place]] == nil {
                    known[row[place]] = groups.count
                    groups.append((Value(row[place], table.kinds[place]), Table(names: table.names, kinds: table.kinds, rows: [])))
                }
                groups[known[row[place]] ?? 0].table.rows.append(row)
            }
            return .object(TableGroupsObject(key, groups.map { ($0.key, .object(derived($0.table))) }))
        case "order_by":
            return try ordered(names(arguments.positional.first ?? arguments["key"]), isReversed: arguments["reverse"]?.asInt == 1, interpreter)
        default: return nil
        }
    }

    /// `a` to `z`, then `aa`, `bb` …
    private static func letter(_ place: Int) -> String { String(repeating: String(UnicodeScalar(UInt8(0x61 + place % 26))), count: place / 26 + 1) }

    private func names(_ value: Value?) -> [String] { value?.asString.map { [$0] } ?? value?.asList?.compactMap(\.asString) ?? [] }

    private func keep(_ names: [String]) throws -> Value {
        let places = try names.map { name -> Int in
            guard let place = table.names.firstIndex(of: name) else {
                throw CompilationError("compile.no_column", "the table has no column '\(name)'", remedy: "it has: \(table.names.joined(separator: ", "))")
            }
            return place
        }
        return .object(derived(Table(names: names, kinds: places.map { table.kinds[$0] }, rows: table.rows.map { row in places.map { row[$0] } })))
    }

    private func ordered(_ names: [String], isReversed: Bool, _ interpreter: Interpreter) throws -> Value {
        let places = names.compactMap { table.names.firstIndex(of: $0) }
        var sorted = table
        sorted.rows = table.rows.enumerated().sorted { left, right in
            for place in places {
                guard let order = left.element[place].order(against: right.element[place]) else { continue }
                if order != 0 { return isReversed ? order > 0 : order < 0 }
            }
            return left.offset < right.offset
        }.map(\.element)
        return .object(derived(sorted))
    }

    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(rowObjects) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        guard let index = key.asInt else { return nil }
        let place = index < 0 ? rowObjects.count + index : index
        return rowObjects.indices.contains(place) ? rowObjects[place] : nil
    }
}

/// One row: a sequence of values that also answers to column names.
final class RowObject: JinjaObject {
    private let names: [String]
    let values: [Value]
    init(_ names: [String], _ values: [Value]) {
        self.names = names
        self.values = values
    }
    var typeName: String { "Row" }
    var count: Int? { values.count }
    var isSequence: Bool { true }
    func text(_ interpreter: Interpreter) throws -> String { try Self.shown("Row", values, interpreter) }
    /// The first five, as agate shows what is long.
    static func shown(_ type: String, _ values: [Value], _ interpreter: Interpreter) throws -> String {
        let texts = try values.prefix(5).map { try interpreter.representation(of: $0) } + (values.count > 5 ? ["..."] : [])
        return "<agate.\(type): (\(texts.joined(separator: ", ")))>"
    }
    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(values) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        if let index = key.asInt { return values.indices.contains(index < 0 ? values.count + index : index) ? values[index < 0 ? values.count + index : index] : nil }
        return key.asString.flatMap { value(of: $0) }
    }
    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { value(of: name) }
    private func value(of name: String) -> Value? {
        if let place = names.firstIndex(of: name) { return values[place] }
        return names.firstIndex { $0.lowercased() == name.lowercased() }.map { values[$0] }
    }
    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "values": .tuple(values)
        case "keys": .tuple(names.map(Value.string))
        case "items": .list(zip(names, values).map { .tuple([.string($0), $1]) })
        case "dict": .dict(Array(zip(names, values)))
        case "get": arguments.positional.first?.asString.flatMap(value(of:)) ?? (arguments.positional.count > 1 ? arguments.positional[1] : Value.none)
        default: nil
        }
    }
    func isEqual(to other: Value) -> Bool {
        let items: [Value]? = if case .object(let object) = other, let row = object as? RowObject { row.values } else { other.asList }
        guard let items, items.count == values.count else { return false }
        return zip(items, values).allSatisfy { $0.json == $1.json }
    }
    func jsonValue() throws -> Value? { .list(values) }
}

extension Value {
    init(_ value: SQLValue, _ kind: TableKind? = nil) {
        switch value {
        case .null: self = .none
        case .integer(let number):
            self = kind == .boolean ? .bool(number != 0) : kind == .number ? .object(DecimalObject(DecimalNumber(Int(number)))) : .int(Int(number))
        case .double(let number): self = kind == .number ? DecimalObject.value("\(number)") ?? .double(number) : .double(number)
        case .text(let text):
            switch kind {
            case .boolean: self = .bool(["t", "true", "1"].contains(text.lowercased()))
            case .number: self = DecimalObject.value(text) ?? .string(text)
            case .date: self = PythonTime.read(text).map { .object(DateObject($0.date)) } ?? .string(text)
            case .timestamp: self = PythonTime.read(text).map { .object(DateTimeObject($0)) } ?? .string(text)
            default: self = .string(text)
            }
        case .blob(let bytes): self = .string(String(decoding: bytes, as: UTF8.self))
        }
    }
}

extension SQLValue {
    var shown: String {
        switch self {
        case .null: ""
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .text(let text): text
        case .blob(let bytes): "(\(bytes.count) bytes)"
        }
    }

    fileprivate var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// Nothing sorts behind everything.
    fileprivate func order(against other: SQLValue) -> Int? {
        if self == other { return 0 }
        if self == .null { return 1 }
        if other == .null { return -1 }
        if let number, let other = other.number { return number < other ? -1 : number > other ? 1 : 0 }
        return shown < other.shown ? -1 : 1
    }
}
