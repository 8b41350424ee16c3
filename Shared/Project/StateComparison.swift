internal import Kernel

/// `state:`: what differs from an earlier manifest, by dbt's rules for each kind of resource.
struct StateComparison {
    private let manifest: Manifest
    private let old: JSON
    private let changedMacros: Set<String>

    init(_ manifest: Manifest, _ old: JSON) {
        self.manifest = manifest
        self.old = old
        var changed: Set<String> = []
        let known = old["macros"]?.objectValue ?? JSONObject()
        // Macros that come with dbt differ between the two programs, and no project changes them.
        func isOwn(_ id: String) -> Bool { !id.hasPrefix("macro.dbt.") && !id.hasPrefix("macro.dbt_sqlite.") && !id.hasPrefix("macro.dbt_postgres.") }
        for (id, macro) in manifest.macros where isOwn(id) && known[id]?["macro_sql"]?.stringValue != macro.text { changed.insert(id) }
        for id in known.keys where isOwn(id) && manifest.macros[id] == nil { changed.insert(id) }
        changedMacros = changed
    }

    private static let kinds = [
        "new", "old", "modified", "unmodified", "modified.body", "modified.configs", "modified.persisted_descriptions", "modified.relation", "modified.macros", "modified.contract",
    ]

    func ids(_ kind: String) throws(ProjectProblem) -> Set<String> {
        guard Self.kinds.contains(kind) else {
            throw Selection.Criterion.wrong("Got an invalid selector \"\(kind)\", expected one of \(Self.kinds)", "write state:modified")
        }
        var found: Set<String> = []
        for (id, node) in manifest.nodes {
            let part = node.resourceType == .function ? "functions" : "nodes"
            if try differs(ManifestWriter.json(node), node, before(id, in: part), kind) { found.insert(id) }
        }
        if ["modified", "unmodified", "modified.contract"].contains(kind) {
            for (id, node) in old["nodes"]?.objectValue?.pairs ?? [] where id.hasPrefix("model.") && manifest.nodes[id] == nil {
                _ = try ContractChange(nil, since: node, adapter: manifest.target.type).isChanged()
            }
        }
        for (id, node) in manifest.others {
            if try differs(ManifestWriter.json(other: node), node, before(id, in: Self.part(of: node.resourceType)), kind) { found.insert(id) }
        }
        for (id, source) in manifest.sources where try differs(ManifestWriter.json(source), nil, before(id, in: "sources"), kind) { found.insert(id) }
        return found
    }

    /// The part of the manifest that holds such resources.
    private static func part(of type: ResourceType) -> String {
        switch type {
        case .unitTest: "unit_tests"
        case .semanticModel: "semantic_models"
        case .savedQuery: "saved_queries"
        default: "\(type.rawValue)s"
        }
    }

    private func before(_ id: String, in part: String) -> JSON? { old[part]?[id] }

    private func differs(_ new: JSON, _ node: Node?, _ old: JSON?, _ kind: String) throws(ProjectProblem) -> Bool {
        let isNode = node.map { manifest.nodes[$0.uniqueID] != nil } ?? false
        switch kind {
        case "new": return old == nil
        case "old": return old != nil
        case "modified": return try isModified(new, node, old)
        case "unmodified": return try !isModified(new, node, old)
        case "modified.body": return isNode && (old.map { !sameBody(new, $0) } ?? true)
        case "modified.configs": return old.map { !sameConfig(new, $0) } ?? true
        case "modified.persisted_descriptions": return isNode && (old.map { !samePersistedDescriptions(new, $0) } ?? true)
        case "modified.relation": return (isNode || node == nil) && (old.map { !sameRelation(new, $0, isSource: node == nil) } ?? true)
        case "modified.macros": return hasChangedMacro(new, old)
        default:
            guard isNode else { return false }
            guard let old else { return true }
            return try !sameContract(new, old)
        }
    }

    private func isModified(_ new: JSON, _ node: Node?, _ old: JSON?) throws(ProjectProblem) -> Bool {
        guard let old else { return node.map { ![.exposure, .metric, .semanticModel, .savedQuery].contains($0.resourceType) } ?? false }
        func same(_ fields: String...) -> Bool { fields.allSatisfy { Self.same(new[$0], old[$0]) } }
        // Before all else, as it may refuse the comparison.
        let isPromiseSame = try node?.resourceType == .model ? sameContract(new, old) : true
        if hasChangedMacro(new, old) { return true }
        switch node?.resourceType {
        case nil: return !(sameRelation(new, old, isSource: true) && same("fqn", "quoting", "freshness", "loaded_at_field", "external") && sameConfig(new, old))
        case .unitTest?: return !same("checksum")
        case .exposure?: return !(same("fqn", "type", "owner", "maturity", "url", "description", "label") && sameParents(new, old) && sameConfig(new, old))
        case .metric?: return !(same("type", "description", "label") && sameConfig(new, old))
        case .semanticModel?, .savedQuery?:
            return !(same("model", "description", "defaults", "entities", "dimensions", "measures", "query_params", "exports", "label", "group") && sameConfig(new, old))
        case .test? where node?.test != nil: return !(sameConfig(new, old) && same("fqn"))
        case let type?:
            let isSame = sameBody(new, old) && sameConfig(new, old) && samePersistedDescriptions(new, old) && same("fqn") && sameRelation(new, old, isSource: false)
            guard type == .model else { return !isSame }
            return !(isSame && isPromiseSame && same("latest_version", "access", "deprecation_date"))
        }
    }

    /// Null and missing are the same, and so are whole numbers however they are written.
    private static func same(_ a: JSON?, _ b: JSON?) -> Bool {
        settled(a ?? .null) == settled(b ?? .null)
    }
    /// Members in order of their names, whole numbers as integers.
    private static func settled(_ json: JSON) -> JSON {
        switch json {
        case .object(let object): return JSON(object.pairs.sorted { $0.key < $1.key }.map { ($0.key, settled($0.value)) })
        case .array(let items): return .array(items.map(settled))
        case .double(let number): return Int64(exactly: number).map(JSON.integer) ?? json
        default: return json
        }
    }

    private func sameParents(_ new: JSON, _ old: JSON) -> Bool {
        func parents(_ json: JSON) -> Set<String> { Set((json["depends_on"]?["nodes"]?.arrayValue ?? []).compactMap(\.stringValue)) }
        return parents(new) == parents(old)
    }

    private func sameBody(_ new: JSON, _ old: JSON) -> Bool {
        if new["resource_type"] == "seed" { return new["checksum"]?["checksum"] == old["checksum"]?["checksum"] }
        return new["raw_code"] == old["raw_code"]
    }

    /// Words that say where a node goes or who owns it are no part of the comparison; of sources and exposures all are.
    private static let leftOut: Set<String> = ["alias", "schema", "database", "tags", "group"]
    private static let ofTests: Set<String> = ["severity", "where", "limit", "fail_calc", "warn_if", "error_if", "store_failures", "store_failures_as"]

    private func sameConfig(_ new: JSON, _ old: JSON) -> Bool {
        func compared(_ json: JSON) -> [String: JSON] {
            let isTest = json["resource_type"] == "test"
            let isWhole = ["source", "exposure"].contains(json["resource_type"])
            var found: [String: JSON] = [:]
            for (written, value) in json["unrendered_config"]?.objectValue?.pairs ?? [] {
                let key = ["pre_hook": "pre-hook", "post_hook": "post-hook"][written] ?? written
                // One hook or tag may be written as a text.
                let value = ["pre-hook", "post-hook"].contains(key) && value.stringValue != nil ? JSON.array([value]) : value
                if isWhole || (isTest ? Self.ofTests.contains(key) : !Self.leftOut.contains(key)) { found[key] = Self.settled(value) }
            }
            return found
        }
        return compared(new) == compared(old)
    }

    private func samePersistedDescriptions(_ new: JSON, _ old: JSON) -> Bool {
        let persisted = new["config"]?["persist_docs"]
        if persisted?["relation"] == true, new["description"] != old["description"] { return false }
        guard persisted?["columns"] == true else { return true }
        func descriptions(_ json: JSON) -> [String: JSON] {
            Dictionary((json["columns"]?.objectValue?.pairs ?? []).map { ($0.key, $0.value["description"] ?? "") }) { first, _ in first }
        }
        return descriptions(new) == descriptions(old)
    }

    private func sameRelation(_ new: JSON, _ old: JSON, isSource: Bool) -> Bool {
        if isSource { return ["schema", "identifier"].allSatisfy { Self.same(new[$0], old[$0]) } && (new["database"]?.stringValue ?? "") == (old["database"]?.stringValue ?? "") }
        return ["database", "schema", "alias"].allSatisfy { Self.same(new["unrendered_config"]?[$0], old["unrendered_config"]?[$0]) }
    }

    private func sameContract(_ new: JSON, _ old: JSON) throws(ProjectProblem) -> Bool {
        guard new["resource_type"] == "model" else { return true }
        return try !ContractChange(new, since: old, adapter: manifest.target.type).isChanged()
    }

    /// Whether a macro that the node calls, directly or not, is another one now.
    private func hasChangedMacro(_ new: JSON, _ old: JSON?) -> Bool {
        guard !changedMacros.isEmpty else { return false }
        func macros(_ json: JSON?) -> [String] { (json?["depends_on"]?["macros"]?.arrayValue ?? []).compactMap(\.stringValue) }
        var border = macros(new) + macros(old)
        var seen: Set<String> = []
        while let id = border.popLast() {
            if changedMacros.contains(id) { return true }
            if seen.insert(id).inserted { border += macros(self.old["macros"]?[id]) }
        }
        return false
    }
}
