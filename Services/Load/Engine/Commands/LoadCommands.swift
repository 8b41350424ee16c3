public import Kernel
internal import Landing
internal import Platform
public import WarehouseKit

/// The commands that people give the loader: `load`. Each says one line of what it did, or one problem.
public struct LoadCommands {
    public static let words = ["load"]
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
            switch words.first {
            case "load": try load(Array(words.dropFirst()))
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

    private func load(_ words: [String]) throws {
        guard !words.contains("--help"), !words.contains("-h") else { return say(LoadCommand.usage) }
        let command = try LoadCommand(words)
        let startedAt = now()
        let warehouse = try warehouses.warehouse(at: Substitution.expand(command.warehouse, environment: environment, file: Files.secret))
        let store = LandingStore(home: home)
        let loader = Loader(warehouses: warehouses, store: store, environment: environment, now: now)
        let report = try FileLoad(loader: loader, store: store, warehouse: warehouse, now: now).run(command)
        let seconds = ((now().seconds - startedAt.seconds) * 100).rounded() / 100
        let relation = (command.schema.map { "\($0)." } ?? "") + command.table
        say("\(report.message) into \(relation) from \(command.file.name), batch \(report.details["batch"]?.intValue ?? 0), \(seconds) s")
    }
}
