internal import Contracts
internal import Kernel
internal import WarehouseKit

/// What a pipeline says of a stream's columns: `columns`, `types` and `contract`.
///
///     contract: quarantine
///     columns:
///       amount: {from: [Betrag, "Amount EUR"], type: decimal, thousands: ".", point: ",", null_tokens: ["-"]}
///       booked_on: {from: Datum, type: date, format: "%d.%m.%Y", contract: freeze}
///       items: {unfold: true}
struct ColumnRules {
    /// What a column that is new, or a value that needs a wider type, does to a table that is there.
    enum Contract: String, CaseIterable {
        /// The table changes.
        case evolve
        /// The batch fails.
        case freeze
        /// The row is set aside.
        case quarantine
    }

    struct Rule {
        /// What the source calls the column, as it writes it.
        var titles: [String] = []
        var type: ColumnType?
        /// In the place of the stream's.
        var nullTokens: [[UInt8]]?
        var thousands: UInt8?
        var point: UInt8?
        var format: DateFormat?
        var contract: Contract?
        /// The table that takes the elements of a nested value; nil keeps it as JSON.
        var childTable: String?

        /// The value's text is not what is loaded.
        var cleans: Bool { nullTokens != nil || thousands != nil || point != nil || format != nil }
    }

    private(set) var rules: [String: Rule] = [:]
    private(set) var contract: Contract = .evolve

    private static let words = ["from", "type", "null_tokens", "thousands", "point", "format", "contract", "unfold"]

    init(_ arguments: StreamArguments) throws {
        let config = arguments.config
        let place = ProblemLocation.named("stream \(arguments.stream)")
        func wrong(_ what: String, _ remedy: String) -> PlainProblem { PlainProblem("settings.bad_columns", what, at: place, remedy: remedy) }
        func contract(_ value: JSON?, of what: String) throws -> Contract? {
            guard let value, !value.isNull else { return nil }
            guard let contract = value.stringValue.flatMap(Contract.init(rawValue:)) else {
                throw wrong("the contract of \(what) is none that there is", "use one of: " + Contract.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return contract
        }
        self.contract = try contract(config["contract"], of: "the stream") ?? .evolve
        for (name, word) in config["types"]?.objectValue?.pairs ?? [] { rules[name, default: Rule()].type = try Self.type(word, of: name, place) }
        guard let columns = config["columns"], !columns.isNull else { return }
        guard let pairs = columns.objectValue?.pairs else { throw wrong("`columns` is no mapping", "write it as columns: {amount: {type: decimal}}") }
        for (name, given) in pairs {
            guard let words = given.objectValue else { throw wrong("what `columns` says of '\(name)' is no mapping", "write it as \(name): {type: decimal}") }
            if let odd = words.keys.first(where: { !Self.words.contains($0) }) {
                throw wrong("'\(odd)' says nothing of column '\(name)'", "use some of: " + Self.words.joined(separator: ", "))
            }
            func texts(_ key: String) throws -> [String]? {
                guard let value = words[key], !value.isNull else { return nil }
                if let one = value.stringValue { return [one] }
                guard let many = value.arrayValue?.map(\.stringValue), many.allSatisfy({ $0 != nil }) else {
                    throw wrong("'\(key)' of column '\(name)' is no text and no list of texts", "write \(key): [one, two]")
                }
                return many.compactMap(\.self)
            }
            func byte(_ key: String) throws -> UInt8? {
                guard let text = try texts(key)?.first else { return nil }
                guard text.utf8.count == 1, let byte = text.utf8.first, byte &- 0x30 > 9, byte != UInt8(ascii: "-") else {
                    throw wrong("'\(key)' of column '\(name)' is not one ASCII character", "write \(key): \",\"")
                }
                return byte
            }
            var rule = rules[name] ?? Rule()
            rule.titles = try texts("from") ?? []
            if let word = words["type"], !word.isNull { rule.type = try Self.type(word, of: name, place) }
            rule.nullTokens = try texts("null_tokens")?.map { Array($0.utf8) }
            rule.thousands = try byte("thousands")
            rule.point = try byte("point")
            if let pattern = try texts("format")?.first {
                guard let format = DateFormat(pattern) else {
                    throw wrong(
                        "column '\(name)' has a format that cannot be read: '\(pattern)'",
                        "use %Y %y %m %d %b %H %I %M %S %f %p %z and the characters between them; a date has at least a year, a month and a day")
                }
                rule.format = format
            }
            rule.contract = try contract(words["contract"], of: "column '\(name)'")
            if let unfold = words["unfold"], unfold != false, !unfold.isNull {
                let table = unfold == true ? "\(arguments.stream)__\(name)" : unfold.stringValue ?? ""
                guard Name.isValid(table) else {
                    throw wrong("'unfold' of column '\(name)' names no table", "write unfold: true, or the table's name in lower-case letters, digits and _")
                }
                rule.childTable = table
            }
            rules[name] = rule
        }
    }

    private static func type(_ word: JSON, of column: String, _ place: ProblemLocation) throws -> ColumnType {
        guard let type = word.stringValue.flatMap(ColumnType.init(rawValue:)), type != .unknown else {
            throw PlainProblem(
                "load.bad_type", "the type of column '\(column)' is none that there is", at: place,
                remedy: "use one of: " + ColumnType.allCases.filter { $0 != .unknown }.map(\.rawValue).joined(separator: ", "))
        }
        return type
    }

    func contract(of column: String) -> Contract { rules[column]?.contract ?? contract }

    /// A name for each title: the column that the title is an alias of, or the title in its canonical form.
    func names(of header: [String], bytesMax: Int) -> [String] {
        var aliases: [String: String] = [:]
        for (name, rule) in rules { for title in rule.titles { aliases[title] = name } }
        guard !aliases.isEmpty else { return ColumnNames.canonical(header, bytesMax: bytesMax) }
        return ColumnNames.canonical(header.map { aliases[$0] ?? $0 }, bytesMax: bytesMax)
    }
}
