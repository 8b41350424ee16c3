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

    /// The macros of the project and its packages that calls mean, each once, in their order. What comes with dbt is left out.
    static func macros(_ calls: [MacroCall], by caller: String, in manifest: Manifest) -> [String] {
        var found: [String] = []
        let package = manifest.macros[caller]?.packageName ?? manifest.project.name
        for call in calls {
            if let id = call.target(from: package, in: manifest), id != caller, !found.contains(id) { found.append(id) }
        }
        return found
    }

    private func target(from package: String, in manifest: Manifest) -> String? {
        func macro(_ name: String, of owners: [String]) -> String? {
            owners.lazy.map { "macro.\($0).\(name)" }.first { manifest.macros[$0] != nil }
        }
        let root = manifest.project.name
        guard isDispatched else {
            let parts = name.split(separator: ".").map(String.init)
            return parts.count == 2 ? macro(parts[1], of: [parts[0]]) : parts.count == 1 ? macro(name, of: [package, root]) : nil
        }
        let stated = manifest.project.dispatch.first { $0.namespace == namespace }?.order
        let owners = stated ?? namespace.map { [root, $0] } ?? [package, root]
        for owner in owners {
            for prefix in [manifest.target.type, "default"] {
                if let id = macro("\(prefix)__\(name)", of: [owner]) { return id }
            }
        }
        return nil
    }
}
