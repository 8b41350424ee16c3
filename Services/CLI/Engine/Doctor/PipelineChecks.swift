import Contracts
import Kernel
import Pipelines

/// What a pipeline needs: each thing a check of its own.
struct PipelineChecks: Sendable {
    private let pipeline: Pipeline
    private let path: String
    private let environment: [String: String]
    private let home: String
    private let sibling: SiblingExaminer

    init(_ pipeline: Pipeline, path: String, environment: [String: String], home: String, sibling: SiblingExaminer) {
        self.pipeline = pipeline
        self.path = path
        self.environment = environment
        self.home = home
        self.sibling = sibling
    }

    var all: [Doctor.Check] {
        [definition] + (pipeline.schedule.map { [schedule($0)] } ?? []) + [variables] + connections + [warehouse] + projects + rules
    }

    private var definition: Doctor.Check {
        { [Finding("definition", .ok, "steps \(pipeline.steps.map(\.name).joined(separator: ", "))")] }
    }

    private func schedule(_ schedule: Schedule) -> Doctor.Check {
        { await sibling.examine("orchestrator", ["cron": .string(schedule.cron), "timezone": .string(schedule.timezone)], check: "schedule").map { finding in
            var finding = finding
            if finding.state == .fail { finding.location = path }
            return finding
        } }
    }

    /// All names at once: whoever sets variables wants to set them in one go.
    private var variables: Doctor.Check {
        var wanted: [JSON] = [.string(pipeline.warehouse)]
        for step in pipeline.steps {
            switch step.work {
            case .extract(_, let connections): for connection in connections { wanted += [connection.settings, connection.streams] }
            case .dbt(let dbt): wanted.append(.string(dbt.project))
            case .noop: continue
            }
        }
        wanted += pipeline.notify.map(\.options)
        for trigger in pipeline.triggers?.triggers ?? [] {
            switch trigger {
            case .file(let pattern, _): wanted.append(.string(pattern))
            case .webhook(let secret, _): wanted.append(.string(secret))
            case .upstream, .message: continue
            }
        }
        let missing = Substitution.unset(in: .array(wanted), environment: environment)
        let isNeeded = Substitution.unset(in: .array(wanted), environment: [:]).count
        return {
            guard !missing.isEmpty else { return [Finding("variables", .ok, isNeeded == 0 ? "none is required" : "all that are required are set")] }
            return [Finding(
                "variables", .fail, "\(missing.joined(separator: ", ")) \(missing.count == 1 ? "is" : "are") not set", location: path,
                remedy: "set \(missing.count == 1 ? "it" : "them") in the environment of the programs, or for a NAME a NAME_FILE to a file that holds it",
                code: "settings.variable_not_set")]
        }
    }

    private var connections: [Doctor.Check] {
        pipeline.steps.flatMap { step -> [Doctor.Check] in
            guard case .extract(_, let connections) = step.work else { return [] }
            return connections.map { connection in
                let question: JSON = ["connector": .string(connection.connector), "settings": connection.settings, "streams": connection.streams]
                return check("extract", question, needs: [connection.settings, connection.streams], connection.connector)
            }
        }
    }

    private var warehouse: Doctor.Check { check("load", ["warehouse": .string(pipeline.warehouse)], needs: [.string(pipeline.warehouse)], "warehouse") }

    /// One for each project, whatever the number of steps that use it alike.
    private var projects: [Doctor.Check] {
        var seen: Set<JSON> = []
        var checks: [Doctor.Check] = []
        for step in pipeline.steps {
            guard case .dbt(let dbt) = step.work else { continue }
            var question: JSON = ["project": .string(dbt.project), "warehouse": .string(pipeline.warehouse), "vars": dbt.vars]
            for (key, value) in [("target", dbt.target), ("select", dbt.select), ("exclude", dbt.exclude)] { if let value { question[key] = .string(value) } }
            guard seen.insert(question).inserted else { continue }
            checks.append(check("transform", question, needs: [.string(dbt.project), .string(pipeline.warehouse)], "dbt"))
        }
        return checks
    }

    private var rules: [Doctor.Check] {
        pipeline.notify.map { rule in
            { await NotifyCheck(rule: rule, environment: environment, home: home, sibling: sibling).findings("notify \(rule.channel)") }
        }
    }

    /// A check whose findings are named behind `prefix`; skipped where variables that it needs are not set, which `variables` tells.
    private func check(_ program: String, _ question: JSON, needs: [JSON], _ prefix: String) -> Doctor.Check {
        let missing = Substitution.unset(in: .array(needs), environment: environment)
        guard missing.isEmpty else { return { [Finding(prefix, .skipped, "not examined: it needs \(missing.joined(separator: ", "))")] } }
        return {
            await sibling.examine(program, question, check: prefix).map { finding in
                var finding = finding
                if finding.check != prefix { finding.check = "\(prefix) \(finding.check)" }
                return finding
            }
        }
    }
}

/// Whether a rule or route reaches anybody.
struct NotifyCheck: Sendable {
    let rule: NotifyRule
    let environment: [String: String]
    let home: String
    let sibling: SiblingExaminer

    func findings(_ name: String) async -> [Finding] {
        let missing = Substitution.unset(in: rule.options, environment: environment)
        guard missing.isEmpty else {
            return [Finding(name, .fail, "\(missing.joined(separator: ", ")) \(missing.count == 1 ? "is" : "are") not set", remedy: "set it in the environment of sluice-notify", code: "settings.variable_not_set")]
        }
        let question: JSON = ["home": .string(home), "channel": .string(rule.channel), "options": rule.options]
        return await sibling.examine("notify", question, check: name).map { finding in
            var finding = finding
            finding.check = name
            return finding
        }
    }
}
