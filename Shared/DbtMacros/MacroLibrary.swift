/// One file of the library: macros of one noun, in Jinja, under the names that dbt documents.
struct LibraryFile: Sendable {
    /// `dbt`, or the package of an adapter: `dbt_sqlite`, `dbt_postgres`.
    let package: String
    let path: String
    let text: String

    /// - Parameter dispatched: signatures of macros that only pass their arguments on to the adapter's own version; no default
    ///   value holds a comma.
    init(_ package: String, _ path: String, dispatched: [String] = [], _ text: String) {
        self.package = package
        self.path = path
        self.text = text + "\n" + dispatched.map(Self.dispatching).joined(separator: "\n")
    }

    private static func dispatching(_ signature: String) -> String {
        let parts = signature.split(separator: "(", maxSplits: 1)
        let parameters = parts[1].dropLast().split(separator: ",").map { $0.split(separator: "=")[0].filter { $0 != " " } }
        return "{% macro \(signature) %}{{ return(adapter.dispatch('\(parts[0])', 'dbt')(\(parameters.joined(separator: ", ")))) }}{% endmacro %}"
    }
}

/// One macro of the library, cut out of its file, so that it can be read when it is first called.
public struct LibraryMacro: Sendable {
    public let package: String
    /// As it is called: a test is `test_unique`, a materialization `materialization_table_default`.
    public let name: String
    public let path: String
    /// The line of its opening tag in its file.
    public let line: Int
    public let text: String
}

/// dbt's own macros, written for this project: what each must do is dbt's documented interface, the text is ours.
///
/// - Each has dbt's name and dbt's parameters, and dispatches with dbt's arguments: a project's version of any may take its place.
/// - What dbt has no macro for has `sluice_` in its name, so that no macro of a project takes its place by chance.
public enum MacroLibrary {
    static let files: [LibraryFile] = [
        hooks, configuration, names, python,
        view, table, materializedView, incremental, seed, snapshot, test, unit,
        schemaChanges, merging, incrementalStrategies, snapshotTables, snapshotStrategies, seedRows,
        relations, creating, schemas, columns, contracts, metadata, grants, comments, indexes, freshness, showing, timestamps,
        genericTests, types, functions, dates, fixtures, seriesOfRows, clone, userFunctions,
        sqliteRelations, sqliteFunctions, sqliteDates, sqliteMerging, sqliteUserFunctions,
        postgresRelations, postgresFunctions, postgresDates, postgresMaterializedViews, postgresUserFunctions,
    ]

    /// The packages of an adapter in the order in which they are asked: its own, then `dbt`.
    public static func packages(for adapter: String) -> [String] {
        let own = "dbt_\(adapter)"
        return byPackage[own] == nil ? ["dbt"] : [own, "dbt"]
    }

    public static func macro(_ name: String, in package: String) -> LibraryMacro? { byPackage[package]?[name] }
    /// Whether a template is one of the library's files: `dbt/names.sql`. A project's folder may begin with the same letters.
    public static func isFile(_ path: String) -> Bool { paths.contains(path) }
    private static let paths = Set(files.map { "\($0.package)/\($0.path)" })
    /// Whether dbt has no macro of that name.
    public static func isOwn(_ name: String) -> Bool { name.contains("sluice_") || besideDbt.contains(name) }
    /// What dbt has as a macro alone, and ours as one that dispatches too.
    private static let besideDbt: Set<String> = ["default__build_snapshot_staging_table", "default__get_snapshot_get_time_data_type", "postgres__alter_column_type"]
    public static func macros(of package: String) -> [LibraryMacro] { (byPackage[package] ?? [:]).values.sorted { $0.name < $1.name } }

    private static let byPackage: [String: [String: LibraryMacro]] = {
        var found: [String: [String: LibraryMacro]] = [:]
        for file in files {
            for macro in LibraryScanner(file).macros() {
                precondition(found[file.package]?[macro.name] == nil, "the library has one \(file.package).\(macro.name)")
                found[file.package, default: [:]][macro.name] = macro
            }
        }
        return found
    }()
}
