import Contracts
import Digest
import Kernel
import Platform
import YAML

/// Reads `pipeline.yml` into a `Pipeline`, or says all that is wrong with it by file and line.
public final class PipelineReader {
    private let path: String
    private var problems: [(mark: Mark, problem: PlainProblem)] = []
    /// The pipelines whose runs start this one, each where it is named.
    var upstreams: [Pipeline.Upstream] = []

    private init(path: String) { self.path = path }

    /// - Parameter path: the file; a `project:` in it is seen from the file's folder.
    /// - Throws: `ProblemList`.
    public static func read(_ path: String) throws -> Pipeline {
        let bytes = try Files.readAll(path)
        let reader = PipelineReader(path: path)
        let pipeline = reader.pipeline(bytes)
        guard let pipeline, reader.problems.isEmpty else { throw reader.mistakes }
        return pipeline
    }

    /// All that is wrong, from the top of the file down.
    private var mistakes: ProblemList {
        let sorted = problems.enumerated().sorted { ($0.element.mark.line, $0.element.mark.column, $0.offset) < ($1.element.mark.line, $1.element.mark.column, $1.offset) }
        return ProblemList(sorted.map(\.element.problem))
    }

    /// Every `<name>/pipeline.yml` below `folder`, in the order of names.
    public static func paths(in folder: String) throws -> [String] {
        try Files.list(folder).map { "\(folder)/\($0)/pipeline.yml" }.filter(Files.exists)
    }

    // MARK: The file

    private func pipeline(_ bytes: [UInt8]) -> Pipeline? {
        guard let root = root(String(decoding: bytes, as: UTF8.self)) else { return nil }
        let fields = mapping(root, "a pipeline", known: ["name", "warehouse", "schedule", "triggers", "steps", "notify"] + Self.policies, required: ["name", "steps"])
        let name = fields["name"].flatMap { self.name($0, "the pipeline's name") } ?? ""
        let warehouse = fields["warehouse"].flatMap(string) ?? "sqlite:///${SLUICE_HOME}/warehouse/\(name).db"
        var steps: [Pipeline.Step] = []
        for node in fields["steps"].map({ list($0, "steps") }) ?? [] {
            guard let step = step(node) else { continue }
            if steps.contains(where: { $0.name == step.name }) { report("two steps are named '\(step.name)'", node, "give each step a name of its own") }
            steps.append(step)
        }
        if fields["steps"] != nil, steps.isEmpty, problems.isEmpty { report("the pipeline has no steps", root, "add one, for example {name: build, dbt: build}") }
        fields["steps"].map(checkTemplates)
        let rules = (fields["notify"].map { list($0, "notify") } ?? []).compactMap { rule($0) }
        let triggers = fields["triggers"].flatMap { self.triggers($0, of: name) }
        return Pipeline(
            name: name, warehouse: warehouse, steps: steps, notify: rules, schedule: fields["schedule"].flatMap { schedule($0) },
            policy: policy(fields, steps: fields["steps"]), triggers: triggers, upstreams: upstreams, hash: Digest.hex(.sha256, bytes))
    }

    func root(_ text: String) -> Node? {
        do {
            if let node = try Document.read(text) { return node }
            report("the file is empty", Mark(line: 1, column: 1), "write name: and steps:")
        } catch {
            let line = error.mark.line > 0 ? text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(error.mark.line - 1).first ?? "" : ""
            report("this is not YAML: \(error.summary)", error.mark, Self.remedy(of: error, line: line))
        }
        return nil
    }

    /// The slips that people make most, each in words of its own.
    private static func remedy(of error: YAMLError, line: Substring) -> String {
        if case .duplicateKeys(let keys, _) = error { return "leave one \(keys[0]): there" }
        if line.prefix(while: \.isWhitespace).contains("\t") { return "indent with spaces: YAML takes no tabs" }
        if line.contains(": *") { return "put quotes around a value that begins with *, as in cron: \"*/15 * * * *\"" }
        return "mend the indentation or the quotes there"
    }

    private static let works = ["extract", "dbt", "noop"]

    private func step(_ node: Node) -> Pipeline.Step? {
        let fields = mapping(
            node, "a step", known: ["name", "schema", "project", "select", "exclude", "target", "vars", "seconds"] + Self.works + Self.stepPolicies, required: ["name"])
        guard let name = fields["name"].flatMap({ self.name($0, "a step's name") }) else { return nil }
        let named = Self.works.filter { fields[$0] != nil }
        guard named.count == 1, let node = fields[named[0]] else {
            report("step '\(name)' names \(named.isEmpty ? "no work" : named.joined(separator: " and "))", node, "give it exactly one of \(Self.works.joined(separator: ", "))")
            return nil
        }
        switch named[0] {
        case "extract":
            let connections = list(node, "extract").compactMap { connection($0) }
            return Pipeline.Step(name: name, work: .extract(schema: fields["schema"].flatMap(string) ?? "raw", connections: connections))
        case "dbt":
            guard let command = dbtCommand(node) else { return nil }
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            let project = fields["project"].flatMap(string) ?? "dbt"
            return Pipeline.Step(name: name, work: .dbt(Pipeline.DbtStep(
                command: command, project: Files.absolute(project.hasPrefix("/") ? project : "\(folder.isEmpty ? "." : folder)/\(project)"),
                select: fields["select"].flatMap(string), exclude: fields["exclude"].flatMap(string),
                target: fields["target"].flatMap(string), vars: fields["vars"].map(json) ?? [:])))
        default:
            guard let word = string(node), let role = Role(rawValue: word) else {
                report("noop names no role", node, "write one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
                return nil
            }
            let seconds = fields["seconds"].map { $0.scalar?.json.doubleValue ?? -1 } ?? 0
            if !(0...3600).contains(seconds), let place = fields["seconds"] { report("seconds is no number from 0 to 3600", place, "write seconds: 0.5") }
            return Pipeline.Step(name: name, work: .noop(role, seconds: seconds))
        }
    }

    /// What `sluice-transform` does for a step.
    private static let dbtCommands = ["build", "run", "test", "seed", "snapshot", "docs", "docs generate"]

    private func dbtCommand(_ node: Node) -> String? {
        guard let command = string(node) else { return nil }
        if !Self.dbtCommands.contains(command), !isFilledLater(command) {
            let near = Similarity.nearest(to: command, among: Self.dbtCommands)
            report("a step cannot run 'dbt: \(command)'", node, near.map { "did you mean '\($0)'?" } ?? "write one of \(Self.dbtCommands.joined(separator: ", "))")
        }
        return command
    }

    private func isFilledLater(_ text: String) -> Bool { text.contains("${") || text.contains("{{") }

    private func connection(_ node: Node) -> Pipeline.Connection? {
        let fields = mapping(node, "an extract", known: ["connector", "settings", "streams"], required: ["connector", "streams"])
        guard let connector = fields["connector"].flatMap(string), let streams = fields["streams"] else { return nil }
        guard case .mapping(let pairs) = streams.kind, !pairs.isEmpty else {
            report("streams is no mapping of names", streams, "write streams: {orders: {…}}")
            return nil
        }
        for (key, stream) in pairs {
            _ = name(key, "a stream's name")
            guard case .mapping(let options) = stream.kind else { continue }
            for (option, value) in options where option.text == "disposition" && value.text.map(isFilledLater) != true {
                let _: Disposition? = word(value, "disposition")
            }
        }
        return Pipeline.Connection(connector: connector, settings: fields["settings"].map(json) ?? [:], streams: json(streams))
    }

    /// What a channel may be given beside its name. A channel from elsewhere takes `options: {…}`.
    private static let options = [
        "recipients", "from", "url", "user", "password", "secret", "tls", "ca_file", "timeout_seconds", "subject_prefix", "options",
    ]

    private func rule(_ node: Node) -> NotifyRule? {
        let fields = mapping(node, "a notify rule", known: ["on", "to"] + Self.options, required: ["on", "to"])
        guard let occasions = fields["on"], let channel = fields["to"].flatMap(string) else { return nil }
        let on = words(occasions, "on").compactMap { word -> NotifyRule.Occasion? in
            let occasion = string(word).flatMap(NotifyRule.Occasion.init)
            if occasion == nil { report("'\(word.text ?? "")' is no occasion", word, "write \(NotifyRule.Occasion.allCases.map(\.rawValue).joined(separator: ", "))") }
            return occasion
        }
        return NotifyRule(on: on, channel: channel, options: options(fields), place: place(node))
    }

    private func place(_ node: Node) -> String { "\(path):\(node.mark.line)" }

    private func options(_ fields: [String: Node]) -> JSON {
        var options = fields["options"].map(json) ?? [:]
        for name in Self.options where name != "options" {
            guard let node = fields[name] else { continue }
            // A rule travels in the log, which many may read.
            if name == "password" || name == "secret", string(node)?.hasPrefix("${") != true {
                report("'\(name)' is written out", node, "write \(name): ${NAME} and set NAME, or NAME_FILE, in the environment of sluice-notify")
                continue
            }
            options[name] = json(node)
        }
        return options
    }

    /// One word, or a list of them.
    func words(_ node: Node, _ what: String) -> [Node] { node.scalar == nil ? list(node, what) : [node] }

    // MARK: Routes

    /// What a file defines: a list is a file of routes, anything else a pipeline.
    public enum Definition: Hashable, Sendable {
        case pipeline(Pipeline), routes([Route])
    }

    /// - Throws: `ProblemList`.
    public static func definition(_ path: String) throws -> Definition {
        let text = String(decoding: try Files.readAll(path), as: UTF8.self)
        if case .sequence? = (try? Document.read(text))?.kind { return .routes(try routes(path)) }
        return .pipeline(try read(path))
    }

    /// The routes of a file: who is told of any pipeline, beside the rules that each has of its own.
    /// - Throws: `ProblemList`.
    public static func routes(_ path: String) throws -> [Route] {
        let reader = PipelineReader(path: path)
        let bytes = try Files.readAll(path)
        let nodes = reader.root(String(decoding: bytes, as: UTF8.self)).map { reader.list($0, "the file of routes") } ?? []
        let routes = nodes.compactMap { reader.route($0) }
        guard reader.problems.isEmpty else { throw reader.mistakes }
        return routes
    }

    private static let severities: [String: [NotifyRule.Occasion]] = [
        "error": [.failed, .slaMissed], "warn": [.warned, .slow], "success": [.succeeded],
    ]

    private func route(_ node: Node) -> Route? {
        let fields = mapping(node, "a route", known: ["name", "severity", "pipelines", "to"] + Self.options, required: ["severity", "to"])
        guard let severity = fields["severity"], let channel = fields["to"].flatMap(string) else { return nil }
        let on = words(severity, "severity").flatMap { word -> [NotifyRule.Occasion] in
            let occasions = string(word).flatMap { Self.severities[$0] }
            if occasions == nil { report("'\(word.text ?? "")' is no severity", word, "write error, warn or success") }
            return occasions ?? []
        }
        let pipelines = fields["pipelines"].map { words($0, "pipelines").compactMap { string($0) } } ?? ["*"]
        let place = place(node)
        let name = fields["name"].flatMap(string).map { "route '\($0)' (\(place))" } ?? "route \(place)"
        return Route(name: name, pipelines: pipelines, rule: NotifyRule(on: on, channel: channel, options: options(fields), place: place))
    }

    // MARK: Nodes

    func mapping(_ node: Node, _ what: String, known: [String], required: [String]) -> [String: Node] {
        guard case .mapping(let pairs) = node.kind else {
            let fields = required.isEmpty ? "one of \(known.map { "\($0): …" }.joined(separator: ", "))" : required.map { "\($0): …" }.joined(separator: ", ")
            report("\(what) is no mapping", node, "write \(fields)")
            return [:]
        }
        var fields: [String: Node] = [:]
        for (key, value) in pairs {
            // YAML 1.1 reads a bare `on` as true; here it is a word.
            let word = key.text ?? ""
            if known.contains(word) { fields[word] = value }
            else {
                let near = Similarity.nearest(to: word, among: known)
                report("\(what) has no field '\(word)'", key, near.map { "did you mean '\($0)'?" } ?? "it knows \(known.joined(separator: ", "))")
            }
        }
        for field in required where fields[field] == nil { report("\(what) lacks '\(field)'", node, "add \(field):") }
        return fields
    }

    func list(_ node: Node, _ what: String) -> [Node] {
        guard case .sequence(let nodes) = node.kind else {
            report("\(what) is no list", node, "begin each entry with '- '")
            return []
        }
        return Array(nodes)
    }

    func name(_ node: Node, _ what: String) -> String? {
        guard let text = string(node) else { return nil }
        guard Name.isValid(text) else {
            report("\(what) '\(text)' is not valid", node, "use small letters, digits and _, beginning with a letter, at most \(Name.lengthMax)")
            return nil
        }
        return text
    }

    func string(_ node: Node) -> String? {
        guard let scalar = node.scalar else {
            report("this should be one word or text", node, "write a single value")
            return nil
        }
        return scalar.text
    }

    func json(_ node: Node) -> JSON {
        switch node.kind {
        case .mapping(let pairs):
            var object = JSONObject()
            for (key, value) in pairs { object[key.text ?? ""] = json(value) }
            return .object(object)
        case .sequence(let nodes): return .array(nodes.map(json))
        case .scalar(let scalar): return scalar.json
        }
    }

    func isMapping(_ node: Node) -> Bool { if case .mapping = node.kind { true } else { false } }

    func report(_ what: String, _ node: Node, _ remedy: String) { report(what, node.mark, remedy) }

    private func report(_ what: String, _ mark: Mark, _ remedy: String) {
        problems.append((mark, PlainProblem("pipelines.bad_definition", what, at: location(mark), remedy: remedy)))
    }

    func location(_ mark: Mark) -> ProblemLocation { .file(path, line: mark.line, column: mark.column) }
}
