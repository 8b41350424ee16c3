internal import Contracts
internal import Kernel
internal import WarehouseKit

/// What is done to each record between the landed file and its types: values cleaned as `columns` says, then the steps of `prepare`
/// in their order.
///
///     prepare:
///       - trim: [name, city]                 # or true, for every column
///       - rename: {user: user_id}
///       - cast: {amount: decimal}            # a value that does not fit puts its row into quarantine
///       - derive: {topup_day_segment: "'night' if hour(at) < 6 else 'day'"}
///       - drop: {tests: "user_id == 0"}      # the row is not loaded, and counted as filtered
///       - drop_columns: [internal]
///
/// A step sees one record and nothing else, so it says the same of it in whatever file, order or run it comes.
struct Preparation {
    enum Step {
        case derive(slot: Int, RowExpression)
        case drop(rule: String, RowExpression)
    }

    /// For each field of the file how it is cleaned.
    struct Cleaning {
        var trims = false
        var rule = ColumnRules.Rule()
        var isNeeded: Bool { trims || rule.cleans }
    }

    /// How many fields a record of the file has.
    let fieldCount: Int
    private(set) var cleanings: [Cleaning]
    private(set) var steps: [Step] = []
    /// All values of a record while it is prepared: the file's fields, then what is derived.
    private(set) var slotCount: Int
    /// Name and slot of what is loaded, in its order.
    private(set) var outputs: [(name: String, slot: Int)]
    /// Columns that a contract keeps out: a row that has a value there is set aside.
    private(set) var refused: [(name: String, slot: Int)] = []
    private(set) var casts: [String: ColumnType] = [:]

    /// Nil where there is nothing to do: the file's fields are what is loaded.
    ///
    /// - Parameter nullTokens: the stream's; nil where the file has a null of its own.
    init?(_ arguments: StreamArguments, _ rules: ColumnRules, names: [String], nullTokens: [[UInt8]]?) throws {
        let steps = arguments.config["prepare"]
        let isCleaned = names.contains { rules.rules[$0]?.cleans == true || rules.rules[$0]?.childTable != nil }
        guard isCleaned || steps?.isNull == false else { return nil }
        self.init(names, nullTokens: nullTokens)
        for (index, name) in names.enumerated() {
            guard var rule = rules.rules[name] else { continue }
            rule.nullTokens = rule.nullTokens ?? nullTokens
            cleanings[index].rule = rule
        }
        // What goes into a table of its own is not in this one.
        outputs.removeAll { rules.rules[$0.name]?.childTable != nil }
        try add(steps, stream: arguments.stream)
    }

    /// Nothing is done; columns may be refused.
    init(_ names: [String], nullTokens: [[UInt8]]?) {
        fieldCount = names.count
        slotCount = names.count
        cleanings = names.map { _ in Cleaning(rule: ColumnRules.Rule(nullTokens: nullTokens)) }
        outputs = names.enumerated().map { ($0.element, $0.offset) }
    }

    mutating func refuse(_ name: String) {
        guard let place = outputs.firstIndex(where: { $0.name == name }) else { return }
        refused.append(outputs.remove(at: place))
    }

    // MARK: Steps

    private mutating func add(_ steps: JSON?, stream: String) throws {
        guard let steps, !steps.isNull else { return }
        func wrong(_ what: String, _ remedy: String) -> PlainProblem {
            PlainProblem("settings.bad_prepare", what, at: .named("stream \(stream), prepare"), remedy: remedy)
        }
        guard let list = steps.arrayValue else { throw wrong("`prepare` is no list of steps", "write each step behind a dash: - trim: true") }
        func slot(of name: String, _ verb: String) throws -> Int {
            guard let output = outputs.first(where: { $0.name == name }) else {
                throw wrong(
                    "'\(verb)' names the column '\(name)', which there is not at that step",
                    "the columns are: \(outputs.map(\.name).joined(separator: ", "))")
            }
            return output.slot
        }
        func expression(_ text: JSON, _ name: String) throws -> RowExpression {
            guard let text = text.stringValue else { throw wrong("'\(name)' has no expression", "write it as a text: \(name): \"amount > 0\"") }
            do { return try RowExpression(text, name: name, columns: outputs) } catch let problem as RowExpression.Unreadable {
                throw wrong("the expression of '\(name)' cannot be read: \(problem.reason)", problem.remedy)
            }
        }
        for step in list {
            guard let pairs = step.objectValue?.pairs, pairs.count == 1, let (verb, value) = pairs.first else {
                throw wrong("a step of `prepare` is not one verb with its columns", "use: trim, rename, cast, derive, drop, drop_columns")
            }
            let names = value.arrayValue?.compactMap(\.stringValue) ?? []
            let entries = value.objectValue?.pairs ?? []
            switch verb {
            case "trim":
                if value == true { for index in cleanings.indices { cleanings[index].trims = true } }
                for name in names {
                    let slot = try slot(of: name, verb)
                    guard slot < fieldCount else { throw wrong("'trim' names '\(name)', which is derived", "trim what it is derived from") }
                    cleanings[slot].trims = true
                }
            case "rename":
                for (old, new) in entries {
                    _ = try slot(of: old, verb)
                    guard let new = new.stringValue, ColumnNames.canonical(new) == new, !outputs.contains(where: { $0.name == new }) else {
                        throw wrong("'\(old)' cannot be renamed so", "use a new name of lower-case letters, digits and _, which no other column has")
                    }
                    for index in outputs.indices where outputs[index].name == old { outputs[index].name = new }
                }
            case "cast":
                for (name, word) in entries {
                    _ = try slot(of: name, verb)
                    guard let type = word.stringValue.flatMap(ColumnType.init(rawValue:)), type != .unknown else {
                        throw wrong(
                            "'\(name)' is cast to a type that there is not",
                            "use one of: " + ColumnType.allCases.filter { $0 != .unknown }.map(\.rawValue).joined(separator: ", "))
                    }
                    casts[name] = type
                }
            case "derive":
                for (name, text) in entries {
                    guard ColumnNames.canonical(name) == name else { throw wrong("'\(name)' is no name for a column", "use lower-case letters, digits and _") }
                    let expression = try expression(text, name)
                    outputs.removeAll { $0.name == name }
                    outputs.append((name, slotCount))
                    self.steps.append(.derive(slot: slotCount, expression))
                    slotCount += 1
                }
            case "drop": for (rule, text) in entries { self.steps.append(.drop(rule: rule, try expression(text, rule))) }
            case "drop_columns":
                for name in names {
                    _ = try slot(of: name, verb)
                    outputs.removeAll { $0.name == name }
                }
            default: throw wrong("there is no step '\(verb)'", "use: trim, rename, cast, derive, drop, drop_columns")
            }
            guard value == true || !names.isEmpty || !entries.isEmpty else { throw wrong("the step '\(verb)' names no column", "name the columns that it is for") }
        }
    }
}
