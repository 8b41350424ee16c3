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

    /// Descriptions and arguments of macros, from the sections `macros:`.
    func describeMacros(_ patches: [NodePatch], _ manifest: inout Manifest) {
        for patch in patches where patch.section == "macros" {
            let id = "macro.\(patch.package.name).\(patch.name)"
            guard manifest.macros[id] != nil else {
                manifest.warnings.append("\(patch.file):\(patch.line): there is no macro '\(patch.name)'")
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
