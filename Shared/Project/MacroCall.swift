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

    /// What dbt says of the first dispatched call that no macro answers, whether or not it is ever made; nil where there is none.
    static func fault(in calls: [MacroCall], _ manifest: Manifest, _ host: (any ParseTimeHost)?) -> String? {
        guard let host, let call = calls.first(where: { $0.isDispatched && !$0.name.isEmpty && ($0.name.contains(".") || $0.dispatchedTarget(in: manifest, host) == nil) }) else { return nil }
        if let dot = call.name.firstIndex(of: ".") {
            return "In adapter.dispatch, got a macro name of \"\(call.name)\", but \".\" is not a valid macro name component. Did you mean `adapter.dispatch(\"\(call.name[call.name.index(after: dot)...])\", macro_namespace=\"\(call.name[..<dot])\")`?"
        }
        let owners = call.owners(in: manifest).map { $0.map { "\($0)." } } ?? [""]
        let tried = owners.flatMap { owner in [manifest.target.type, "default"].map { "'\(owner)\($0)__\(call.name)'" } }
        return "In dispatch: No macro named '\(call.name)' found within namespace: '\(call.namespace ?? "None")'\n    Searched for: \(tried.joined(separator: ", "))"
    }

    /// These do not count even where the project has a macro of the name.
    private static let ofEveryone: Set<String> = ["ref", "source", "config"]

    /// The macros that calls mean, each once, in their order.
    static func macros(_ calls: [MacroCall], by caller: String, in manifest: Manifest, _ host: (any ParseTimeHost)?) -> [String] {
        var found: [String] = []
        let package = manifest.macros[caller]?.packageName ?? manifest.project.name
        // A macro that calls itself by its plain name does not count; with its package's before it, it does.
        for call in calls {
            // What is dispatched counts under its plain name too.
            if call.name != manifest.macros[caller]?.name, call.isDispatched || !ofEveryone.contains(call.name),
                let id = call.plainTarget(from: package, in: manifest, host), !found.contains(id) {
                found.append(id)
            }
            if call.isDispatched, let id = call.dispatchedTarget(in: manifest, host), id != caller, !found.contains(id) { found.append(id) }
        }
        return found
    }

    private static func macro(_ name: String, of owners: [String], in manifest: Manifest) -> String? {
        owners.lazy.map { "macro.\($0).\(name)" }.first { manifest.macros[$0] != nil }
    }

    private func plainTarget(from package: String, in manifest: Manifest, _ host: (any ParseTimeHost)?) -> String? {
        let parts = name.split(separator: ".").map(String.init)
        guard parts.count <= 2, let called = parts.last else { return nil }
        if parts.count == 2 {
            if let id = Self.macro(called, of: [parts[0]], in: manifest) ?? host?.libraryMacro(called, in: parts[0], for: manifest.target.type) { return id }
            guard parts[0] != "adapter" else { return nil }
        }
        // As in dbt, the method of a value counts too where some package has a macro of its name: `word.replace('a', 'b')`.
        return Self.macro(called, of: (parts.count == 1 ? [package] : []) + Self.everyone(in: manifest), in: manifest)
            ?? host?.libraryMacro(called, in: nil, for: manifest.target.type)
    }

    /// Where dbt looks for a plain name: in the project, then in the packages, the last first.
    private static func everyone(in manifest: Manifest) -> [String] {
        [manifest.project.name] + manifest.packages.dropFirst().reversed().map(\.name)
    }

    private func dispatchedTarget(in manifest: Manifest, _ host: (any ParseTimeHost)?) -> String? {
        let prefixes = [manifest.target.type, "default"]
        guard let owners = owners(in: manifest) else {
            return prefixes.lazy.compactMap { prefix in
                Self.macro("\(prefix)__\(name)", of: Self.everyone(in: manifest), in: manifest) ?? host?.libraryMacro("\(prefix)__\(name)", in: nil, for: manifest.target.type)
            }.first
        }
        for owner in owners {
            for prefix in prefixes {
                if let id = Self.macro("\(prefix)__\(name)", of: [owner], in: manifest) { return id }
            }
        }
        return owners.contains("dbt") ? prefixes.lazy.compactMap { host?.libraryMacro("\($0)__\(name)", in: nil, for: manifest.target.type) }.first : nil
    }

    /// The packages where a dispatched macro is looked for; nil for all, also where the namespace is no package's.
    private func owners(in manifest: Manifest) -> [String]? {
        guard let namespace else { return nil }
        if let stated = manifest.project.dispatch.first(where: { $0.namespace == namespace }) { return stated.order }
        return namespace == "dbt" || manifest.packages.contains { $0.name == namespace } ? [manifest.project.name, namespace] : nil
    }
}
