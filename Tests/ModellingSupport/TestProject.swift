public import Compilation
import FoundationEssentials
public import Kernel
public import Project
public import WarehouseKit
import WarehouseSQLite

/// A small dbt project in a folder of its own, which goes away with it.
public final class TestProject {
    public let folder: String
    public var environment: [String: String] = [:]
    public var vars = JSONObject()

    /// `files` by path; a `dbt_project.yml` is added where none is given.
    public init(_ files: [String: String]) throws {
        folder = "\(FileManager.default.temporaryDirectory.path)/sluice-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if files["dbt_project.yml"] == nil { try write("dbt_project.yml", "name: shop\nprofile: shop\n") }
        for (path, text) in files { try write(path, text) }
    }
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    public func write(_ path: String, _ text: String) throws {
        let file = "project/\(path)".split(separator: "/").map(String.init)
        let parent = ([folder] + file.dropLast()).joined(separator: "/")
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: "\(parent)/\(file[file.count - 1])"))
    }

    public func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: "\(projectFolder)/\(path)"))) }

    public var projectFolder: String { "\(folder)/project" }
    public var warehousePath: String { "\(folder)/warehouse.db" }
    public var warehouse: any Warehouse { SQLiteWarehouse(path: warehousePath) }

    public static let target = Target(profileName: "shop", name: "dev", type: "sqlite", schema: "main", database: "")
    public static let startedAt = Timestamp(microseconds: 1_767_225_600_000_000)

    public func manifest(isFullRefresh: Bool = false) throws -> Manifest {
        try Self.read(projectFolder, environment: environment, vars: vars)
    }
    public static func read(_ folder: String, environment: [String: String] = [:], vars: JSONObject = JSONObject()) throws -> Manifest {
        var settings = ReaderSettings(projectFolder: folder, environment: environment)
        settings.target = target
        settings.vars = vars
        return try ProjectReader(settings, host: Compiler(parsing: environment, invocation: invocation())).read()
    }
    public static func invocation(_ command: String = "build", isFullRefresh: Bool = false) -> Invocation {
        Invocation(id: "00000000-0000-0000-0000-000000000000", startedAt: startedAt, command: command, isFullRefresh: isFullRefresh)
    }
    /// What a template gives where no node's own words are there: an analysis of a project of its own.
    ///
    /// - Parameter opensWarehouse: whether it may ask one.
    public static func rendered(_ template: String, opensWarehouse: Bool = false) throws -> String {
        let project = try TestProject(["analyses/a.sql": template])
        let compiler = try project.compiler(opensWarehouse ? try project.warehouse.open() : nil)
        guard let node = compiler.manifest.nodes["analysis.shop.a"] else { throw PlainProblem("test.no_analysis", "the project has no analysis", at: .named("analyses/a.sql"), remedy: "") }
        return try compiler.compile(node).sql
    }
    public func compiler(_ session: (any WarehouseSession)?, isFullRefresh: Bool = false) throws -> Compiler {
        try Compiler(try manifest(), session: session, environment: environment, invocation: Self.invocation(isFullRefresh: isFullRefresh))
    }
}
