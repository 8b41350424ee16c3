public import Kernel
import Pipelines
import Platform
public import ServiceKit

/// Looks at everything that a run needs, before the first one: the home, the programs, and for each pipeline its definition,
/// variables, sources, warehouse, dbt projects and whom it tells. It runs nothing and leaves nothing behind.
///
/// What only a program can reach is examined by that program (`Examination`), side by side, each with a time limit.
public struct Doctor: Sendable {
    /// A part of the report: the home, the programs, or a pipeline.
    public struct Section: Hashable, Sendable {
        public var name: String
        public var findings: [Finding]
        public init(name: String, findings: [Finding]) {
            self.name = name
            self.findings = findings
        }
    }
    typealias Check = @Sendable () async -> [Finding]

    /// At most so many at a time.
    static let checksMax = 8

    let settings: Settings
    let pipelinesFolder: String
    let sibling: SiblingExaminer

    /// - Parameters:
    ///   - folder: where the programs are.
    ///   - pipelinesFolder: holds `<name>/pipeline.yml`.
    public init(folder: String, settings: Settings, pipelinesFolder: String) {
        self.settings = settings
        self.pipelinesFolder = Files.absolute(pipelinesFolder)
        sibling = SiblingExaminer(folder: folder, environment: settings.environment)
    }

    /// - Parameters:
    ///   - names: the pipelines to look at; empty means all.
    ///   - progress: is told how many checks are done, and of how many.
    public func examine(_ names: [String] = [], progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }) async -> [Section] {
        var plan: [(name: String, checks: [Check])] = [("home", homeChecks), ("programs", programChecks)]
        plan += pipelineChecks(names)
        plan += routeChecks
        let jobs = plan.enumerated().flatMap { section, part in part.checks.enumerated().map { (section: section, place: $0, check: $1) } }
        var found: [[Int: [Finding]]] = plan.map { _ in [:] }
        await withTaskGroup(of: (Int, Int, [Finding]).self) { group in
            var waiting = jobs[...]
            var done = 0
            func next() {
                guard let job = waiting.popFirst() else { return }
                group.addTask { (job.section, job.place, await job.check()) }
            }
            for _ in 0..<Self.checksMax { next() }
            while let (section, place, findings) = await group.next() {
                found[section][place] = findings
                done += 1
                progress(done, jobs.count)
                next()
            }
        }
        return plan.indices.map { index in
            Section(name: plan[index].name, findings: found[index].sorted { $0.key < $1.key }.flatMap(\.value))
        }
    }

    // MARK: Pipelines

    private func pipelineChecks(_ names: [String]) -> [(name: String, checks: [Check])] {
        let paths: [String]
        do { paths = try PipelineReader.paths(in: pipelinesFolder) } catch {
            return [("pipelines", [{ [pipelinesFolder] in
                [Finding(
                    "folder", .fail, "the folder of pipelines cannot be read", location: pipelinesFolder,
                    remedy: "name the folder of <name>/pipeline.yml with --pipelines or SLUICE_PIPELINES", code: "cli.no_pipelines")]
            }])]
        }
        let known = paths.map { String($0.split(separator: "/").dropLast().last ?? "") }
        guard !paths.isEmpty else {
            return [("pipelines", [{ [pipelinesFolder] in
                [Finding("folder", .warn, "it holds no <name>/pipeline.yml", location: pipelinesFolder, remedy: "put one there, or name another folder with --pipelines")]
            }])]
        }
        var sections: [(name: String, checks: [Check])] = []
        let together = (try? PipelineFolder(pipelinesFolder)).map(Self.findings) ?? [:]
        for (name, path) in zip(known, paths) where names.isEmpty || names.contains(name) {
            sections.append((name, checks(of: path) + (together[path].map { findings in [{ findings }] } ?? [])))
        }
        for name in names where !known.contains(name) {
            sections.append((name, [{
                [Finding("definition", .fail, "no pipeline is named '\(name)'", location: pipelinesFolder, remedy: "there are: \(known.joined(separator: ", "))", code: "cli.unknown_pipeline")]
            }]))
        }
        return sections
    }

    /// What definitions say against one another, by path.
    private static func findings(_ folder: PipelineFolder) -> [String: [Finding]] {
        var found: [String: [Finding]] = [:]
        for (path, problem) in folder.contradictions { found[path, default: []] += Finding.failures("chain", problem) }
        for (path, problem) in folder.oddities {
            found[path, default: []].append(Finding("chain", .warn, problem.summary, location: problem.location.description, remedy: problem.remedy, code: problem.code.description))
        }
        return found
    }

    private func checks(of path: String) -> [Check] {
        do {
            let pipeline = try PipelineReader.read(path)
            return PipelineChecks(pipeline, path: path, environment: settings.environment, home: settings.home, sibling: sibling).all
        } catch {
            return [{ Finding.failures("definition", error) }]
        }
    }

    private var routeChecks: [(name: String, checks: [Check])] {
        guard let path = settings.environment["SLUICE_ROUTES"], !path.isEmpty else { return [] }
        do {
            let routes = try PipelineReader.routes(path)
            let definition: Check = { [Finding("file", .ok, "\(path), \(routes.count) route\(routes.count == 1 ? "" : "s")")] }
            let checks = routes.map { route -> Check in
                let check = NotifyCheck(rule: route.rule, environment: settings.environment, home: settings.home, sibling: sibling)
                return { await check.findings(route.name) }
            }
            return [("routes", [definition] + checks)]
        } catch {
            return [("routes", [{ Finding.failures("file", error) }])]
        }
    }
}

extension Doctor {
    /// 0 where nothing failed, 2 where a setting is wrong, 3 where the environment alone is.
    public static func status(of sections: [Section]) -> Int32 {
        let failures = sections.flatMap(\.findings).filter { $0.state == .fail }
        if failures.isEmpty { return 0 }
        return failures.contains { $0.cause == .settings } ? 2 : 3
    }
}
