internal import Jinja
internal import Project

/// Every macro by package and name. A file is parsed when the first of its macros is wanted.
final class MacroTable {
    private struct Entry {
        let file: Int
        var value: Value?
    }
    private let environment: Environment
    private let files: [MacroFile]
    private var entries: [String: [String: Entry]] = [:]
    private var isLoaded: [Bool]
    /// What a macro of `package` sees besides its arguments.
    var contextOf: (_ package: String) -> Context = { _ in Context() }

    init(_ environment: Environment, files: [MacroFile], macros: [Project.Macro]) throws {
        self.environment = environment
        self.files = files + BuiltinMacros.files
        isLoaded = Array(repeating: false, count: self.files.count)
        var place: [String: Int] = [:]
        for (index, file) in self.files.enumerated() { place["\(file.packageName)/\(file.path)"] = index }
        for macro in macros {
            guard let file = place["\(macro.packageName)/\(macro.originalFilePath)"] else { continue }
            entries[macro.packageName, default: [:]][macro.name] = Entry(file: file, value: nil)
        }
        for (index, file) in self.files.enumerated() where file.packageName == "dbt" {
            for definition in try environment.parse(file.text, name: file.path).definitions {
                if let name = definition.macroName { entries["dbt", default: [:]][name] = Entry(file: index, value: nil) }
            }
        }
    }

    var packages: [String] { Array(entries.keys) }
    func has(_ name: String, in package: String) -> Bool { entries[package]?[name] != nil }

    func macro(_ name: String, in package: String, _ interpreter: Interpreter) throws -> Value? {
        guard let entry = entries[package]?[name] else { return nil }
        if let value = entry.value { return value }
        guard !isLoaded[entry.file] else { return nil }
        isLoaded[entry.file] = true
        let file = files[entry.file]
        let module = try interpreter.load(environment.parse(file.text, name: file.path), contextOf(file.packageName))
        for (name, value) in module.exports { entries[file.packageName]?[name]?.value = value }
        // `exports` leaves out names with an underscore in front, which macros of a package may have.
        for macro in module.macros { entries[file.packageName]?[macro.name]?.value = .object(macro) }
        return entries[package]?[name]?.value
    }
}

/// `dbt_utils` in `dbt_utils.star(…)`: a package as a value.
final class PackageObject: JinjaObject {
    let name: String
    private let table: MacroTable
    init(_ name: String, _ table: MacroTable) {
        self.name = name
        self.table = table
    }
    var typeName: String { "MacroNamespace" }
    func attribute(_ attribute: String, _ interpreter: Interpreter) throws -> Value? { try table.macro(attribute, in: name, interpreter) }
    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? { try key.asString.flatMap { try table.macro($0, in: name, interpreter) } }
}
