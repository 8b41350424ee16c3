internal import DbtMacros
internal import Jinja
internal import Project
internal import Synchronization

/// Templates that this process has read, by their text: reading is pure, so every compiler shares them.
enum TemplateCache {
    /// A project of some thousand macro files stays far below it; past it everything is read anew.
    static let templatesMax = 20_000
    private struct Key: Hashable {
        let name: String
        let text: String
    }
    // One level: a service that follows one file through its edits sees ever new texts below one name.
    private static let known = Mutex<[Key: Template]>([:])
    static var count: Int { known.withLock { $0.count } }

    static func template(_ text: String, name: String, _ environment: Environment) throws -> Template {
        let key = Key(name: name, text: text)
        if let template = known.withLock({ $0[key] }) { return template }
        let template = try environment.parse(text, name: name)
        known.withLock { known in
            if known.count >= templatesMax { known.removeAll() }
            known[key] = template
        }
        return template
    }
}

/// Every macro by package and name: the project's, its packages' and the library's. A file, and a macro of the library, is
/// read when it is first wanted.
final class MacroTable {
    private struct Entry {
        let file: Int
        let line: Int
        var value: Value?
    }
    private let environment: Environment
    private let files: [MacroFile]
    private var entries: [String: [String: Entry]] = [:]
    private var isLoaded: [Bool]
    private var library: [String: Value] = [:]
    /// The library's packages, the adapter's own first.
    let libraryPackages: [String]
    /// What a macro of `package` sees besides its arguments.
    var contextOf: (_ package: String) -> Context = { _ in Context() }
    private lazy var libraryContext = contextOf("dbt")

    init(_ environment: Environment, files: [MacroFile], macros: [Project.Macro], adapter: String) {
        self.environment = environment
        self.files = files
        libraryPackages = MacroLibrary.packages(for: adapter)
        isLoaded = Array(repeating: false, count: files.count)
        var place: [String: Int] = [:]
        for (index, file) in files.enumerated() { place["\(file.packageName)/\(file.path)"] = index }
        for macro in macros {
            guard let file = place["\(macro.packageName)/\(macro.originalFilePath)"] else { continue }
            entries[macro.packageName, default: [:]][macro.name] = Entry(file: file, line: macro.line, value: nil)
        }
    }

    func isPackage(_ name: String) -> Bool { entries[name] != nil || name == "dbt" || libraryPackages.contains(name) }
    /// Whether templates know it by its name: an adapter's own macros are dbt's to them.
    func isNamespace(_ name: String) -> Bool { entries[name] != nil || name == "dbt" }
    func has(_ name: String, in package: String) -> Bool { entries[package]?[name] != nil }
    /// The unique id of the first macro of that name, of the given packages.
    func id(of name: String, in packages: [String]) -> String? { packages.first { has(name, in: $0) }.map { "macro.\($0).\(name)" } }
    /// The unique id of one that was read.
    func id(of macro: Jinja.Macro) -> String? {
        func isIt(_ value: Value?) -> Bool { if case .object(let object)? = value { object === macro } else { false } }
        if let package = entries.first(where: { isIt($0.value[macro.name]?.value) })?.key { return "macro.\(package).\(macro.name)" }
        guard isIt(library[macro.name]), let package = libraryPackages.first(where: { MacroLibrary.macro(macro.name, in: $0) != nil }) else { return nil }
        return "macro.\(package).\(macro.name)"
    }
    func isInLibrary(_ name: String) -> Bool { libraryPackages.contains { MacroLibrary.macro(name, in: $0) != nil } }
    /// In the order of the files, and in these of their lines.
    func names(of package: String) -> [String] {
        if let found = entries[package] { return found.sorted { ($0.value.file, $0.value.line) < ($1.value.file, $1.value.line) }.map(\.key) }
        return (package == "dbt" ? libraryPackages : []).flatMap { MacroLibrary.macros(of: $0).map(\.name).filter { !MacroLibrary.isOwn($0) } }
    }

    /// A macro of the project or of a package; `dbt` means the whole library.
    func macro(_ name: String, in package: String, _ interpreter: Interpreter) throws -> Value? {
        guard let found = entries[package] else { return package == "dbt" ? try libraryMacro(name, interpreter) : nil }
        guard let entry = found[name] else { return nil }
        if let value = entry.value { return value }
        guard !isLoaded[entry.file] else { return nil }
        isLoaded[entry.file] = true
        let file = files[entry.file]
        let module = try interpreter.loadMacros(TemplateCache.template(file.text, name: file.path, environment), contextOf(file.packageName))
        for macro in module.definedMacros { entries[file.packageName]?[macro.name]?.value = .object(macro) }
        return entries[package]?[name]?.value
    }

    func libraryMacro(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        if let value = library[name] { return value }
        for package in libraryPackages {
            guard let macro = MacroLibrary.macro(name, in: package) else { continue }
            // Empty lines in front, so that an error tells the line of the library's file.
            let text = String(repeating: "\n", count: macro.line - 1) + macro.text
            let module = try interpreter.loadMacros(TemplateCache.template(text, name: macro.path, environment), libraryContext)
            guard let value = module.definedMacros.first.map({ Value.object($0) }) else { continue }
            library[name] = value
            return value
        }
        return nil
    }
}
