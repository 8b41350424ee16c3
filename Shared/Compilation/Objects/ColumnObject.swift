internal import Jinja
internal import WarehouseKit

/// A column with its type, as `adapter.get_columns_in_relation` gives it.
final class ColumnObject: JinjaObject {
    let name: String
    let dtype: String
    let charSize: Int?
    let precision: Int?
    let scale: Int?
    private let dialect: Dialect

    init(_ name: String, _ dtype: String, charSize: Int? = nil, precision: Int? = nil, scale: Int? = nil, dialect: Dialect) {
        self.name = name
        self.dtype = dtype
        self.charSize = charSize
        self.precision = precision
        self.scale = scale
        self.dialect = dialect
    }

    /// From the engine's own word, such as `character varying(20)` or `numeric(10,2)`.
    convenience init(_ name: String, described type: String, dialect: Dialect) {
        guard dialect.adapter != "sqlite", let open = type.firstIndex(of: "("), let close = type.lastIndex(of: ")"), open < close else {
            // As PostgreSQL's information schema has them, in binary digits.
            let width = dialect.adapter == "sqlite" ? nil : Self.widths[type.lowercased()]
            self.init(name, type, precision: width?.precision, scale: width?.scale, dialect: dialect)
            return
        }
        let sizes = type[type.index(after: open)..<close].split(separator: ",").compactMap { Int($0.filter { $0 != " " }) }
        let word = String(type[..<open]).trimmed + String(type[type.index(after: close)...])
        let isText = Self.sized.contains(word.lowercased())
        let isNumeric = Self.numerics.contains(word.lowercased())
        guard isText || isNumeric, let first = sizes.first else {
            self.init(name, type, dialect: dialect)
            return
        }
        self.init(
            name, word, charSize: isText ? first : nil, precision: isNumeric ? first : nil, scale: isNumeric ? (sizes.count > 1 ? sizes[1] : 0) : nil, dialect: dialect)
    }

    private static let texts: Set<String> = ["text", "character varying", "character", "varchar"]
    /// Whose number in brackets is a length.
    private static let sized = texts.union(["char", "bpchar"])
    private static let numerics: Set<String> = ["numeric", "decimal"]
    private static let widths: [String: (precision: Int, scale: Int?)] = [
        "smallint": (16, 0), "integer": (32, 0), "bigint": (64, 0), "real": (24, nil), "double precision": (53, nil),
    ]
    private static let floats: Set<String> = ["real", "float4", "float", "double precision", "float8", "double"]
    /// The names that the server's catalog gives; `int` is not among them.
    private static let integers: Set<String> = ["smallint", "integer", "bigint", "smallserial", "serial", "bigserial", "int2", "int4", "int8", "serial2", "serial4", "serial8"]

    private var word: String { dtype.lowercased() }
    /// SQLite takes any word for a type and goes by what it contains.
    private func holds(_ parts: String...) -> Bool { dialect.adapter == "sqlite" && parts.contains { word.contains($0) } }
    var isString: Bool { Self.texts.contains(word) || holds("char", "clob", "text") }
    var isInteger: Bool { Self.integers.contains(word) || holds("int") }
    var isFloat: Bool { Self.floats.contains(word) || holds("real", "floa", "doub") }
    var isNumeric: Bool { Self.numerics.contains(word) || holds("numeric", "decimal") }
    /// What is written for a text without a length.
    private var stringSize: Int { dtype == "text" ? 256 : charSize ?? 256 }

    var dataType: String {
        if dialect.adapter == "sqlite" ? charSize != nil && isString : isString && word != "text" && !(word == "character varying" && charSize == nil) { return Self.string(stringSize) }
        if isNumeric, let precision, let scale { return "\(dtype)(\(precision),\(scale))" }
        return dtype
    }

    static func string(_ size: Int) -> String { "character varying(\(size))" }

    var typeName: String { "Column" }
    func text(_ interpreter: Interpreter) throws -> String {
        guard dialect.adapter != "sqlite" else { return "<Column \(name) (\(dataType))>" }
        func python(_ number: Int?) -> String { number.map(String.init) ?? "None" }
        let (column, type) = (try interpreter.representation(of: .string(name)), try interpreter.representation(of: .string(dtype)))
        return "PostgresColumn(column=\(column), dtype=\(type), char_size=\(python(charSize)), numeric_precision=\(python(precision)), numeric_scale=\(python(scale)))"
    }
    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? {
        switch attribute {
        case "name", "column": .string(name)
        case "quoted": .string(dialect.quote(name))
        case "dtype": .string(dtype)
        case "data_type", "expanded_data_type": .string(dataType)
        case "char_size": charSize.map { .int($0) } ?? .some(.none)
        case "numeric_precision": precision.map { .int($0) } ?? .some(.none)
        case "numeric_scale": scale.map { .int($0) } ?? .some(.none)
        case "formatted_column": .dict([("name", .string(name.lowercased())), ("data_type", .string(dataType)), ("formatted", .string("\(name.lowercased()) \(dataType)"))])
        case "mode": "NULLABLE"
        case "fields": []
        default: nil
        }
    }

    var methods: Set<String> { ["is_string", "is_integer", "is_float", "is_numeric", "is_number", "string_size", "can_expand_to", "literal"] }

    func callMethod(_ method: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        switch method {
        case "is_string": return .bool(isString)
        case "is_integer": return .bool(isInteger)
        case "is_float": return .bool(isFloat)
        case "is_numeric": return .bool(isNumeric)
        case "is_number": return .bool(isInteger || isFloat || isNumeric)
        case "string_size":
            guard isString else { throw CompilationError("compile.bad_column", "Called string_size() on non-string field!", remedy: "ask is_string() first") }
            return .int(stringSize)
        case "can_expand_to":
            guard case .object(let object)? = arguments.positional.first ?? arguments["other_column"], let other = object as? ColumnObject else { return false }
            return .bool(canExpand(to: other))
        case "literal": return .string("\(try interpreter.text(arguments.positional.first ?? ""))::\(dataType)")
        case "to_column_dict", "to_dict": return .dict([("column", .string(name)), ("dtype", .string(dtype))])
        default: return nil
        }
    }

    func canExpand(to other: ColumnObject) -> Bool {
        isString && other.isString && other.stringSize > stringSize
    }

    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let column = object as? ColumnObject else { return false }
        return column.name == name && column.dtype == dtype && column.charSize == charSize && column.precision == precision && column.scale == scale
    }
    func hash(into hasher: inout Hasher) { hasher.combine(name) }
    func jsonValue() throws -> Value? { .string("<Column \(name) (\(dataType))>") }
}

/// `api.Column`.
final class ColumnFactory: JinjaObject {
    private unowned let compiler: Compiler
    init(_ compiler: Compiler) { self.compiler = compiler }
    var typeName: String { "ColumnProxy" }
    var isCallable: Bool { true }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        let bound = try arguments.bound("Column", required: 1, "column", "dtype", "char_size", "numeric_precision", "numeric_scale")
        return .object(ColumnObject(
            bound[0]?.asString ?? "", bound[1]?.asString ?? "", charSize: bound[2]?.asInt, precision: bound[3]?.asInt, scale: bound[4]?.asInt,
            dialect: compiler.dialect))
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        guard name == "TYPE_LABELS" else { return nil }
        return .dict([("STRING", .string(compiler.dialect.translate("STRING")))])
    }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        func text(_ index: Int) throws -> String {
            guard arguments.positional.count + arguments.named.count > index else { return "" }
            return try interpreter.text(arguments.positional.indices.contains(index) ? arguments.positional[index] : arguments.named[index - arguments.positional.count].value)
        }
        switch name {
        case "translate_type": return .string(compiler.dialect.translate(try text(0)))
        case "create": return .object(ColumnObject(try text(0), compiler.dialect.translate(try text(1)), dialect: compiler.dialect))
        case "from_description": return .object(try column(try text(0), writtenAs: try text(1)))
        case "string_type":
            let size = arguments.positional.first ?? arguments["size"]
            return .string("character varying(\(size?.asInt.map(String.init) ?? "None"))")
        case "numeric_type":
            let bound = try arguments.bound("numeric_type", required: 1, "dtype", "precision", "scale")
            let word = bound[0]?.asString ?? "numeric"
            guard let precision = bound[1]?.asInt, let scale = bound[2]?.asInt else { return .string(word) }
            return .string("\(word)(\(precision),\(scale))")
        default: return nil
        }
    }

    /// `varchar(20)`, `numeric(10,2)`: one number is a length, two are digits and places, whatever the type.
    private func column(_ name: String, writtenAs type: String) throws -> ColumnObject {
        guard let open = type.firstIndex(of: "("), let close = type[open...].firstIndex(of: ")"), open > type.startIndex else { return ColumnObject(name, type, dialect: compiler.dialect) }
        let sizes = try type[type.index(after: open)..<close].split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let size = Int(String(part).trimmed) else {
                throw CompilationError("compile.bad_column", "Could not interpret data_type \"\(type)\": could not convert \"\(part)\" to an integer", remedy: "write it as varchar(20) or numeric(10,2)")
            }
            return size
        }
        let isPair = sizes.count == 2
        return ColumnObject(
            name, String(type[..<open]), charSize: sizes.count == 1 ? sizes[0] : nil, precision: isPair ? sizes[0] : nil, scale: isPair ? sizes[1] : nil,
            dialect: compiler.dialect)
    }
}

extension String {
    /// Without the white space at both ends.
    var trimmed: String {
        var bytes = utf8[...]
        while let first = bytes.first, first <= 0x20 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last <= 0x20 { bytes = bytes.dropLast() }
        return String(Substring(bytes))
    }
}
