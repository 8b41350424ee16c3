internal import Kernel

/// The part of a project that is read again after some of its files have changed.
///
/// It holds more files than those: a schema file that speaks of a model which came, went or is called otherwise, for one. Which those
/// are is told by names: a file that does not hold a name does not depend on what it names. (A schema file that computes a name counts
/// as one that holds all of them.)
struct UpdateScope {
    /// Of models, seeds and all else whose file is theirs. Also files that are gone.
    var files: Set<String> = []
    /// Of each, every entry is read anew.
    private(set) var schemas: Set<String> = []
    /// Schema files that say something else though they read the same, as a docs block has changed.
    private(set) var forced: Set<String> = []
    var macroFiles: Set<String> = []
    private(set) var hasDocs = false
    /// The macros that were read anew, by unique id.
    var macros: Set<String> = []
    var goneMacros: Set<String> = []

    private let last: Manifest
    private var texts: [String: [UInt8]] = [:]
    private let folders: [String: String]

    init(_ last: Manifest, _ changes: FileChanges) {
        self.last = last
        folders = Dictionary(last.packages.map { ($0.name, $0.folder) }) { first, _ in first }
        for package in last.packages { for path in ProjectReader.schemaPaths(of: package) { texts["\(package.folder)/\(path)"] = [] } }
        let macroFolders = last.packages.flatMap { package in (package.macroPaths + package.testPaths.map { "\($0)/generic" }).map { "\(package.folder)/\($0)/" } }
        for path in changes.all {
            if FileTree.isSchema(path) { schemas.insert(path) } else if FileTree.ends(path, in: ".md") { hasDocs = true } else {
                if FileTree.ends(path, in: ".sql"), macroFolders.contains(where: path.hasPrefix) { macroFiles.insert(path) }
                files.insert(path)
            }
        }
        // What has been warned of for want of another file is warned of again, or no longer.
        for warning in last.warnings where !warning.isLocal {
            if FileTree.isSchema(warning.path) { schemas.insert(warning.path) } else { files.insert(warning.path) }
        }
        let testFolders = last.packages.flatMap { package in package.testPaths.map { "\(package.folder)/\($0)/" } }
        if files.contains(where: { path in testFolders.contains(where: path.hasPrefix) && (FileTree.ends(path, in: ".csv") || path.contains("/fixtures/")) }) {
            schemas.formUnion(last.others(of: .unitTest).values.map(Self.path))
        }
        widen(by: Set((changes.added + changes.deleted).map(FileTree.stem)), last)
    }

    /// Where one of two disabled nodes of a name stands among the rest is not told by names.
    var isSound: Bool { Set(last.disabled.map(\.uniqueID)).count == last.disabled.count }

    static func path(of node: Node) -> String { "\(node.rootFolder)/\(node.originalFilePath)" }
    func path(_ file: String, of package: String) -> String { "\(folders[package] ?? "")/\(file)" }
    /// Of a schema file as nodes and macros name it: `shop://models/schema.yml`.
    func path(ofPatch path: String) -> String {
        let bytes = Array(path.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon + 3 <= bytes.count else { return path }
        return self.path(String(decoding: bytes[(colon + 3)...], as: UTF8.self), of: String(decoding: bytes[..<colon], as: UTF8.self))
    }

    /// Reads a schema file anew, also what it says the same as before.
    mutating func force(_ names: Set<String>) {
        let found = schemaFiles(that: Mentions(names))
        forced.formUnion(found)
        schemas.formUnion(found)
    }
    mutating func insert(schema path: String) { schemas.insert(path) }

    /// Takes in the schema files that speak of these names.
    ///
    /// - Parameter manifest: the project as it is now known.
    /// - Returns: whether there were any.
    @discardableResult
    mutating func widen(by names: Set<String>, _ manifest: Manifest) -> Bool {
        let before = schemas.count
        var mentions = Mentions(names)
        for name in names {
            // A schema file may name `orders` and `v: 2` where the file is `orders_v2`.
            let parts = name.split(separator: "_", omittingEmptySubsequences: false)
            if parts.count > 1, parts.last?.hasPrefix("v") == true { mentions.insert(parts.dropLast().joined(separator: "_")) }
        }
        if !names.isEmpty { schemas.formUnion(schemaFiles(that: mentions)) }
        // What an exposure depends on may be computed.
        for node in [last, manifest].flatMap(\.others.values) {
            let isUser = node.refs.contains { names.contains($0.name) } || node.sources.contains { names.contains($0.table) }
            if isUser { schemas.insert(Self.path(of: node)) }
        }
        // Metrics are made of each other.
        let semantic = Set([last, manifest].flatMap { $0.others.values }.filter { [.semanticModel, .metric, .savedQuery].contains($0.resourceType) }.map(Self.path))
        if !semantic.isDisjoint(with: schemas) { schemas.formUnion(semantic) }
        return schemas.count > before
    }

    /// Of names that are templates, or letters that are written by their numbers.
    private static let computedNames = Mentions(
        ["name", "defined_in"].flatMap { word in ["\(word): {", "\(word): \"{", "\(word): '{", "\(word)\": \"{", "\(word)\":\"{"] } + ["\\u", "\\x", "\\U"])

    private mutating func schemaFiles(that mentions: Mentions) -> [String] {
        var found: [String] = []
        for path in texts.keys where !schemas.contains(path) || !forced.contains(path) {
            if texts[path]?.isEmpty ?? true { texts[path] = FileTree.bytes(path) ?? [] }
            if let text = texts[path], mentions.occur(in: text) || Self.computedNames.occur(in: text) { found.append(path) }
        }
        return found
    }
}
