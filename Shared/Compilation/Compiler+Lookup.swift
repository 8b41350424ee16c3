internal import Project

extension Compiler {
    /// Whether a macro has this name, the project's or one that comes with dbt; `package.name` looks in the package alone.
    public func hasMacro(named name: String) throws -> Bool {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        return try macro(parts[parts.count - 1], package: parts.count == 2 ? parts[0] : manifest.project.name) != nil
    }
}
