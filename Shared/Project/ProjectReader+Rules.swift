internal import Kernel

/// Who may refer to what, and what a contract asks of a model.
extension ProjectReader {
    func checkAccess(_ manifest: Manifest) {
        let groups = Set(manifest.groups.values.map(\.name))
        let restricting = Set(manifest.packages.filter(\.restrictsAccess).map(\.name))
        let isAnyRefused = !restricting.isEmpty || manifest.nodes.values.contains { $0.access == "private" }
        for node in manifest.nodes.values.sorted(by: { $0.uniqueID < $1.uniqueID }) {
            if let group = node.group, !groups.contains(group), node.resourceType == .model {
                problems.add(
                    "project.group_not_found", "Invalid group '\(group)', expected one of \(groups.sorted())", at: node.location,
                    remedy: Similarity.nearest(to: group, among: groups).map { "did you mean '\($0)'?" } ?? "add the group to a schema file")
            }
            if node.resourceType == .model, !["private", "protected", "public"].contains(node.access) {
                problems.add(
                    "project.bad_access", "Node \(node.uniqueID) has an invalid value (\(node.access)) for the access field", at: node.location,
                    remedy: "choose private, protected or public")
            }
            if node.resourceType == .model, node.access == "public", node.isEphemeral {
                problems.add(
                    "project.bad_access", "Node \(node.uniqueID) with 'ephemeral' materialization has an invalid value (public) for the access field", at: node.location,
                    remedy: "choose private or protected, or another materialization")
            }
            guard isAnyRefused else { continue }
            for parent in node.dependsOn.compactMap({ manifest.nodes[$0] }) where parent.resourceType == .model && node.attachedNode != parent.uniqueID {
                refuse(node, parent, manifest)
            }
        }
    }

    private func refuse(_ node: Node, _ parent: Node, _ manifest: Manifest) {
        let subject = "Node \(node.uniqueID) attempted to reference node \(parent.uniqueID), which is not allowed because the referenced node is"
        if parent.access == "private", node.group != parent.group || node.group == nil, node.resourceType != .test || node.test == nil {
            problems.add(
                "project.ref_refused", "\(subject) private to the '\(parent.group ?? "")' group.", at: node.location,
                remedy: "put '\(node.name)' into that group, or make '\(parent.name)' protected")
        }
        let restricts = manifest.packages.first { $0.name == parent.packageName }?.restrictsAccess ?? false
        if parent.access != "public", parent.packageName != node.packageName, restricts {
            problems.add(
                "project.ref_refused", "\(subject) \(parent.access) to the '\(parent.packageName)' package.", at: node.location,
                remedy: "make '\(parent.name)' public, or remove the reference")
        }
    }

    func checkContracts(_ manifest: Manifest) {
        let contracted = manifest.nodes.values.filter { $0.resourceType == .model && $0.config["contract"]?["enforced"] == true }
        for node in contracted.sorted(by: { $0.uniqueID < $1.uniqueID }) {
            var reasons: [String] = []
            if node.columns.isEmpty { reasons.append("Constraints must be defined in a `yml` schema configuration file like `schema.yml`.") }
            if !["table", "view", "incremental"].contains(node.config.materialized) {
                reasons.append("Only table, view, and incremental materializations are supported for constraints, but found '\(node.config.materialized)'")
            }
            let change = node.config["on_schema_change"]?.stringValue ?? "ignore"
            if node.config.materialized == "incremental", change != "append_new_columns", change != "fail" {
                reasons.append(
                    "Invalid value for on_schema_change: \(change). Models materialized as incremental with contracts enabled must set on_schema_change to 'append_new_columns' or 'fail'")
            }
            if !reasons.isEmpty {
                problems.add(
                    "project.bad_contract", "Contract enforcement failed for: (\(node.originalFilePath)) \(reasons.joined(separator: " "))", at: node.location,
                    remedy: "list the model's columns with their data types, or turn the contract off")
            }
        }
    }

    /// What a microbatch model has to say.
    func checkBatches(_ manifest: Manifest) {
        for node in manifest.nodes.values.sorted(by: { $0.uniqueID < $1.uniqueID }) where manifest.isBuiltInBatches(node) {
            func require(_ holds: Bool, _ what: String, _ remedy: String) {
                guard !holds else { return }
                problems.add("project.bad_microbatch", "Microbatch model '\(node.name)' must provide \(what)", at: node.location, remedy: remedy)
            }
            let (begin, size) = (node.config["begin"] ?? .null, node.config["batch_size"] ?? .null)
            require(
                node.config["event_time"]?.stringValue != nil, "an 'event_time' (string) config that indicates the name of the event time column.",
                "name the column with the time of a row")
            require(
                !begin.isNull, "a 'begin' (datetime) config that indicates the earliest timestamp the microbatch model should be built from.",
                "set begin: '2026-01-01'")
            require(
                begin.isNull || Timestamp(isoDay: begin.stringValue ?? "") != nil, "a 'begin' config of valid datetime (ISO format), but got: \(begin.stringValue ?? begin.text()).",
                "set begin: '2026-01-01'")
            require(
                ["hour", "day", "month", "year"].contains(size.stringValue), "a 'batch_size' config that is one of ['hour', 'day', 'month', 'year'], but got: \(size.isNull ? "None" : size.stringValue ?? size.text()).",
                "set batch_size: day")
            if let lookback = node.config["lookback"], !lookback.isNull {
                require(lookback.intValue != nil, "the optional 'lookback' config as type int, but got: \(lookback.text()).", "set lookback: 1")
            }
        }
    }

    /// Descriptions and arguments of macros, from the sections `macros:`.
    func describeMacros(_ patches: [NodePatch], _ manifest: inout Manifest) {
        for patch in patches where patch.section == "macros" {
            let id = "macro.\(patch.package.name).\(patch.name)"
            guard manifest.macros[id] != nil else {
                manifest.warnings.append(.init("MacroNotFoundForPatch", "Found patch for macro \"\(patch.name)\" which was not found", in: patch.package.folder, patch.file, place: ProjectWarning.place(of: "macros")))
                continue
            }
            reread.insert(id)
            manifest.macros[id]?.description = patch.description
            manifest.macros[id]?.arguments = patch.arguments
            manifest.macros[id]?.config = patch.config
            manifest.macros[id]?.patchPath = "\(patch.package.name)://\(patch.file)"
        }
    }
}

/// What metrics need.
extension ProjectReader {
    /// dbt's rule: who models measures gives them a calendar, by days or finer.
    func checkTimeSpine(_ manifest: Manifest) {
        guard !manifest.others(of: .semanticModel).isEmpty else { return }
        let fine = ["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day"]
        let isThere = manifest.nodes.values.contains { node in
            guard node.resourceType == .model else { return false }
            if node.name == "metricflow_time_spine" { return true }
            guard let column = node.timeSpine["standard_granularity_column"]?.stringValue else { return false }
            return node.columns.contains { $0.name == column && fine.contains($0.granularity ?? "") }
        }
        guard !isThere else { return }
        problems.add(
            "project.no_time_spine", "The semantic layer requires a time spine model with granularity DAY or smaller in the project, but none was found.", at: .file("models"),
            remedy: "add a model with time_spine: (https://docs.getdbt.com/docs/build/metricflow-time-spine)")
    }
}
