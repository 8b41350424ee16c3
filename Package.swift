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
func tests(_ room: String, _ dependencies: [Target.Dependency] = [], on target: String? = nil) -> Target {
    .testTarget(name: "\(room)Tests", dependencies: [.init(stringLiteral: target ?? room)] + dependencies, path: "Tests/\(room)Tests", swiftSettings: strict)
}

let package = Package(
    name: "sluice",
    products: [.library(name: "FuzzDecoders", type: .static, targets: ["FuzzDecoders"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        // C libraries: module maps, nothing else.
        .systemLibrary(name: "CCurl", path: "Shared/CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CCrypto", path: "Shared/CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPostgres", path: "Shared/CPostgres", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSQLite", path: "Shared/CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CLinux", path: "Shared/CLinux"),
        .systemLibrary(name: "CZeroMQ", path: "Shared/CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CYAML", path: "Shared/CYAML", providers: [.apt(["libyaml-dev"])]),

        // Words and messages.
        shared("Kernel"),
        shared("Contracts", ["Kernel"]),

        shared("Digest", ["CCrypto"]),

        shared("SQLite", ["CSQLite"]),

        shared("YAML", ["CYAML", "Kernel"]),

        shared("Platform", ["CLinux", "Kernel"]),
        shared("Markup", ["Kernel"]),
        shared("Templating", ["Jinja", "Kernel"]),
        shared("Runs", ["Kernel", "Contracts", "Schedules", "Templating"]),
        shared("Leases", ["Contracts", "Kernel"]),
        // A project's life under a fake clock.
        shared("Simulation", ["Contracts", "Kernel", "Leases", "Runs", "Schedules"]),
        shared("Pipelines", ["Contracts", "Digest", "Kernel", "Platform", "Schedules", "Templating", "YAML"]),

        // The bus.
        shared("Wire", ["CLinux", "CZeroMQ", "Kernel", "Platform"]),
        shared("Bus", ["Wire", "Contracts", "Kernel", "Platform"]),
        shared("ServiceKit", ["Bus", "Contracts", "Kernel", "Platform", "Wire"]),
        .target(name: "Journal", dependencies: ["Kernel", "Contracts", "Leases", "Platform", "SQLite"], path: "Services/Broker/Journal", swiftSettings: strict),
        engine("Broker", ["Bus", "Kernel", "Contracts", "Journal", "Leases", "Platform", "SQLite", "Wire"]),
        program("sluice-broker", "Broker", ["BrokerEngine", "Journal", "Kernel", "Leases", "Platform", "ServiceKit"]),

        // The runs.
        shared("Schedules", ["Contracts", "Kernel"]),
        .target(name: "Triggers", dependencies: ["Digest", "Kernel"], path: "Services/Orchestrator/Triggers", swiftSettings: strict),
        engine("Orchestrator", ["Bus", "Contracts", "Kernel", "Pipelines", "Platform", "Runs", "Schedules", "Triggers"]),
        program("sluice-orchestrator", "Orchestrator", ["Contracts", "Kernel", "OrchestratorEngine", "Platform", "Schedules", "ServiceKit"]),

        // The command line.
        engine("CLI", ["Bus", "Contracts", "Kernel", "Pipelines", "Platform", "Runs", "Schedules", "ServiceKit", "Simulation"]),
        program("sluice", "CLI", [
            "Bus", "CLIEngine", "Contracts", "Kernel", "Pipelines", "Platform", "Runs", "Schedules", "ServiceKit", "Simulation", "Wire",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),

        // Data.
        .systemLibrary(name: "CZlib", path: "Shared/CZlib", providers: [.apt(["zlib1g-dev"])]),
        shared("Landing", ["Kernel", "Digest", "Platform", "CZlib"]),
        shared("HTTP", ["CCurl", "Kernel"]),
        shared("ConnectorKit", ["Kernel", "Landing", "Digest", "HTTP", "Platform"]),
        shared("WarehouseKit", ["Kernel", "Contracts"]),
        shared("WarehouseSQLite", ["WarehouseKit", "Kernel", "Platform", "CSQLite", "Digest"], path: "Shared/Warehouses/SQLite"),
        shared("WarehousePostgreSQL", ["WarehouseKit", "Kernel", "CPostgres"], path: "Shared/Warehouses/PostgreSQL"),

        // Extract and load.
        .target(name: "ExtractConnectors", dependencies: ["ConnectorKit", "HTTP", "Landing", "Kernel"], path: "Services/Extract/Connectors", swiftSettings: strict),
        engine("Extract", ["ConnectorKit", "Contracts", "HTTP", "Kernel", "Landing", "Platform"]),
        engine("Load", ["Contracts", "Jinja", "Kernel", "Landing", "Platform", "WarehouseKit"]),
        program("sluice-extract", "Extract", ["ConnectorKit", "ExtractConnectors", "ExtractEngine", "HTTP", "Kernel", "Landing", "Platform", "ServiceKit"]),
        program("sluice-load", "Load", ["Kernel", "Landing", "LoadEngine", "Platform", "ServiceKit", "WarehouseKit", "WarehousePostgreSQL", "WarehouseSQLite"]),
        // Modelling.
        shared("Jinja"),
        shared("Project", ["Kernel", "Digest", "Jinja", "YAML"]),
        shared("DbtMacros"),
        shared("Compilation", ["DbtMacros", "Digest", "Kernel", "Project", "Jinja", "WarehouseKit"]),
        shared("Execution", ["Kernel", "Contracts", "Digest", "Platform", "Project", "Compilation", "WarehouseKit"]),

        // Transform and quality.
        engine("Transform", ["Compilation", "Contracts", "Execution", "Kernel", "Markup", "Platform", "Project", "WarehouseKit"]),
        program("sluice-transform", "Transform", ["HTTP", "Kernel", "Platform", "ServiceKit", "TransformEngine", "WarehouseKit", "WarehousePostgreSQL", "WarehouseSQLite"]),
        .executableTarget(
            name: "sluice-dbt", dependencies: ["Platform", "TransformEngine", "WarehouseKit", "WarehousePostgreSQL", "WarehouseSQLite"],
            path: "Services/Transform/DbtProgram", swiftSettings: strict,
            // Started anew for each command, by people and by scripts: with Swift's libraries inside, of which it touches a part, it takes
            // 3 MB less and starts sooner. The last two are what Foundation's own module would name if it were compiled for this.
            linkerSettings: [.unsafeFlags(["-static-stdlib", "-l_FoundationCShims", "-l_FoundationCollections"], .when(platforms: [.linux]))]),
        program("sluice-quality", "Quality", ["Platform", "QualityEngine", "ServiceKit", "WarehouseKit", "WarehousePostgreSQL", "WarehouseSQLite"]),
        engine("Quality", ["Compilation", "Contracts", "Execution", "Kernel", "Project", "WarehouseKit"]),

        // Faces: who is told, and what is seen.
        shared("NotifyKit", ["Kernel", "Platform"]),
        .target(name: "Mail", dependencies: ["CCurl", "Digest", "Kernel"], path: "Services/Notify/Mail", swiftSettings: strict),
        .target(name: "NotifyChannels", dependencies: ["Digest", "HTTP", "Kernel", "Mail", "NotifyKit", "Platform"], path: "Services/Notify/Channels", swiftSettings: strict),
        engine("Notify", ["Bus", "Contracts", "Digest", "Kernel", "NotifyKit", "Pipelines", "Platform", "SQLite"]),
        program("sluice-notify", "Notify", ["Kernel", "NotifyChannels", "NotifyEngine", "NotifyKit", "Pipelines", "Platform", "ServiceKit"]),
        engine("Console", ["Bus", "Contracts", "Digest", "Kernel", "Markup", "Platform", "Runs", "Schedules"]),
        program("sluice-console", "Console", [
            "ConsoleEngine", "Kernel", "Platform", "ServiceKit", .product(name: "FlyingFox", package: "FlyingFox"),
            .product(name: "FlyingSocks", package: "FlyingFox"),
        ]),
        .testTarget(
            name: "NotifyTests",
            dependencies: ["Contracts", "Kernel", "Mail", "NotifyChannels", "NotifyEngine", "NotifyKit", "Pipelines", "SQLite", "Support"],
            path: "Tests/NotifyTests", swiftSettings: strict),
        .testTarget(
            name: "ConsoleTests", dependencies: ["ConsoleEngine", "Contracts", "Digest", "Kernel", "Markup", "Runs", "Support"], path: "Tests/ConsoleTests",
            swiftSettings: strict),

        // Tests.
        .target(
            name: "Harness", dependencies: ["Bus", "Contracts", "Kernel", "Runs", "SQLite", "Support", "Wire"], path: "Tests/Harness", swiftSettings: strict),
        .executableTarget(
            name: "footprint", dependencies: ["Bus", "Contracts", "Harness", "Kernel", "Runs", "SQLite"], path: "Tests/Benchmarks/footprint",
            exclude: ["run"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Bus", "Contracts", "Harness", "Journal", "Kernel", "Landing", "LoadEngine", "Runs", "SandboxWorld", "Support", "WarehouseKit", "WarehouseSQLite", "sluice-sandbox",
            ],
            path: "Tests/EndToEnd", exclude: ["follow.py", "roles.py", "stuck.py"], swiftSettings: strict),
        // The outer world, imitated.
        shared("SandboxWorld", ["CCrypto", "Kernel"], path: "Tests/Sandbox/World"),
        .executableTarget(
            name: "sluice-sandbox",
            dependencies: [
                "Kernel", "SandboxWorld", "ServiceKit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            path: "Tests/Sandbox/Program", swiftSettings: strict),
        .testTarget(
            name: "SandboxTests", dependencies: ["Kernel", "SandboxWorld", "Support", "sluice-sandbox"], path: "Tests/SandboxTests",
            exclude: ["clients"], swiftSettings: strict),
        tests("Kernel"),
        tests("Markup"),
        tests("Contracts", ["Kernel", "Support"]),
        tests("Digest"),
        tests("YAML", ["Kernel"]),
        .testTarget(
            name: "JinjaTests", dependencies: ["Jinja", "Support"], path: "Tests/JinjaTests", resources: [.copy("differential.py")], swiftSettings: strict),
        tests("Pipelines", ["Contracts", "Kernel"]),
        tests("Templating", ["Kernel"]),
        tests("Triggers", ["Kernel", "Support"]),
        .testTarget(
            name: "OrchestratorTests", dependencies: ["Contracts", "Kernel", "OrchestratorEngine", "Runs"], path: "Tests/OrchestratorTests", swiftSettings: strict),
        tests("Schedules", ["Contracts", "Kernel"]),
        tests("Runs", ["Contracts", "Kernel"]),
        tests("Leases", ["Contracts", "Kernel", "Support"]),
        tests("Journal", ["Contracts", "Kernel", "Leases", "SQLite", "Support"]),
        .testTarget(
            name: "BrokerTests", dependencies: ["BrokerEngine", "Bus", "Contracts", "Journal", "Kernel", "Leases", "SQLite", "Wire"], path: "Tests/BrokerTests", swiftSettings: strict),
        shared("SimulationWorld", ["BrokerEngine", "Contracts", "Journal", "Kernel", "Runs", "SQLite", "Support"], path: "Tests/Simulation/World"),
        .executableTarget(
            name: "bus-benchmark", dependencies: ["Bus", "Contracts", "Harness", "Kernel", "Runs"], path: "Tests/Benchmarks/bus",
            exclude: ["run", "floor.c", "publishers.h", "client_sluice.c", "client_redis.c", "client_nats.c", "client_rabbit.c"], swiftSettings: strict),
        .executableTarget(
            name: "faults", dependencies: ["Bus", "Contracts", "Harness", "Kernel", "Support", "Wire"], path: "Tests/Faults", exclude: ["run", "clock.c"], swiftSettings: strict),
        .executableTarget(name: "simulate", dependencies: ["Platform", "SimulationWorld"], path: "Tests/Simulation/Program", swiftSettings: strict),
        tests("Simulation", ["Contracts", "Journal", "Kernel", "Runs", "Simulation", "Support"], on: "SimulationWorld"),
        // A library, for libFuzzer brings the main function: see Tests/Fuzz/run.
        shared("FuzzDecoders", ["BrokerEngine", "Bus", "Contracts", "Journal", "Kernel", "Wire"], path: "Tests/Fuzz/Decoders"),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzDecoders", "Support"], path: "Tests/FuzzTests", swiftSettings: strict),
        tests("Wire", ["Support"]),
        tests("Bus", ["BrokerEngine", "Contracts", "Journal", "Kernel", "Platform", "Support", "Wire"]),
        tests("ServiceKit", ["Kernel", "Platform", "Support"]),
        tests("CLIEngine", ["Contracts", "Kernel", "Pipelines", "Platform", "Runs", "ServiceKit", "Simulation", "Support"]),
        tests("Platform", ["Kernel", "Support"]),
        // Tests of the data rooms.
        shared("Support", ["Kernel"], path: "Tests/Support"),
        shared("Conversations", ["ConnectorKit", "HTTP", "Kernel"], path: "Tests/Conversations"),
        tests("HTTP", ["Support"]),
        tests("ConnectorKit", ["Conversations", "Digest", "HTTP", "Kernel", "Support"]),
        tests("ExtractConnectors", ["ConnectorKit", "Conversations", "HTTP", "Kernel", "Landing", "Support", "sluice-sandbox"]),
        tests("Landing", ["Kernel", "Digest", "Support"]),
        tests("ExtractEngine", ["ConnectorKit", "Contracts", "Conversations", "ExtractConnectors", "HTTP", "Kernel", "Landing", "Support", "sluice-sandbox"]),
        tests("LoadEngine", ["ConnectorKit", "Contracts", "Conversations", "ExtractConnectors", "ExtractEngine", "HTTP", "Kernel", "Landing", "Support", "WarehouseKit", "WarehousePostgreSQL", "WarehouseSQLite"]),
        .target(
            name: "WarehouseConformance", dependencies: ["WarehouseKit", "Contracts", "Kernel"], path: "Tests/Conformance", exclude: ["artifacts", "commands", "dbt", "dbt_sqlite", "histories", "hunt", "mutations", "run"],
            swiftSettings: strict),
        // Tests of the modelling rooms.
        shared("ModellingSupport", ["Compilation", "Kernel", "Project", "WarehouseKit", "WarehouseSQLite"], path: "Tests/ModellingSupport"),
        .testTarget(
            name: "ProjectTests", dependencies: ["Compilation", "Execution", "Kernel", "ModellingSupport", "Project", "Support"], path: "Tests/ProjectTests", exclude: ["GoldenProjects"],
            swiftSettings: strict),
        .testTarget(
            name: "CompilationTests", dependencies: ["Compilation", "DbtMacros", "Jinja", "Kernel", "ModellingSupport", "Project", "Support", "WarehouseKit", "WarehouseSQLite"],
            path: "Tests/CompilationTests", exclude: ["GoldenProjects", "regex.py"], swiftSettings: strict),
        tests("Execution", ["Compilation", "Kernel", "ModellingSupport", "Project", "Support", "WarehouseKit", "WarehousePostgreSQL", "WarehouseSQLite"]),
        tests("TransformEngine", [
            "Contracts", "Execution", "Kernel", "ModellingSupport", "Project", "QualityEngine", "Support", "WarehouseKit", "WarehousePostgreSQL", "WarehouseSQLite",
        ]),
        tests("WarehousePostgreSQL", ["Kernel", "Support", "WarehouseConformance", "WarehouseKit"]),
        tests("WarehouseSQLite", ["WarehouseKit", "WarehouseConformance", "Contracts", "Kernel", "SQLite", "Support"]),
    ]
)
