public import Kernel
internal import Landing
internal import Platform
public import WarehouseKit

/// The commands that people give the loader: `load`, `quarantine`, `trace`. Each says what it did, or one problem.
public struct LoadCommands {
    public static let words = ["load", "quarantine", "trace"]
    private let warehouses: WarehouseRegistry
    private let home: String
    private let environment: [String: String]
    private let now: @Sendable () -> Timestamp
    private let say: (String) -> Void
    private let complain: (String) -> Void

    public init(
        warehouses: WarehouseRegistry, home: String, environment: [String: String], now: @escaping @Sendable () -> Timestamp,
        say: @escaping (String) -> Void, complain: @escaping (String) -> Void
    ) {
        self.warehouses = warehouses
        self.home = home
        self.environment = environment
        self.now = now
        self.say = say
        self.complain = complain
    }

    /// - Parameter words: the command's own name first.
    /// - Returns: the exit status: 0 done, 1 it failed, 2 words or settings are wrong, 3 the warehouse is out of reach.
    public func run(_ words: [String]) -> Int32 {
        do {
            let rest = Array(words.dropFirst())
            let asksForHelp = rest.contains("--help") || rest.contains("-h")
            switch words.first {
            case "load" where asksForHelp: say(LoadCommand.usage)
            case "load": try load(rest)
            case "quarantine" where asksForHelp: say(QuarantineCommand.usage)
            case "quarantine":
                let command = try QuarantineCommand(rest)
                return try command.run(ledger(command.warehouse), LandingStore(home: home), say: say) ? 0 : 1
            case "trace" where asksForHelp: say(TraceCommand.usage)
            case "trace":
                let command = try TraceCommand(rest)
                try command.run(ledger(command.warehouse), LandingStore(home: home), say: say)
            case let other: throw CommandWords.wrong("there is no command '\(other ?? "")'", LoadCommand.usage)
            }
            return 0
        } catch {
            complain("\(error)")
            return Self.status(of: error)
        }
    }

    private static let unreachable: Set<String> = [
        "warehouse.unreachable", "warehouse.cannot_open", "warehouse.connection_lost", "warehouse.credentials_rejected",
    ]
    private static func status(of error: any Error) -> Int32 {
        let code = (error as? any Problem)?.code.description ?? ""
        if unreachable.contains(code) { return 3 }
        return code.hasPrefix("settings.") || code.hasPrefix("warehouse.bad_address") || code.hasPrefix("warehouse.unknown_scheme") ? 2 : 1
    }

    private func warehouse(_ url: String) throws -> any Warehouse {
        try warehouses.warehouse(at: Substitution.expand(url, environment: environment, file: Files.secret))
    }
    private func ledger(_ url: String) throws -> Ledger { try Ledger(on: warehouse(url).open()) }

    private func load(_ words: [String]) throws {
        let command = try LoadCommand(words)
        let startedAt = now()
        let warehouse = try warehouse(command.warehouse)
        let store = LandingStore(home: home)
        let loader = Loader(warehouses: warehouses, store: store, environment: environment, now: now)
        let report = try FileLoad(loader: loader, store: store, warehouse: warehouse, now: now).run(command)
        let seconds = ((now().seconds - startedAt.seconds) * 100).rounded() / 100
        let relation = (command.schema.map { "\($0)." } ?? "") + command.table
        say("\(report.message) into \(relation) from \(command.file.name), batch \(report.details["batch"]?.intValue ?? 0), \(seconds) s")
        // Beside the summary, which is one line for scripts.
        for note in report.details["notes"]?.arrayValue?.compactMap(\.stringValue) ?? [] { complain("note: \(note)") }
    }
}
