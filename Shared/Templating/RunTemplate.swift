internal import Jinja
public import Kernel

/// What a definition may say of the run that it becomes: `{{ logical_date.strftime("%Y-%m") }}`.
public struct RunValues: Hashable, Sendable {
    public var pipeline: String
    public var run: RunID
    public var logicalDate: Timestamp
    public var isFullRefresh: Bool

    public init(pipeline: String, run: RunID, logicalDate: Timestamp, isFullRefresh: Bool = false) {
        self.pipeline = pipeline
        self.run = run
        self.logicalDate = logicalDate
        self.isFullRefresh = isFullRefresh
    }

    /// For trying a definition before there is a run of it.
    public static let sample = RunValues(pipeline: "sample", run: "sample@20260131T060000Z", logicalDate: Timestamp(microseconds: 1_769_839_200_000_000))
}

/// Fills the templates in the values of a definition. Pure: the same values give the same text, so a run that is decided
/// again is the same run.
public enum RunTemplate {
    public static func isTemplate(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "{")) && (text.contains("{{") || text.contains("{%") || text.contains("{#")) }

    /// Every text in `json` that holds a template, filled; anything else as it is.
    /// - Throws: `PlainProblem` with the template's own words.
    public static func render(_ json: JSON, _ values: RunValues) throws(PlainProblem) -> JSON {
        switch json {
        case .string(let text): return .string(try render(text, values))
        case .array(let items):
            var filled: [JSON] = []
            for item in items { filled.append(try render(item, values)) }
            return .array(filled)
        case .object(let object):
            var filled = JSONObject()
            for (key, value) in object.pairs { filled[key] = try render(value, values) }
            return .object(filled)
        default: return json
        }
    }

    public static func render(_ text: String, _ values: RunValues) throws(PlainProblem) -> String {
        guard isTemplate(text) else { return text }
        do {
            return try environment.render(text, name: "value", variables: variables(values))
        } catch {
            throw PlainProblem("templating.bad_value", "the template '\(text.prefix(200))' cannot be filled: \(error.message)", remedy: "see Templating.docc for what a value may say")
        }
    }

    /// Bounds small enough for the thread that decides: a value is a line, not a program.
    private static let environment: Environment = {
        var environment = Environment()
        environment.undefined = .strict
        environment.limits = Limits()
        environment.limits.textBytesMax = 1 << 16
        environment.limits.itemsMax = 10_000
        environment.limits.iterationsMax = 10_000
        environment.limits.depthMax = 200
        environment.limits.stackBytesMax = 1 << 18
        environment.filters.merge(DateFilters.all) { _, new in new }
        return environment
    }()

    private static func variables(_ values: RunValues) -> [String: Value] {
        let date = values.logicalDate
        return [
            "logical_date": .object(DateValue(date)), "execution_date": .object(DateValue(date)),
            "ds": .string(date.strftime("%Y-%m-%d") ?? ""), "ds_nodash": .string(date.strftime("%Y%m%d") ?? ""),
            "ts": .string(date.strftime("%Y-%m-%dT%H:%M:%S+00:00") ?? ""), "ts_nodash": .string(date.strftime("%Y%m%dT%H%M%S") ?? ""),
            "run_id": .string(values.run.description), "pipeline": .string(values.pipeline), "full_refresh": .bool(values.isFullRefresh),
        ]
    }
}
