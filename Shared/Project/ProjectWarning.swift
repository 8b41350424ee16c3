public import Kernel

/// What is told of a project that is not wrong: in dbt's words, under the name of its event.
public struct ProjectWarning: Hashable, Sendable, CustomStringConvertible {
    /// How dbt frames the text.
    public enum Frame: String, Hashable, Sendable {
        case plain
        /// `[WARNING]: ` before it.
        case tagged
        /// The same, and the text is broken into lines: before the tag is put there, or with it.
        case wrappedThenTagged, taggedThenWrapped
        /// Under `Deprecated functionality`, with the event's name or without.
        case deprecation, namelessDeprecation
        /// Counted as those are, and framed as a warning whose tag is broken into lines with it.
        case taggedDeprecation
        /// No option makes it an error, or silences it.
        case note
        /// dbt tells nothing here: for those who examine a project, not for a command.
        case hint
    }

    /// `NoNodeForYamlKey` …
    public let event: String
    public let text: String
    public let frame: Frame
    /// The file that it is about: the package's folder, and the path below it. Empty where it is about none.
    var folder = ""
    var file = ""
    /// Whether that file alone decides: it is so until the file changes.
    var isLocal = false
    /// Where dbt tells it: what a file is read for comes before what its sections say.
    var place = 0

    public init(_ event: String, _ text: String, _ frame: Frame = .tagged) {
        self.event = event
        self.text = text
        self.frame = frame
    }

    /// Of a file of a package.
    init(_ event: String, _ text: String, _ frame: Frame = .tagged, in folder: String, _ file: String, place: Int = 0, isLocal: Bool = false) {
        self.init(event, text, frame)
        (self.folder, self.file, self.place, self.isLocal) = (folder, file, place, isLocal)
    }

    public var description: String { text }
    var path: String { "\(folder)/\(file)" }

    /// The sections of a schema file in the order in which dbt reads them; a section's tests follow it.
    static func place(of section: String, isTest: Bool = false) -> Int {
        let sections = ["models", "seeds", "snapshots", "sources", "macros", "data_tests", "analyses", "exposures", "functions", "metrics", "groups", "semantic_models", "unit_tests", "saved_queries"]
        return 10 + 2 * (sections.firstIndex(of: section) ?? sections.count) + (isTest ? 1 : 0)
    }

    /// dbt reads tests of sources behind all files, and finds references then.
    static let (ofSourceTests, ofReferences, ofSemantics) = (900, 1_000, 1_100)

    /// As dbt comes upon them: package by package, file by file; of one place in the order in which they were found.
    static func sorted(_ warnings: [ProjectWarning], packages: [PackageFile]) -> [ProjectWarning] {
        let order = Dictionary(packages.enumerated().map { ($1.folder, $0) }) { first, _ in first }
        func key(_ warning: ProjectWarning) -> (Int, Int, String, Int) { (warning.place == 0 ? 0 : warning.place < Self.ofSourceTests ? 1 : warning.place, order[warning.folder] ?? -1, warning.file, warning.place) }
        return warnings.enumerated().sorted { one, other in
            let (left, right) = (key(one.element), key(other.element))
            return left == right ? one.offset < other.offset : left < right
        }.map(\.element)
    }
}

extension Manifest {
    /// What dbt tells of a project each time, however it was read: models that are to go, configuration that nothing has.
    ///
    /// - Parameters:
    ///   - now: whether a date has passed.
    ///   - tellsAll: each resource of a kind, as `--debug` asks for it.
    public func standingWarnings(now: Timestamp, tellsAll: Bool = false) -> [ProjectWarning] {
        var found = deprecated(now: now) + standingDeprecations(tellsAll: tellsAll)
        let counts = runsBatches ? nodes.values.count { $0.config["concurrent_batches"] == true } : 0
        if counts > 0 {
            found.append(
                .init(
                    "InvalidConcurrentBatchesConfig",
                    "Found \(counts) microbatch model\(counts == 1 ? "" : "s") with the `concurrent_batches` config set to true, but the \(target.type) adapter does not support running batches concurrently. Batches will be run sequentially.",
                    .taggedThenWrapped))
        }
        found += unfiltered + deprecatedNamesakes
        let unused = unusedPaths
        if !unused.isEmpty {
            found.append(
                .init(
                    "UnusedResourceConfigPath",
                    "Configuration paths exist in your dbt_project.yml file which do not apply to any resources.\nThere are \(unused.count) unused configuration paths:\n\(unused.map { "- \($0)" }.joined(separator: "\n"))"))
        }
        return found
    }

    /// Models in whose batches all that they read is read each time.
    private var unfiltered: [ProjectWarning] {
        inReadingOrder.filter { node in
            isBuiltInBatches(node) && !node.dependsOn.contains { id in [nodes[id]?.config["event_time"], sources[id]?.config["event_time"]].contains { $0?.stringValue?.isEmpty == false } }
        }.map {
            .init(
                "MicrobatchModelNoEventTimeInputs",
                "[WARNING]: The microbatch model '\($0.name)' has no 'ref' or 'source' input with an 'event_time' configuration. \nThis means no filtering can be applied and can result in unexpected duplicate records in the resulting microbatch model.", .note)
        }
    }

    private var inReadingOrder: [Node] {
        nodes.values.sorted { ($0.packageName == project.name ? 0 : 1, $0.path) < ($1.packageName == project.name ? 0 : 1, $1.path) }
    }

    private func deprecated(now: Timestamp) -> [ProjectWarning] {
        var found: [ProjectWarning] = []
        for node in inReadingOrder where node.resourceType == .model {
            guard let date = node.deprecationDate, let moment = Timestamp(rfc3339: date) else { continue }
            let version = node.version.map { ".v\(PythonText.text($0))" } ?? ""
            let hasPassed = moment < now
            if hasPassed { found.append(.init("DeprecatedModel", "Model \(node.name)\(version) has passed its deprecation date of \(date). This model should be disabled or removed.")) }
            for id in graph.children[node.uniqueID] ?? [] {
                guard let child = nodes[id], child.resourceType == .model else { continue }
                var text = "While compiling '\(child.name)': Found a reference to \(node.name)\(version), which \(hasPassed ? "was deprecated" : "is slated for deprecation") on '\(date)'. "
                if let own = node.version, let latest = node.latestVersion, PythonText.text(own) != PythonText.text(latest) {
                    text += "A new version of '\(node.name)' is available. \(hasPassed ? "Migrate now" : "Try it out"): {{ ref('\(node.packageName)', '\(node.name)', v='\(PythonText.text(latest))') }}."
                }
                found.append(.init(hasPassed ? "DeprecatedReference" : "UpcomingReferenceDeprecation", text))
            }
        }
        return found
    }

    /// The maps in dbt_project.yml that say something and are no resource's: `models.shop.marts`.
    private var unusedPaths: [String] {
        let all = Array(nodes.values) + others.values
        let off = disabled.map(\.fqn) + disabledSources.map(\.fqn)
        var found: [String] = []
        for section in ["models", "seeds", "snapshots", "sources", "data_tests", "unit_tests", "metrics", "semantic-models", "saved-queries", "exposures", "functions"] {
            guard let configuration = project.sections[section], configuration.isMap else { continue }
            let type = section == "data_tests" ? "test" : String(section.map { $0 == "-" ? "_" : $0 }.dropLast()).replacing("saved_querie", with: "saved_query")
            let used = off + (type == "source" ? sources.values.map(\.fqn) : all.filter { $0.resourceType.rawValue == type }.map(\.fqn))
            var paths: [[String]] = []
            Self.paths(configuration, [], &paths)
            for path in paths where !path.isEmpty && !used.contains(where: { $0.starts(with: path) }) {
                found.append(([section.replacing("-", with: "_")] + path).joined(separator: "."))
            }
        }
        return found
    }

    private static func paths(_ map: YAMLValue, _ path: [String], _ found: inout [[String]]) {
        for member in map.members {
            if member.value.isMap, !member.key.hasPrefix("+") { paths(member.value, path + [member.key], &found) } else if !found.contains(path) { found.append(path) }
        }
    }
}
