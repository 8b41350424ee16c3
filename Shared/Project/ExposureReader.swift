internal import Kernel

/// Makes exposures and groups of their entries in a schema file.
struct ExposureReader {
    let package: PackageFile
    let problems: ProblemList

    private static let types = ["dashboard", "notebook", "analysis", "ml", "application"]
    private static let maturities = ["low", "medium", "high"]

    func node(for entry: YAMLValue) -> Node? {
        guard let name = entry["name"]?.text else {
            problems.add("project.missing_name", "an entry of 'exposures' has no name", at: entry.location, remedy: "add name:")
            return nil
        }
        guard let type = entry["type"]?.text, Self.types.contains(type) else {
            problems.add(
                "project.bad_exposure", "the exposure '\(name)' has no type that dbt knows", at: (entry["type"] ?? entry).location,
                remedy: "choose one of: \(Self.types.joined(separator: ", "))")
            return nil
        }
        guard let owner = owner(of: entry, "exposure '\(name)'") else { return nil }
        if let maturity = entry["maturity"]?.text, !Self.maturities.contains(maturity) {
            problems.add(
                "project.bad_exposure", "the exposure '\(name)' has the maturity '\(maturity)'", at: entry.location,
                remedy: "choose one of: \(Self.maturities.joined(separator: ", "))")
        }
        var node = Self.node(.exposure, name, entry, package)
        node.description = entry["description"]?.text ?? ""
        node.config = NodeConfig(entry["config"]?.json.objectValue ?? JSONObject())
        for key in ["meta", "tags"] { if let value = entry[key] { node.beside[key] = value.json } }
        node.rawCode = (entry["depends_on"]?.strings ?? []).map { "{{ \($0) }}" }.joined(separator: "\n")
        node.details = JSON([
            ("type", .string(type)), ("owner", owner), ("label", JSON(entry["label"]?.text)), ("maturity", JSON(entry["maturity"]?.text)),
            ("url", JSON(entry["url"]?.text)),
        ]).objectValue ?? JSONObject()
        return node
    }

    func group(for entry: YAMLValue) -> Manifest.Group? {
        guard let name = entry["name"]?.text else {
            problems.add("project.missing_name", "an entry of 'groups' has no name", at: entry.location, remedy: "add name:")
            return nil
        }
        guard let owner = owner(of: entry, "group '\(name)'") else { return nil }
        return Manifest.Group(
            uniqueID: "group.\(package.name).\(name)", name: name, packageName: package.name, originalFilePath: entry.file,
            description: entry["description"]?.text, owner: owner, config: entry["config"]?.json.objectValue ?? JSONObject())
    }

    private func owner(of entry: YAMLValue, _ what: String) -> JSON? {
        guard let owner = entry["owner"], owner["name"] != nil || owner["email"] != nil else {
            problems.add(
                "project.missing_owner", "the \(what) has no owner with a name or an email", at: (entry["owner"] ?? entry).location,
                remedy: "add owner: {name: …} or owner: {email: …}")
            return nil
        }
        var full: JSON = ["email": .null, "name": .null]
        for (key, value) in owner.json.objectValue?.pairs ?? [] { full[key] = value }
        return full
    }

    /// What every node that is written in a schema file has in common.
    static func node(_ type: ResourceType, _ name: String, _ entry: YAMLValue, _ package: PackageFile) -> Node {
        let path = entry.file.split(separator: "/").dropFirst().joined(separator: "/")
        var node = Node(
            uniqueID: "\(type.rawValue).\(package.name).\(name)", resourceType: type, name: name, packageName: package.name, path: path,
            originalFilePath: entry.file, rootFolder: package.folder, fqn: [package.name] + FileTree.folders(of: path) + [name], rawCode: "")
        node.line = entry.line
        return node
    }
}
