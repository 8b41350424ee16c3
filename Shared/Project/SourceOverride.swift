internal import Kernel

/// What one package's yml says of another's source: `overrides: <package>` beside the source's name. Deprecated in dbt, which still
/// does it, as those do who take a package of models and have its tables elsewhere.
///
/// Words of the source, and of a table of the same name, take the place of the package's own; tables that the package has not are told of.
/// As in dbt, `config:` and `freshness:` of what is overridden start from nothing, as does the `quoting:` of a table.
struct SourceOverride {
    let entry: YAMLValue
    let path: String
    /// Counts those that were read.
    let place: Int
    /// Whether some table of the package's was read through it.
    var isUsed = false
    var unusedTables: Set<String>

    init(_ entry: YAMLValue, place: Int) {
        self.entry = entry
        self.place = place
        path = entry.file
        unusedTables = Set((entry["tables"]?.items ?? []).compactMap { $0["name"]?.text })
    }

    static func key(_ package: String, _ source: String) -> String { "\(package).\(source)" }

    /// The source as the package has it, with what is said of it here.
    func source(_ source: YAMLValue) -> YAMLValue {
        Self.laid(entry, over: source, without: ["name", "overrides", "tables"], emptied: ["config", "freshness"])
    }

    /// The same of one of its tables.
    func table(_ table: YAMLValue, _ name: String) -> YAMLValue {
        guard let own = entry["tables"]?.items.first(where: { $0["name"]?.text == name }) else { return table }
        return Self.laid(own, over: table, without: ["name"], emptied: ["freshness", "quoting"])
    }

    private static func laid(_ patch: YAMLValue, over value: YAMLValue, without: Set<String>, emptied: Set<String>) -> YAMLValue {
        // Columns and tests belong to the package's file, as if they stood there.
        let own = patch.members.filter { !without.contains($0.key) }.map { member in
            let isMoved = ["columns", "data_tests", "tests"].contains(member.key)
            return YAMLValue.Member(key: member.key, line: member.line, value: isMoved ? moved(member.value, to: value) : member.value)
        }
        let stated = Set(own.map(\.key)).union(emptied)
        return YAMLValue(.map(value.members.filter { !stated.contains($0.key) } + own), file: value.file, line: value.line, column: value.column)
    }

    private static func moved(_ value: YAMLValue, to place: YAMLValue) -> YAMLValue {
        let kind: YAMLValue.Kind = switch value.kind {
        case .scalar: value.kind
        case .list(let items): .list(items.map { moved($0, to: place) })
        case .map(let members): .map(members.map { YAMLValue.Member(key: $0.key, line: place.line, value: moved($0.value, to: place)) })
        }
        return YAMLValue(kind, file: place.file, line: place.line, column: place.column)
    }

    /// In dbt's words, what of it no source has.
    static func unused(_ overrides: [String: SourceOverride]) -> [String] {
        overrides.sorted { $0.value.place < $1.value.place }.flatMap { key, override in
            override.isUsed ? override.unusedTables.sorted().map { "  - Source table \(key).\($0) (in \(override.path))" } : ["  - Source \(key) (in \(override.path))"]
        }
    }
}
