internal import Kernel

/// Who may refer to what, and what a contract asks of a model.
extension ProjectReader {
    func checkAccess(_ manifest: Manifest) {
        let groups = Set(manifest.groups.values.map(\.name))
        let restricting = Set(manifest.packages.filter(\.restrictsAccess).map(\.name))
        for type in [ResourceType.metric, .semanticModel, .savedQuery] {
            for node in manifest.others(of: type).values.sorted(by: { $0.uniqueID < $1.uniqueID }) { checkGroup(of: node, groups) }
        }
        let readers = [ResourceType.exposure, .metric, .semanticModel].flatMap { manifest.others(of: $0).values }
        let isAnyRefused = !restricting.isEmpty || manifest.nodes.values.contains { $0.access == "private" }
        for node in manifest.nodes.values.sorted(by: { $0.uniqueID < $1.uniqueID }) {
            checkGroup(of: node, groups)
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
            if isAnyRefused { refuseParents(of: node, manifest) }
        }
        if isAnyRefused { for node in readers.sorted(by: { $0.uniqueID < $1.uniqueID }) { refuseParents(of: node, manifest) } }
    }

    private func checkGroup(of node: Node, _ groups: Set<String>) {
        // A test has the group of what it tests.
        guard let group = node.group, !group.isEmpty, !groups.contains(group), node.test == nil else { return }
        problems.add(
            "project.group_not_found", "Invalid group '\(group)', expected one of \(PythonList.list(groups.sorted()))", at: node.location,
            remedy: Similarity.nearest(to: group, among: groups).map { "did you mean '\($0)'?" } ?? "add the group to a schema file")
    }

    private func refuseParents(of node: Node, _ manifest: Manifest) {
        for parent in node.dependsOn.compactMap({ manifest.nodes[$0] }) where parent.resourceType == .model && node.attachedNode != parent.uniqueID {
            refuse(node, parent, manifest)
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

    /// A primary key is of one column, or of the model.
    private func checkPrimaryKey(of node: Node) {
        func isKey(_ constraint: JSON) -> Bool { constraint["type"] == "primary_key" }
        let columns = node.columns.filter { $0.constraints.contains(where: isKey) }.map(\.name)
        guard !columns.isEmpty else { return }
        var reasons: [String] = []
        if columns.count > 1 {
            reasons.append("Found \(columns.count) columns (\(PythonList.list(columns))) with primary key constraints defined. Primary keys for multiple columns must be defined as a model level constraint.")
        }
        if node.constraints.contains(where: isKey) {
            reasons.append("Primary key constraints defined at the model level and the columns level. Primary keys can be defined at the model level or the column level, not both.")
        }
        guard !reasons.isEmpty else { return }
        problems.add(
            "project.bad_contract", "Primary key constraint error: (\(node.originalFilePath))\n\(reasons.joined(separator: "\n"))", at: node.location, remedy: "name the key's columns in one constraint of the model")
    }

    func checkContracts(_ manifest: inout Manifest) {
        for node in manifest.nodes.values.sorted(by: { $0.uniqueID < $1.uniqueID }) where node.resourceType == .model { checkPrimaryKey(of: node) }
        let contracted = manifest.nodes.values.filter { $0.resourceType == .model && $0.config["contract"]?["enforced"] == true }
        for node in contracted.sorted(by: { $0.uniqueID < $1.uniqueID }) {
            var reasons: [String] = []
            if node.columns.isEmpty { reasons.append("Constraints must be defined in a `yml` schema configuration file like `schema.yml`.") }
            let constraints = node.columns.flatMap(\.constraints) + node.constraints
            if !["table", "incremental"].contains(node.config.materialized), constraints.contains(where: { $0["warn_unsupported"]?.boolValue ?? true }) {
                manifest.warnings.append(.init(
                    "UnsupportedConstraintMaterialization",
                    "Constraint types are not supported for \(node.config.materialized) materializations and will be ignored.  Set 'warn_unsupported: false' on this constraint to ignore this warning.",
                    .taggedThenWrapped, in: node.rootFolder, node.patchPath?.split(separator: "://", maxSplits: 1).last.map(String.init) ?? node.originalFilePath, place: ProjectWarning.place(of: "models")))
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

    /// No two nodes leave the same relation.
    func checkRelations(_ manifest: Manifest) {
        let relations = RelationText(manifest)
        var owners: [String: Node] = [:]
        for node in manifest.nodes.values.sorted(by: { $0.uniqueID < $1.uniqueID }) where node.resourceType.isReferable || node.failuresRelation() != nil {
            guard let relation = relations.text(of: node) else { continue }
            guard let twin = owners.updateValue(node, forKey: relation) else { continue }
            problems.add(
                "project.duplicate_relation",
                "dbt found two resources with the database representation \"\(relation)\".\ndbt cannot create two resources with identical database representations.", at: node.location,
                remedy: "change the name, the alias or the schema of '\(node.uniqueID)' or of '\(twin.uniqueID)' (\(twin.originalFilePath))")
        }
    }

    /// What may be left out of a call stands behind what may not.
    func checkArguments(_ manifest: Manifest) {
        for node in manifest.nodes.values.sorted(by: { $0.uniqueID < $1.uniqueID }) where node.resourceType == .function {
            let defaults = node.arguments.map { $0["default_value"] ?? .null }
            guard let first = defaults.firstIndex(where: { !$0.isNull }), let place = defaults[first...].firstIndex(where: \.isNull) else { continue }
            problems.add(
                "project.bad_function",
                "Non-defaulted argument '\(node.arguments[place]["name"]?.stringValue ?? "")' of function '\(node.name)' comes after a defaulted argument. Non-defaulted arguments cannot come after defaulted arguments. ",
                at: node.location, remedy: "put it before them, or give it a default_value")
        }
    }

    /// What a microbatch model has to say.
    func checkBatches(_ manifest: inout Manifest) {
        for node in manifest.nodes.values.sorted(by: { $0.uniqueID < $1.uniqueID }) where manifest.isBuiltInBatches(node) {
            func require(_ holds: Bool, _ what: String, _ remedy: String) {
                guard !holds else { return }
                problems.add("project.bad_microbatch", "Microbatch model '\(node.name)' must provide \(what)", at: node.location, remedy: remedy)
            }
            let (begin, size, time) = (node.config["begin"] ?? .null, node.config["batch_size"] ?? .null, node.config["event_time"] ?? .null)
            require(
                time.isNull || time.stringValue != nil, "an 'event_time' config of type string, but got: <class '\(PythonText.typeName(time))'>.",
                "name the column with the time of a row")
            require(
                !time.isNull, "an 'event_time' (string) config that indicates the name of the event time column.",
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
            // From here on it is a time of Python's.
            if let time = begin.stringValue.flatMap(YAMLValue.begin) { manifest.nodes[node.uniqueID]?.config.values["begin"] = .string(time) }
            if let lookback = node.config["lookback"], !lookback.isNull {
                require(lookback.intValue != nil, "the optional 'lookback' config as type int, but got: <class '\(PythonText.typeName(lookback))'>).", "set lookback: 1")
            }
        }
    }

    /// Descriptions and arguments of macros, from the sections `macros:`.
    func describeMacros(_ patches: [NodePatch], _ manifest: inout Manifest) {
        var described: [String: NodePatch] = [:]
        for patch in patches where patch.section == "macros" {
            let id = "macro.\(patch.package.name).\(patch.name)"
            guard manifest.macros[id] != nil else {
                manifest.warnings.append(.init("MacroNotFoundForPatch", "Found patch for macro \"\(patch.name)\" which was not found", in: patch.package.folder, patch.file, place: ProjectWarning.place(of: "macros")))
                continue
            }
            if let first = described.updateValue(patch, forKey: id), first.file != patch.file || first.line != patch.line {
                problems.add(
                    "project.duplicate_patch", "dbt found two schema.yml entries for the same macro in package \(patch.package.name) named \(patch.name). Macros may only be described a single time.",
                    at: .file(patch.file, line: patch.line), remedy: "keep one; the other is in \(first.file):\(first.line)")
            }
            reread.insert(id)
            manifest.macros[id]?.description = patch.description
            if manifest.validatesMacroArguments {
                for fault in MacroArguments.faults(of: patch.name, defined: manifest.macros[id]?.arguments ?? [], written: patch.arguments) {
                    manifest.warnings.append(.init("InvalidMacroAnnotation", fault, .plain, in: patch.package.folder, patch.file, place: ProjectWarning.place(of: "macros")))
                }
            }
            if !manifest.validatesMacroArguments || !patch.arguments.isEmpty { manifest.macros[id]?.arguments = patch.arguments }
            manifest.macros[id]?.config = patch.config
            manifest.macros[id]?.patchPath = "\(patch.package.name)://\(patch.file)"
        }
    }
}
