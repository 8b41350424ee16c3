internal import Kernel
internal import Project

/// The warehouse that a profile's target means.
enum ProfileWarehouse {
    static func url(of target: Target, projectFolder: String) throws -> String {
        if let url = target.values["url"]?.stringValue { return url }
        guard target.type == "sqlite" else {
            throw PlainProblem(
                "dbt.unsupported", "a profile of type '\(target.type)' is not supported yet", at: .named("profile \(target.profileName), target \(target.name)"),
                remedy: "use type: sqlite")
        }
        let files = target.values["schemas_and_paths"]?.objectValue
        guard let path = files?["main"]?.stringValue ?? target.values["path"]?.stringValue else {
            throw PlainProblem(
                "dbt.no_path", "the profile does not say where its SQLite file is", at: .named("profile \(target.profileName), target \(target.name)"),
                remedy: "add schemas_and_paths: {main: /path/to/file.db}")
        }
        // A schema directory is how the existing adapter keeps schemas: each in a file of its own.
        guard let folder = target.values["schema_directory"]?.stringValue else { return "sqlite://\(path)" }
        let others = (files?.pairs ?? []).filter { $0.key != "main" }.map { "&schema.\(encoded($0.key))=\(encoded($0.value.stringValue ?? ""))" }
        return "sqlite://\(encoded(path))?schemas=\(encoded(folder))\(others.joined())"
    }

    private static func encoded(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            if "%?&=".utf8.contains(byte) { out += Array("%\(String(byte, radix: 16, uppercase: true))".utf8) } else { out.append(byte) }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
