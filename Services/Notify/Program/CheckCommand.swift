import Glibc
import Kernel
import NotifyKit
import Pipelines
import Platform
import ServiceKit

/// `sluice-notify check FILE…`, the part of `sluice validate` that knows the channels: whether each rule leads to somebody.
///
/// What a rule leaves to the environment of sluice-notify is looked at where it is set here, and named where it is not: a
/// definition is checked on desks that hold no passwords. Exit status: 0 all lead somewhere, 2 one does not.
enum CheckCommand {
    static func run(_ files: [String], _ channels: [any Channel.Type]) -> Never {
        var isRefused = false
        do {
            let environment = Environment.current()
            let registry = try ChannelRegistry(channels, context: ChannelContext(folder: environment["SLUICE_HOME"] ?? ".sluice", environment: environment))
            for file in files {
                for route in try routes(file) {
                    guard let problem = problem(route, registry) else { continue }
                    let isOpen = isOfEnvironment(problem)
                    isRefused = isRefused || !isOpen
                    let place = route.rule.place ?? file
                    complain(isOpen ? "note: \(place) is not checked whole: \(problem.summary)"
                        : "\(PlainProblem(problem.code, "\(route.name) leads nowhere: \(problem.summary)", at: .named(place), remedy: problem.remedy))")
                }
            }
        } catch {
            complain("\(error)")
            isRefused = true
        }
        exit(isRefused ? 2 : 0)
    }

    private static func routes(_ file: String) throws -> [Route] {
        switch try PipelineReader.definition(file) {
        case .pipeline(let pipeline): pipeline.notify.map { Route($0, of: pipeline.name) }
        case .routes(let routes): routes
        }
    }

    private static func problem(_ route: Route, _ channels: ChannelRegistry) -> (any Problem)? {
        do {
            try channels.channel(route.rule.channel).check(route.rule.options)
            return nil
        } catch let problem as any Problem {
            return problem
        } catch {
            return PlainProblem("notify.bad_option", "\(error)", at: .named("options"), remedy: "")
        }
    }

    /// What lacks is a variable of sluice-notify's environment, which need not be this one's.
    private static func isOfEnvironment(_ problem: any Problem) -> Bool {
        problem.code == "settings.variable_not_set" || problem.code == "notify.missing_setting" && problem.location.description.hasPrefix("SLUICE_")
    }

    private static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }
}
