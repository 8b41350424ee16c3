internal import Jinja

/// A call that a macro's text makes, as it is written: of a macro, or of something else that has a name.
struct MacroCall {
    /// `star` or `dbt_utils.star`; of a dispatched macro the name that is dispatched.
    let name: String
    let isDispatched: Bool
    let namespace: String?

    init(_ site: CallSite) {
        isDispatched = site.name == "adapter.dispatch"
        func text(_ place: Int, _ word: String) -> String? {
            let value = site.arguments.positional.indices.contains(place) ? site.arguments.positional[place] : site.arguments.named.first { $0.name == word }?.value
            return value.flatMap { StaticReader.literal($0)?.stringValue }
        }
        name = isDispatched ? text(0, "macro_name") ?? "" : site.name
        namespace = isDispatched ? text(1, "macro_namespace") : nil
    }

    /// These do not count even where the project has a macro of the name.
    private static let ofEveryone: Set<String> = ["ref", "source", "config"]

    /// The macros that calls mean, each once, in their order.
    static func macros(_ calls: [MacroCall], by caller: String, in manifest: Manifest, _ host: (any ParseTimeHost)?) -> [String] {
        var found: [String] = []
        let package = manifest.macros[caller]?.packageName ?? manifest.project.name
        // A macro that calls itself by its plain name does not count; with its package's before it, it does.
        for call in calls where call.isDispatched || (call.name != manifest.macros[caller]?.name && !ofEveryone.contains(call.name)) {
            if let id = call.target(from: package, in: manifest, host), !call.isDispatched || id != caller, !found.contains(id) { found.append(id) }
        }
        return found
    }

    private func target(from package: String, in manifest: Manifest, _ host: (any ParseTimeHost)?) -> String? {
        func macro(_ name: String, of owners: [String]) -> String? {
            owners.lazy.map { "macro.\($0).\(name)" }.first { manifest.macros[$0] != nil }
        }
        let root = manifest.project.name
        // Of the packages that have one, dbt takes the last.
        let others = manifest.packages.dropFirst().map(\.name).reversed()
        guard isDispatched else {
            let parts = name.split(separator: ".").map(String.init)
            guard parts.count <= 2, let called = parts.last else { return nil }
            if parts.count == 2 {
                if let id = macro(called, of: [parts[0]]) ?? host?.libraryMacro(called, in: parts[0], for: manifest.target.type) { return id }
                guard parts[0] != "adapter" else { return nil }
                // As in dbt, the method of a value counts too where the project or the library has a macro of its name: `word.replace('a', 'b')`.
                return macro(called, of: [root] + others) ?? host?.libraryMacro(called, in: nil, for: manifest.target.type)
            }
            return macro(called, of: [package, root] + others) ?? host?.libraryMacro(called, in: nil, for: manifest.target.type)
        }
        let stated = manifest.project.dispatch.first { $0.namespace == namespace }?.order
        let owners = stated ?? namespace.map { [root, $0] } ?? [package, root]
        for owner in owners {
            for prefix in [manifest.target.type, "default"] {
                if let id = macro("\(prefix)__\(name)", of: [owner]) { return id }
            }
        }
        return namespace ?? "dbt" == "dbt"
            ? [manifest.target.type, "default"].lazy.compactMap { host?.libraryMacro("\($0)__\(name)", in: nil, for: manifest.target.type) }.first : nil
    }
}
