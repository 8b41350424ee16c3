public import Contracts
public import Kernel
internal import Pipelines
internal import Platform
public import Simulation

/// What `sluice simulate` is told, made into a plan: words into values, the folder of pipelines into definitions.
public enum SimulationSetup {
    /// Writers that a warehouse takes by itself, where no run has told. SQLite has one.
    private static let writersMax = 16

    // MARK: Words

    public static func days(_ text: String) throws(PlainProblem) -> Int {
        guard let days = Int(text), (1...SimulationPlan.daysMax).contains(days) else {
            throw PlainProblem("cli.bad_days", "--days '\(text)' is no number from 1 to \(SimulationPlan.daysMax)", at: .named("sluice simulate"), remedy: "write --days 31")
        }
        return days
    }

    public static func seed(_ text: String) throws(PlainProblem) -> UInt64 {
        guard let seed = UInt64(text) else {
            throw PlainProblem("cli.bad_seed", "--seed '\(text)' is no whole number from 0 on", at: .named("sluice simulate"), remedy: "write --seed 7")
        }
        return seed
    }

    /// `net,disk`, `all` or `none`.
    public static func faults(_ text: String) throws(PlainProblem) -> Set<Fault> {
        if text == "none" || text.isEmpty { return [] }
        if text == "all" { return Set(Fault.allCases) }
        var faults: Set<Fault> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            guard let fault = Fault(rawValue: word) else {
                let names = Fault.allCases.map(\.rawValue)
                throw PlainProblem(
                    "cli.unknown_fault", "no fault is named '\(word)'", at: .named("--faults \(text)"),
                    remedy: (Similarity.nearest(to: word, among: names).map { "did you mean '\($0)'? " } ?? "") + "the faults are \(names.joined(separator: ", ")); or all, or none")
            }
            faults.insert(fault)
        }
        return faults
    }

    /// `2026-03-01` or a whole time; midnight of `today` where nothing is said.
    public static func start(_ text: String?, today: Timestamp) throws(PlainProblem) -> Timestamp {
        guard let text else { return Timestamp(rfc3339: "\(today.description.prefix(10))T00:00:00Z") ?? today }
        guard let time = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: "\(text)T00:00:00Z") else {
            throw PlainProblem("cli.bad_date", "--from '\(text)' is no date like 2026-03-01", at: .named("sluice simulate"), remedy: "write --from 2026-03-01, in UTC")
        }
        return time
    }

    /// `load=2`, each.
    public static func slots(_ words: [String]) throws(PlainProblem) -> [Role: Int] {
        var slots: [Role: Int] = [:]
        for word in words {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, let role = Role(rawValue: String(parts[0])), let count = Int(parts[1]), (1...1000).contains(count) else {
                throw PlainProblem(
                    "cli.bad_scale", "--scale '\(word)' is no role=count", at: .named("sluice simulate"),
                    remedy: "write --scale transform=2; the roles are \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            slots[role] = count
        }
        return slots
    }

    // MARK: Pipelines

    /// The definitions of a folder, as `sluice up` finds them.
    /// - Parameter names: those and no others; empty for all.
    /// - Throws: `PlainProblem` where there is none or one is unknown, `ProblemList` where some are broken: all that is wrong with all of them.
    public static func pipelines(in folder: String, names: [String]) throws -> [String: PipelineRegistered] {
        guard Files.exists(folder) else {
            throw PlainProblem(
                "cli.no_pipelines", "the folder of pipelines does not exist", at: .file(Files.absolute(folder)),
                remedy: "name the folder of <name>/pipeline.yml with --pipelines or SLUICE_PIPELINES")
        }
        let read = try PipelineFolder(Files.absolute(folder))
        guard !read.definitions.isEmpty || !read.broken.isEmpty else {
            throw PlainProblem("cli.no_pipelines", "the folder holds no pipelines", at: .file(Files.absolute(folder)), remedy: "put one into <name>/pipeline.yml there, or name another folder with --pipelines")
        }
        let problems = try read.broken.flatMap { path, problem -> [PlainProblem] in
            guard let list = problem as? ProblemList else { throw problem }
            return list.problems
        } + read.contradictions.map(\.problem)
        guard problems.isEmpty else { throw ProblemList(problems) }
        let pipelines = Dictionary(uniqueKeysWithValues: read.definitions.map { ($0.pipeline.name, $0.pipeline.registered) })
        guard !names.isEmpty else { return pipelines }
        for name in names where pipelines[name] == nil {
            throw PlainProblem(
                "cli.unknown_pipeline", "no pipeline is named '\(name)'", at: .file(Files.absolute(folder)),
                remedy: "name one of \(pipelines.keys.sorted().joined(separator: ", "))")
        }
        return pipelines.filter { names.contains($0.key) }
    }

    /// How many models the dbt projects of the pipelines have, by folder.
    public static func models(of pipelines: [String: PipelineRegistered]) -> [String: Int] {
        var models: [String: Int] = [:]
        for task in pipelines.values.flatMap(\.tasks) {
            guard let project = task.args["project"]?.stringValue, models[project] == nil else { continue }
            models[project] = count("\(project)/models", suffix: ".sql", depth: 0)
        }
        return models
    }

    private static func count(_ folder: String, suffix: String, depth: Int) -> Int {
        guard depth < 20, let names = try? Files.list(folder) else { return 0 }
        return names.reduce(0) { $0 + ($1.hasSuffix(suffix) ? 1 : count("\(folder)/\($1)", suffix: suffix, depth: depth + 1)) }
    }

    /// How many writers the warehouses of the pipelines take, by pool.
    public static func writers(of pipelines: [String: PipelineRegistered], environment: [String: String]) -> [String: Int] {
        var writers: [String: Int] = [:]
        for task in pipelines.values.flatMap(\.tasks) {
            guard let pool = task.args["pool"]?.stringValue, let warehouse = task.args["warehouse"]?.stringValue else { continue }
            let url = (try? Substitution.expand(warehouse, environment: environment, file: Files.secret)) ?? "sqlite:"
            writers[pool] = url.hasPrefix("sqlite:") ? 1 : writersMax
        }
        return writers
    }
}
