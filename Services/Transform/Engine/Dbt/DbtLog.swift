internal import Glibc
internal import Kernel
internal import Project
internal import WarehouseKit

/// The lines that a command tells people, as dbt writes them: with the time, or one JSON object each.
struct DbtLog {
    enum Level: String, CaseIterable, Comparable {
        case debug, info, warn, error
        /// Above everything: nothing is told.
        case none

        static func < (left: Level, right: Level) -> Bool { allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)! }
    }

    let output: (String) -> Void
    let now: @Sendable () -> Timestamp
    let invocation: String
    /// `text`, `json` or `debug`.
    private let format: String
    /// What is told of at least.
    private let level: Level
    private let isQuiet: Bool
    private let file: DbtLogFile?
    private let fileLevel: Level
    var isDebug: Bool { level == .debug }
    /// Whether anyone reads the statements.
    var tellsStatements: Bool { isDebug || file != nil && fileLevel == .debug }
    /// Whether what the terminal shows has colours, and what the file keeps.
    private let isColored: Bool, isFileColored: Bool
    private let secrets: DbtSecrets
    /// Where the dots end.
    private let width: Int
    /// Wider than any screen; each line of a node is filled up to it.
    private static let widthMax = 10_000

    /// - Parameter folder: of `dbt.log`; nil for none.
    init(_ arguments: DbtArguments, invocation: String, folder: String?, isTerminal: Bool = false, now: @escaping @Sendable () -> Timestamp, output: @escaping (String) -> Void) {
        self.output = output
        self.now = now
        self.invocation = invocation
        format = arguments.value("log-format") ?? "default"
        isQuiet = arguments.flag("quiet")
        let wanted = arguments.value("log-level").flatMap(Level.init(rawValue:)) ?? .info
        level = isQuiet ? max(wanted, .error) : arguments.flag("debug") ? .debug : wanted
        isColored = arguments.stated("use-colors") ?? (isTerminal && !arguments.refusesColors)
        isFileColored = arguments.stated("use-colors-file") ?? false
        secrets = arguments.secrets
        width = min(arguments.value("printer-width").flatMap { Int($0) } ?? 80, Self.widthMax)
        fileLevel = (arguments.value("log-level-file") ?? arguments.value("log-level")).flatMap(Level.init(rawValue:)) ?? .debug
        let rule = String(repeating: "=", count: 30)
        file = fileLevel == .none ? nil : folder.flatMap {
            DbtLogFile(
                folder: $0, format: arguments.value("log-format-file") ?? arguments.value("log-format") ?? "debug", bytesMax: arguments.value("log-file-max-bytes").flatMap { Int($0) } ?? 10 << 20,
                beginning: "\(rule) \(Self.exact(now())) | \(invocation) \(rule)")
        }
    }

    func callAsFunction(_ text: String, _ level: Level = .info, name: String = "Note", with members: [(String, JSON)] = []) {
        let text = secrets.masked(text)
        let members = members.map { ($0, secrets.masked($1)) }
        if let file, level >= fileLevel { lines(text, level, name, members, file.format, isFileColored).forEach(file.write) }
        if level >= self.level { lines(text, level, name, members, format, isColored).forEach(output) }
    }

    /// What `debug` finds; its blank lines are part of its texts, and tell no time.
    static let check = "DebugCmdOut"

    private func lines(_ text: String, _ level: Level, _ name: String, _ members: [(String, JSON)], _ format: String, _ isColored: Bool) -> [String] {
        if format == "json" {
            // An empty line is an event of its own.
            let text = text[...]
            let body = text.drop { $0 == "\n" }
            let isSpaced = body.last == "\n" && body.count > 1
            let empty = object("", .info, "Formatting", [])
            guard !body.isEmpty else { return Array(repeating: empty, count: max(text.count, 1)) }
            return Array(repeating: empty, count: text.count - body.count) + [object(String(isSpaced ? body.dropLast() : body), level, name, members)] + (isSpaced ? [empty] : [])
        }
        let clock = now()
        // The time stands before the first line alone, so that what a macro tells can be read, and copied, as it is.
        let word = level.rawValue + String(repeating: " ", count: 5 - level.rawValue.utf8.count)
        let time = (isColored ? DbtPaint.end : "") + (format == "debug" ? "\(Self.exact(clock)) [\(word)] [MainThread]: " : "\(Self.exact(clock).prefix(8))  ")
        let text = text[...]
        let lines = text.drop { $0 == "\n" }
        let isSpaced = lines.last == "\n"
        let body = String(isSpaced ? lines.dropLast() : lines)
        let told: String = time + (isColored ? DbtPaint.line(body, name) : body)
        return Array(repeating: time, count: text.count - lines.count) + [told] + (isSpaced ? [name == Self.check ? "" : time] : [])
    }

    /// One event, as dbt writes it: what all have, and what this one tells. Of one that says nothing else its text is told.
    private func object(_ text: String, _ level: Level, _ name: String, _ members: [(String, JSON)]) -> String {
        let info: JSON = [
            "category": "", "code": .string(DbtEvents.code(of: name)), "extra": [:], "invocation_id": .string(invocation), "level": .string(level.rawValue), "msg": .string(text), "name": .string(name),
            "pid": JSON(Int(getpid())), "thread": "MainThread", "ts": .string(now().description),
        ]
        let data = members.isEmpty && !DbtEvents.isBare(name) ? [("msg", JSON.string(text))] : members
        return JSON([("info", info), ("data", JSON(data))]).text()
    }

    /// `07:05:09.000123`
    private static func exact(_ time: Timestamp) -> String {
        let clock = time.civil
        func padded(_ number: Int, _ count: Int) -> String { String(repeating: "0", count: max(0, count - "\(number)".utf8.count)) + "\(number)" }
        return "\(padded(clock.hour, 2)):\(padded(clock.minute, 2)):\(padded(clock.second, 2)).\(padded(Int(((time.microseconds % 1_000_000) + 1_000_000) % 1_000_000), 6))"
    }

    /// A statement as it is sent: `On model.shop.orders: /* … */`.
    func statement(_ sql: String, of node: Node?) {
        let name = node?.uniqueID ?? "master"
        self("On \(name): \(sql)", .debug, name: "SQLQuery", with: [("conn_name", .string(name)), ("sql", .string(sql)), ("node_info", Self.info(of: node))])
    }

    private static func info(of node: Node?) -> JSON {
        guard let node else { return [:] }
        return nodeInfo(node, status: nil, startedAt: nil, finishedAt: nil)
    }

    /// What those who follow a run read of a node: where it stands.
    static func nodeInfo(_ node: Node, status: String?, startedAt: Timestamp?, finishedAt: Timestamp?, relation: String? = nil) -> JSON {
        func text(_ time: Timestamp?) -> JSON { .string(time?.description ?? "") }
        return [
            "node_name": .string(node.name), "node_path": .string(node.path), "resource_type": .string(node.resourceType.rawValue), "unique_id": .string(node.uniqueID),
            "materialized": .string(node.config.materialized), "meta": .object(node.meta), "node_checksum": .string(node.checksum), "node_status": .string(status ?? "None"),
            "node_started_at": text(startedAt), "node_finished_at": text(finishedAt),
            "node_relation": ["alias": .string(node.alias), "schema": .string(node.schema), "database": .string(node.database), "relation_name": .string(relation ?? "")],
        ]
    }

    /// The same of a source.
    static func sourceInfo(_ source: SourceTable) -> JSON {
        [
            "node_name": .string(source.name), "node_path": .string(source.originalFilePath), "resource_type": "source", "unique_id": .string(source.uniqueID), "materialized": "", "meta": source.config["meta"] ?? [:],
            "node_checksum": "", "node_status": "None", "node_started_at": "", "node_finished_at": "",
            "node_relation": ["alias": "", "schema": .string(source.schema), "database": .string(source.database), "relation_name": ""],
        ]
    }

    /// What a command was asked for, without the time and however quiet it is: `ls`, `show`, `compile --inline`, a macro's `print`.
    func result(_ text: String, name: String, with members: [(String, JSON)] = []) {
        let text = secrets.masked(text)
        let members = members.map { ($0, secrets.masked($1)) }
        if let file { lines(text, .info, name, members, file.format, false).forEach(file.write) }
        if format == "json" { lines(text, .info, name, members, format, false).forEach(output) } else { output(text) }
    }

    /// The same below a line that says what it is, which quiet commands leave out.
    func result(_ heading: String, _ text: String, name: String, with members: [(String, JSON)] = []) { result(isQuiet ? text : "\(heading)\n\(text)", name: name, with: members) }
    /// What such an event says of the command.
    var quietness: (String, JSON) { ("quiet", .bool(isQuiet)) }

    /// A line of a node at work: `1 of 3 START sql view model main.orders ........ [RUN]`.
    /// - Parameter members: what the event says besides its numbers; nil for the text and the status.
    func progress(
        _ place: String, _ text: String, _ status: String, seconds: Double? = nil, _ level: Level = .info, name: String = "Note", total: String = "total", with members: [(String, JSON)]? = nil
    ) {
        let left = "\(place) \(text) "
        // dbt counts without the word in front.
        let word = place.hasPrefix("Batch ") ? "Batch ".count : 0
        let dots = String(repeating: ".", count: max(0, width + word - left.unicodeScalars.count))
        let time = seconds.map { " in \(Self.hundredths($0))s" } ?? ""
        let numbers = place.split(separator: " ").compactMap { Int($0) }
        let counted: [(String, JSON)] = numbers.count == 2 ? [("index", JSON(numbers[0])), (total, JSON(numbers[1]))] : []
        self(
            "\(left)\(dots) [\(status)\(time)]", level, name: name,
            with: (members ?? [("description", .string(text)), ("status", .string(status))]) + counted + (seconds.map { [("execution_time", .double($0))] } ?? []))
    }

    static func hundredths(_ seconds: Double) -> String {
        let number = Int((seconds * 100).rounded())
        return "\(number / 100).\(number % 100 < 10 ? "0" : "")\(number % 100)"
    }
}
