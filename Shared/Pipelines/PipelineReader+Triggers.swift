import Contracts
import Kernel
import YAML

extension PipelineReader {
    private static let settleSecondsDefault = 2.0
    private static let windowSecondsDefault = 300.0
    /// Types of our own; a message that starts runs is somebody else's.
    private static let ownTypes = ["pipeline.", "run.", "task.", "tasks.", "sla.", "file.", "webhook.", "backfill."]

    func triggers(_ node: Node, of pipeline: String) -> TriggerRule? {
        let fields = mapping(node, "triggers", known: ["any", "all", "debounce", "at_most_every", "ignore_backfills"], required: [])
        guard isMapping(node) else { return nil }
        let modes = TriggerRule.Mode.allCases.filter { fields[$0.rawValue] != nil }
        guard modes.count == 1, let entries = fields[modes[0].rawValue] else {
            report("triggers has any or all, one of them", node, "write any: [{pipeline: NAME}]")
            return nil
        }
        let triggers = list(entries, modes[0].rawValue).compactMap { trigger($0, of: pipeline) }
        guard !triggers.isEmpty else { return nil }
        return TriggerRule(
            mode: modes[0], triggers, debounceSeconds: fields["debounce"].flatMap { duration($0, "debounce") },
            intervalSeconds: fields["at_most_every"].flatMap { duration($0, "at_most_every") },
            ignoresBackfills: fields["ignore_backfills"].flatMap { flag($0, "ignore_backfills") })
    }

    private func trigger(_ node: Node, of pipeline: String) -> Trigger? {
        let kinds = ["pipeline", "file", "webhook", "message"]
        let fields = mapping(node, "a trigger", known: kinds + ["on", "settle"], required: [])
        let named = kinds.filter { fields[$0] != nil }
        guard named.count == 1, let value = fields[named[0]] else {
            report("a trigger names \(named.isEmpty ? "nothing" : named.joined(separator: " and "))", node, "give it exactly one of \(kinds.joined(separator: ", "))")
            return nil
        }
        for (field, owner) in [("on", "pipeline"), ("settle", "file")] where fields[field] != nil && named[0] != owner {
            report("'\(field)' belongs to a trigger with '\(owner)'", fields[field] ?? node, "leave it out")
        }
        switch named[0] {
        case "pipeline":
            guard let upstream = name(value, "a pipeline's name") else { return nil }
            if upstream == pipeline { report("the pipeline would start itself for ever", value, "name another pipeline") }
            upstreams.append(Pipeline.Upstream(name: upstream, location: location(value.mark)))
            return .upstream(pipeline: upstream, on: fields["on"].flatMap { word($0, "outcome of a run") } ?? .succeeded)
        case "file":
            guard let pattern = string(value) else { return nil }
            guard pattern.hasPrefix("/") || pattern.hasPrefix("${") else {
                report("the pattern '\(pattern)' is no absolute path", value, "begin it with / or a variable, for example ${INBOX}/*.csv")
                return nil
            }
            return .file(pattern: pattern, settleSeconds: fields["settle"].flatMap { duration($0, "settle") } ?? Self.settleSecondsDefault)
        case "webhook": return webhook(value)
        default:
            guard let type = string(value) else { return nil }
            guard !type.isEmpty, type.utf8.allSatisfy({ Self.isTypeByte($0) }), !Self.ownTypes.contains(where: type.hasPrefix) else {
                report("'\(type)' is no type for a message", value, "use small letters, digits, _ and dots, and none of our own types, for example shop.order_placed")
                return nil
            }
            return .message(type: type)
        }
    }

    private func webhook(_ node: Node) -> Trigger? {
        let fields = mapping(node, "a webhook", known: ["secret", "window"], required: ["secret"])
        guard let place = fields["secret"], let secret = string(place) else { return nil }
        // A definition travels in the log, which many may read.
        guard secret.hasPrefix("${") else {
            report("'secret' is written out", place, "write secret: ${NAME} and set NAME, or NAME_FILE, in the environment of sluice-console")
            return nil
        }
        return .webhook(secret: secret, windowSeconds: fields["window"].flatMap { duration($0, "window") } ?? Self.windowSecondsDefault)
    }

    private static func isTypeByte(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
}
