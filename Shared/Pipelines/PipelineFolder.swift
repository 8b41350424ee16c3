public import Kernel
import Platform

/// The definitions of a folder, and what is wrong with them: each by itself, and all of them together.
public struct PipelineFolder: Sendable {
    /// The sound ones, in the order of their files.
    public let definitions: [(path: String, pipeline: Pipeline)]
    /// The mistakes of each file that is no definition.
    public let broken: [(path: String, problem: any Problem)]

    /// - Throws: `PlainProblem` where the folder cannot be read.
    public init(_ folder: String) throws {
        var definitions: [(path: String, pipeline: Pipeline)] = [], broken: [(path: String, problem: any Problem)] = []
        for path in try PipelineReader.paths(in: folder) {
            do { definitions.append((path, try PipelineReader.read(path))) } catch let problem as any Problem { broken.append((path, problem)) }
        }
        self.init(definitions, broken: broken)
    }

    public init(_ definitions: [(path: String, pipeline: Pipeline)], broken: [(path: String, problem: any Problem)] = []) {
        self.definitions = definitions
        self.broken = broken
    }

    /// What cannot be followed: chains of pipelines that start one another for ever, and a name that two files define.
    /// By the path of the file that is not to be taken.
    public var contradictions: [(path: String, problem: PlainProblem)] {
        var found: [(path: String, problem: PlainProblem)] = []
        var first: [String: String] = [:]
        for (path, pipeline) in definitions {
            if let other = first[pipeline.name] {
                found.append((path, Self.problem("two files define the pipeline '\(pipeline.name)'", .file(path), "give one of them another name; the first is \(other)")))
                continue
            }
            first[pipeline.name] = path
            guard let (way, location) = circle(through: pipeline) else { continue }
            found.append((path, Self.problem("pipelines start one another for ever: \(way.joined(separator: " → "))", location, "take one of these triggers away")))
        }
        return found
    }

    /// What can be followed and is hardly meant: a chain behind a pipeline that is not here, a folder of another name.
    public var oddities: [(path: String, problem: PlainProblem)] {
        let names = definitions.map(\.pipeline.name)
        let all = names + broken.compactMap { Self.folder(of: $0.path) }
        return definitions.flatMap { path, pipeline in
            var found = pipeline.upstreams.filter { !all.contains($0.name) }.map { upstream in
                let near = Similarity.nearest(to: upstream.name, among: names).map { "did you mean '\($0)'?" }
                return (path, Self.problem("no pipeline here is named '\(upstream.name)', so it starts nothing", upstream.location, near ?? "name one of \(names.sorted().joined(separator: ", "))"))
            }
            if let folder = Self.folder(of: path), folder != pipeline.name {
                found.append((path, Self.problem("the folder '\(folder)' holds the pipeline '\(pipeline.name)'", .file(path), "give both one name, for commands that look for \(pipeline.name)/pipeline.yml")))
            }
            return found
        }
    }

    /// The shortest way from a pipeline through what starts it back to itself, in the order in which they would run.
    private func circle(through pipeline: Pipeline) -> (way: [String], location: ProblemLocation)? {
        let upstreams = Dictionary(definitions.map { ($0.pipeline.name, $0.pipeline.upstreams) }, uniquingKeysWith: { first, _ in first })
        var ways = pipeline.upstreams.map { (way: [$0.name, pipeline.name], location: $0.location) }
        var seen: Set<String> = []
        var next = 0
        while next < ways.count {
            let (way, location) = ways[next]
            next += 1
            if way[0] == pipeline.name { return (way, location) }
            guard seen.insert(way[0]).inserted else { continue }
            ways += (upstreams[way[0]] ?? []).map { ([$0.name] + way, location) }
        }
        return nil
    }

    private static func folder(of path: String) -> String? { path.split(separator: "/").dropLast().last.map(String.init) }

    private static func problem(_ what: String, _ location: ProblemLocation, _ remedy: String) -> PlainProblem {
        PlainProblem("pipelines.bad_chain", what, at: location, remedy: remedy)
    }
}
