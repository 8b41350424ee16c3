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

    /// The macros that calls mean, each once, in their order.
    static func macros(_ calls: [MacroCall], by caller: String, in manifest: Manifest, _ host: (any ParseTimeHost)?) -> [String] {
        var found: [String] = []
        let package = manifest.macros[caller]?.packageName ?? manifest.project.name
        for call in calls {
            // As in dbt, `builtins.ref` in a macro `ref` looks like a call of itself, and a macro that does call itself like none.
            if let id = call.target(from: package, in: manifest, host), id != caller || call.name.contains("."), !found.contains(id) { found.append(id) }
        }
        return found
    }

    private func target(from package: String, in manifest: Manifest, _ host: (any ParseTimeHost)?) -> String? {
        func macro(_ name: String, of owners: [String]) -> String? {
            owners.lazy.map { "macro.\($0).\(name)" }.first { manifest.macros[$0] != nil }
        }
        let root = manifest.project.name
        guard isDispatched else {
            let parts = name.split(separator: ".").map(String.init)
            guard parts.count <= 2, let called = parts.last else { return nil }
            // Where no package is called so, dbt goes by the name alone.
            let isPackage = parts.count == 2 && (parts[0] == "dbt" || manifest.packages.contains { $0.name == parts[0] })
            let own = macro(called, of: isPackage ? [parts[0]] : [package, root])
            return own ?? host?.libraryMacro(called, in: parts.count == 2 ? parts[0] : nil, for: manifest.target.type)
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
