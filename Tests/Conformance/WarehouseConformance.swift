public import WarehouseKit

/// One promise that every warehouse keeps. `run` throws where it is broken; it needs a warehouse that is empty.
public struct ConformanceCase: Sendable, CustomStringConvertible {
    public let description: String
    public let run: @Sendable (any Warehouse) throws -> Void

    init(_ description: String, _ run: @escaping @Sendable (any Warehouse) throws -> Void) {
        self.description = description
        self.run = run
    }
}

/// The promises, as a list that any test library can run against an adapter of its own.
public enum WarehouseRules {
    public static var cases: [ConformanceCase] { relations + merges + ledger }
}

public struct BrokenPromise: Error, CustomStringConvertible {
    public let description: String
}

func expect(_ holds: @autoclosure () throws -> Bool, _ words: @autoclosure () throws -> String) throws {
    guard try holds() else { throw BrokenPromise(description: try words()) }
}
