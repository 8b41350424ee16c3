import Contracts
import Kernel
import Pipelines
import Platform
import Runs

/// The folder of definitions, told to the log.
extension Orchestrator {
    struct Definition {
        let stamp: String
        let pipeline: Pipeline
        let registration: Event
    }

    /// Publishes the definitions on disk that differ from those of the log. A broken file, and one that would have pipelines
    /// start one another for ever, changes nothing and is told once. Where the folder cannot be read nothing is known of it.
    func registerDefinitions() async throws {
        guard let paths = try? PipelineReader.paths(in: pipelinesFolder) else { return }
        let read = paths.compactMap { path in definition(path).map { (path, $0) } }
        compare(read)
        var events = withoutFiles(paths)
        for (path, definition) in read where contradictions.found[path] == nil {
            var event = definition.registration
            guard case .pipelineRegistered(let registered) = event.payload, fleet.pipelines[event.pipeline] != registered else { continue }
            event.id += "/\(fleet.position)"
            event.time = SystemClock.now()
            events.append(event)
            note("pipeline \(event.pipeline) from \(path)")
        }
        if !events.isEmpty { try await publish(events) }
    }

    /// What no file defines any more is started by people alone: it is registered anew without a schedule and without triggers.
    private func withoutFiles(_ paths: [String]) -> [Event] {
        let here = Set(paths.flatMap { [definitions[$0]?.pipeline.name, $0.split(separator: "/").dropLast().last.map(String.init)].compactMap(\.self) })
        let now = SystemClock.monotonicSeconds()
        goneSince = goneSince.filter { !here.contains($0.key) }
        var events: [Event] = []
        for (name, known) in fleet.pipelines.sorted(by: { $0.key < $1.key }) where !here.contains(name) && (known.schedule != nil || known.triggers != nil) {
            guard let since = goneSince[name], now - since >= Self.goneSeconds else {
                goneSince[name] = goneSince[name] ?? now
                continue
            }
            var registered = known
            registered.schedule = nil
            registered.triggers = nil
            events.append(Event(
                source: "orchestrator", id: "pipeline/\(name)/gone/\(fleet.position)", time: SystemClock.now(), pipeline: name, payload: .pipelineRegistered(registered)))
            note("no file of \(pipelinesFolder) defines the pipeline \(name) any more: it runs only when it is asked for")
        }
        return events
    }

    private func compare(_ read: [(path: String, definition: Definition)]) {
        let files = Dictionary(uniqueKeysWithValues: read.map { ($0.path, $0.definition.stamp) })
        guard files != contradictions.of else { return }
        let found = PipelineFolder(read.map { ($0.path, $0.definition.pipeline) }).contradictions
        for (path, problem) in found where contradictions.found[path] != problem { note("\(problem)") }
        contradictions = (files, Dictionary(found.map { ($0.path, $0.problem) }, uniquingKeysWith: { first, _ in first }))
    }

    private func definition(_ path: String) -> Definition? {
        let stamp = Files.stamp(path)
        if let known = definitions[path], known.stamp == stamp { return known }
        guard brokenDefinitions[path] != stamp else { return nil }
        do {
            let pipeline = try PipelineReader.read(path)
            let event = Event(
                source: "orchestrator", id: "pipeline/\(pipeline.name)/\(pipeline.hash.prefix(16))", time: SystemClock.now(), pipeline: pipeline.name,
                payload: .pipelineRegistered(pipeline.registered))
            // As the log gives it back: numbers and the order of keys change on the way, and it is compared with what comes from there.
            let definition = Definition(stamp: stamp, pipeline: pipeline, registration: try Event(envelope: try event.envelope()))
            definitions[path] = definition
            return definition
        } catch {
            brokenDefinitions[path] = stamp
            note("\(error)")
            return nil
        }
    }
}
