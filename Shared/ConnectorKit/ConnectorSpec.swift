public import Kernel

/// What a connector says about itself: help text, validation and sample settings all come from here.
public struct ConnectorSpec: Hashable, Sendable {
    /// `[a-z][a-z0-9_]*`, as it stands in `pipeline.yml`.
    public var name: String
    public var summary: String
    public var options: [ConnectorOption]
    /// What each stream may say in `streams: {name: {…}}`, besides what every stream may.
    public var streamOptions: [ConnectorOption]
    /// A piece of `pipeline.yml` that works.
    public var example: String

    public init(name: String, summary: String, options: [ConnectorOption], streamOptions: [ConnectorOption] = [], example: String) {
        self.name = name
        self.summary = summary
        self.options = options
        self.streamOptions = streamOptions
        self.example = example
    }
}

/// One setting of a connector.
public struct ConnectorOption: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case text, integer, boolean
        case list = "list of texts"
        /// `100`, or `1%` of what there is.
        case limit = "number or share like 1%"
    }
    public var name: String
    public var kind: Kind
    public var summary: String
    public var isRequired: Bool
    /// Shown in the documentation; nil where leaving it out means something of its own.
    public var standard: JSON?
    /// Never printed; expected as a `${VARIABLE}`.
    public var isSecret: Bool

    public init(_ name: String, _ kind: Kind, _ summary: String, isRequired: Bool = false, standard: JSON? = nil, isSecret: Bool = false) {
        self.name = name
        self.kind = kind
        self.summary = summary
        self.isRequired = isRequired
        self.standard = standard
        self.isSecret = isSecret
    }
}

/// Settings that do not fit the spec: all of what is wrong, in one problem.
public struct SettingsProblem: Problem {
    public let findings: [String]
    public let connector: String
    public var code: ProblemCode { "settings.connector" }
    public var summary: String {
        findings.count == 1 ? findings[0] : "\(findings.count) settings are wrong:" + findings.map { "\n  - \($0)" }.joined()
    }
    public var location: ProblemLocation { .named("connector \(connector)") }
    public var remedy: String { "see `sluice connectors spec \(connector)` for every setting and an example" }
    public var response: ProblemResponse { .stop }
}

/// What every stream may say, whatever its connector: the loader's words.
public let streamLoadOptions: [ConnectorOption] = [
    ConnectorOption("disposition", .text, "append, replace, merge or snapshot", standard: "append"),
    ConnectorOption("key", .list, "the columns that identify a row, for merge"),
    ConnectorOption("order_by", .text, "the column whose greatest value is the newest row, for merge"),
    ConnectorOption("delete_when", .text, "the column that says that the row of this key is gone, for merge"),
    ConnectorOption("null_tokens", .list, "unquoted fields that mean null"),
    ConnectorOption("contract", .text, "what a new column or type does: evolve, freeze or quarantine", standard: "evolve"),
    ConnectorOption("quarantine_max", .limit, "how many rows of a batch may be set aside, or 1% of them; one more and the batch fails"),
]

extension ConnectorSpec {
    /// Settings with their defaults filled in.
    ///
    /// - Throws: `SettingsProblem` with every finding.
    public func validated(settings: JSON) throws(SettingsProblem) -> JSON {
        try filled(settings, options, also: [], what: "setting")
    }

    /// A stream's config, likewise. `types`, `columns`, `prepare` and the loader's own options are allowed in every stream.
    public func validated(stream: String, config: JSON) throws(SettingsProblem) -> JSON {
        try filled(config, streamOptions + streamLoadOptions, also: ["types", "columns", "prepare"], what: "stream '\(stream)': setting")
    }

    private func filled(_ given: JSON, _ options: [ConnectorOption], also: Set<String>, what: String) throws(SettingsProblem) -> JSON {
        var findings: [String] = []
        var object = given.objectValue ?? JSONObject()
        if given.objectValue == nil, !given.isNull { findings.append("the \(what)s are no mapping") }
        for option in options {
            guard let value = object[option.name], !value.isNull else {
                if option.isRequired { findings.append("\(what) '\(option.name)' is missing: \(option.summary)") }
                if let standard = option.standard { object[option.name] = standard }
                continue
            }
            if !option.accepts(value) { findings.append("\(what) '\(option.name)' is no \(option.kind.rawValue)") }
        }
        let known = Set(options.map(\.name)).union(also)
        for key in object.keys where !known.contains(key) {
            findings.append("\(what) '\(key)' is unknown; there are: \(known.sorted().joined(separator: ", "))")
        }
        guard findings.isEmpty else { throw SettingsProblem(findings: findings, connector: name) }
        return .object(object)
    }
}

extension ConnectorOption {
    fileprivate func accepts(_ value: JSON) -> Bool {
        switch kind {
        case .text: value.stringValue != nil
        case .integer: value.intValue != nil
        case .limit: value.intValue != nil || value.stringValue?.last == "%"
        case .boolean: value.boolValue != nil
        case .list: value.arrayValue?.allSatisfy { $0.stringValue != nil } ?? false
        }
    }
}

extension SettingsProblem {
    /// What a connector finds itself, beyond the spec.
    public static func single(_ finding: String, connector: String) -> SettingsProblem {
        SettingsProblem(findings: [finding], connector: connector)
    }
}
