import Support
import Testing
import WarehouseConformance
import WarehouseKit
import WarehousePostgreSQL

/// A new database of the test process's server.
struct TestDatabase {
    let server: PostgresServer
    let name: String
    init() throws {
        server = try PostgresServer.shared.get()
        name = try server.makeDatabase()
    }
    func warehouse(_ parameters: String = "") throws -> PostgreSQLWarehouse {
        try PostgreSQLWarehouse(address: WarehouseAddress(server.address(name, parameters)))
    }
}

@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct PostgreSQLWarehouseTests {
    @Test(arguments: WarehouseRules.cases)
    func conforms(to rule: ConformanceCase) throws {
        try rule.run(TestDatabase().warehouse())
    }

    @Test func `also in another schema than public`() throws {
        let database = try TestDatabase()
        try database.server.psql(database.name, "create schema analytics")
        for rule in WarehouseRules.cases where rule.description.contains("task") { try rule.run(database.warehouse("&schema=analytics")) }
    }
}
