// swift-tools-version: 6.2
import PackageDescription

// One target for each room of the house. Imports run downwards only: Program → Engine → Kits → Kernel.

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault")]

/// A room in `Shared/`.
func shared(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path ?? "Shared/\(name)", exclude: [], swiftSettings: strict)
}

/// The behaviour of a service: `Services/<Name>/Engine`.
func engine(_ service: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: "\(service)Engine", dependencies: dependencies, path: "Services/\(service)/Engine", swiftSettings: strict)
}

/// The executable of a service: `Services/<Name>/Program`.
func program(_ name: String, _ service: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Services/\(service)/Program", swiftSettings: strict)
}

/// The tests of a room: `Tests/<Room>Tests`.
func tests(_ room: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(room)Tests", dependencies: [.init(stringLiteral: room)] + dependencies, path: "Tests/\(room)Tests", swiftSettings: strict)
}

let package = Package(
    name: "sluice",
    dependencies: [
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // C libraries: module maps, nothing else.
        .systemLibrary(name: "CCrypto", path: "Shared/CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSQLite", path: "Shared/CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZeroMQ", path: "Shared/CZeroMQ", providers: [.apt(["libzmq3-dev"])]),

        // Words and messages.
        shared("Kernel"),
        shared("Contracts", ["Kernel"]),

        shared("Digest", ["CCrypto"]),

        // Data.
        shared("WarehouseKit", ["Kernel", "Contracts"]),
        shared("WarehouseSQLite", ["WarehouseKit", "Kernel", "CSQLite"], path: "Shared/Warehouses/SQLite"),

        // Modelling.
        shared("Jinja"),
        shared("Project", ["Kernel", "Digest", "Jinja", "Yams"]),
        shared("Compilation", ["Kernel", "Project", "Jinja", "WarehouseKit"]),
        shared("Execution", ["Kernel", "Contracts", "Digest", "Project", "Compilation", "WarehouseKit"]),

        // Transform and quality.
        engine("Transform", ["Compilation", "Contracts", "Execution", "Kernel", "Project", "WarehouseKit"]),
        .executableTarget(
            name: "sluice-dbt", dependencies: ["Kernel", "TransformEngine", "WarehouseKit", "WarehouseSQLite"], path: "Services/Transform/DbtProgram",
            swiftSettings: strict),
        engine("Quality", ["Compilation", "Contracts", "Execution", "Kernel", "Project", "WarehouseKit"]),

        // Tests.
        tests("Kernel"),
        tests("Contracts", ["Kernel"]),
        tests("Digest"),
        // Tests of the data rooms.
        shared("WarehouseConformance", ["WarehouseKit", "Contracts", "Kernel"], path: "Tests/Conformance"),
        tests("WarehouseSQLite", ["WarehouseKit", "WarehouseConformance", "Contracts", "Kernel"]),
    ]
)
