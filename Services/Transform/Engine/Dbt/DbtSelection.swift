internal import Kernel
internal import Project

/// What a command is about, and what is read where the state has it.
extension DbtSite {
    /// The unique ids that the command is about.
    func select() throws -> Set<String> {
        let state = arguments.value("state").map { PreviousState(folder: $0, targetFolder: folder.path) }
        var selector = Selector(manifest, state: state, indirect: arguments.indirect ?? .eager)
        var nothing: [String] = []
        selector.onNothing = { nothing.append($0) }
        var chosen: Set<String>
        if let name = arguments.value("selector") {
            chosen = try selector.ids(of: manifest.selectors.selection(named: name))
        } else if arguments.select.isEmpty, arguments.exclude.isEmpty, let name = manifest.selectors.byDefault {
            log("Using default selector \(name)", name: "DefaultSelector")
            chosen = try selector.ids(of: manifest.selectors.selection(named: name))
        } else {
            chosen = try selector.select(arguments.select, exclude: arguments.exclude)
        }
        for criterion in nothing { try warnings.tell("The selection criterion '\(criterion)' does not match any enabled nodes", "NoNodesForSelectionCriteria", with: [("spec_raw", .string(criterion))]) }
        let (wanted, unwanted) = (arguments.list("resource-type"), arguments.list("exclude-resource-type"))
        chosen = chosen.filter { id in
            let type = manifest[id]?.resourceType ?? .source
            return (wanted.isEmpty || Self.fits(type, wanted)) && !Self.fits(type, unwanted)
        }
        if let only {
            if let gone = only.sorted().first(where: { manifest[$0] == nil && manifest.sources[$0] == nil }) {
                throw PlainProblem("dbt.gone_node", "Couldn't find model '\(gone)' -- does it exist or is it disabled?", remedy: "run the command itself again")
            }
            chosen.formIntersection(only)
        }
        narrow(to: Array(chosen))
        return chosen
    }

    /// `test` means data tests and unit tests; `all` and `default` mean everything.
    private static func fits(_ type: ResourceType, _ words: [String]) -> Bool {
        words.contains { word in
            switch word {
            case "all": true
            case "default": type != .analysis
            case "test", "data_test": type == .test
            default: type.rawValue == word
            }
        }
    }

    /// Of `--defer`: where the nodes of the state lie.
    func deferred() throws -> [String: Manifest.DeferredRelation] {
        guard let folder = arguments.value("defer-state") ?? arguments.value("state") else {
            throw PlainProblem(
                "dbt.no_state", "Received a --defer argument, but no value was provided to --state.", at: .named("--defer"), remedy: "name the folder of the other environment's artifacts with --state")
        }
        let old = try PreviousState(folder: folder, targetFolder: self.folder.path).manifest()
        var found: [String: Manifest.DeferredRelation] = [:]
        for (id, node) in old["nodes"]?.objectValue?.pairs ?? [] where ["model", "seed", "snapshot"].contains(node["resource_type"]?.stringValue ?? "") {
            guard node["config"]?["materialized"] != "ephemeral" else { continue }
            found[id] = .init(database: node["database"]?.stringValue ?? "", schema: node["schema"]?.stringValue ?? "", identifier: node["alias"]?.stringValue ?? "")
        }
        for (id, function) in old["functions"]?.objectValue?.pairs ?? [] {
            found[id] = .init(database: function["database"]?.stringValue ?? "", schema: function["schema"]?.stringValue ?? "", identifier: function["alias"]?.stringValue ?? "")
        }
        return found
    }
}
