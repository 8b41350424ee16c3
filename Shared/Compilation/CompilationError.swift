internal import DbtMacros
internal import Jinja
public import Kernel
internal import Project

/// Why a node cannot be compiled, and where.
public struct CompilationError: Problem, Hashable {
    public let code: ProblemCode
    public let summary: String
    public let location: ProblemLocation
    public let remedy: String
    public var response: ProblemResponse { .stop }

    public init(_ code: ProblemCode, _ summary: String, at location: ProblemLocation = .named(""), remedy: String) {
        self.code = code
        self.summary = summary
        self.location = location
        self.remedy = remedy
    }

    /// What went wrong while a template was rendered for `node`.
    static func of(_ error: any Error, node: Node?) -> any Problem {
        let fallback = node?.location ?? .named("")
        guard let error = error as? JinjaError else {
            if let problem = error as? CompilationError { return problem.placed(at: fallback) }
            if let problem = error as? any Problem { return problem }
            return CompilationError("compile.failed", String(describing: error), at: fallback, remedy: "")
        }
        // What the library finds wrong is wrong with the node that it works on.
        let isLibrary = node != nil && error.template.map(MacroLibrary.isFile) == true
        let place = isLibrary ? fallback : error.template.map { ProblemLocation.file($0, line: error.line ?? 0, column: error.column ?? 0) } ?? fallback
        if let cause = error.cause as? CompilationError {
            let calls = Self.ofMacros.contains("\(cause.code)") ? node.map(error.calls) ?? "" : ""
            return CompilationError(cause.code, cause.summary + calls, at: cause.location, remedy: cause.remedy).placed(at: place)
        }
        if let cause = error.cause as? ProjectProblem {
            return CompilationError(cause.code, cause.summary, at: place, remedy: cause.remedy)
        }
        if let cause = error.cause as? any Problem { return cause }
        var remedy = isLibrary ? "it happened in \(error.template ?? ""):\(error.line ?? 0)" : "correct the template there"
        if !error.trace.isEmpty { remedy += "; it was called by " + callers(error.trace) }
        // dbt has a guess where a node itself names what nobody knows.
        let isUnknown = error.kind == .undefined && error.trace.isEmpty && error.message.hasSuffix("' is undefined") && error.template == node?.originalFilePath
        let guess = ". This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with \"dbt deps\"."
        return CompilationError("compile.template_failed", error.message + (isUnknown ? guess : ""), at: place, remedy: remedy)
    }

    /// What macros are at fault for, so that dbt tells by which a node came to it.
    private static let ofMacros: Set<String> = ["compile.raised", "compile.dispatch_failed"]

    /// Innermost first; a macro that calls itself is named once, with how often.
    private static func callers(_ trace: [JinjaError.Frame]) -> String {
        var runs: [(frame: JinjaError.Frame, count: Int)] = []
        for frame in trace {
            if runs.last?.frame == frame { runs[runs.count - 1].count += 1 } else { runs.append((frame, 1)) }
        }
        return runs.map { "macro '\($0.frame.macro)' (\($0.frame.template):\($0.frame.line))\($0.count > 1 ? " \($0.count) times" : "")" }.joined(separator: ", ")
    }

    private func placed(at place: ProblemLocation) -> CompilationError {
        location.description.isEmpty ? CompilationError(code, summary, at: place, remedy: remedy) : self
    }
}
