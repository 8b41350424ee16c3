/// What one check of a setting, a connection or a permission found, as `sluice doctor` tells it.
///
/// It holds no secret, as a `Problem` holds none.
public struct Finding: Hashable, Sendable {
    public enum State: String, Hashable, Sendable {
        case ok
        /// It works, and somebody should look.
        case warn
        case fail
        /// Not examined, or not there and no fault.
        case skipped
    }
    /// Who must act on a failure: whoever sets things up, or whoever keeps the machines and networks.
    public enum Cause: String, Hashable, Sendable { case settings, environment }

    /// What was looked at, in few words: `page 990000000000001`.
    public var check: String
    public var state: State
    public var summary: String
    public var location: String
    public var remedy: String
    /// A problem's stable code; empty where there is none.
    public var code: String
    public var cause: Cause

    public init(
        _ check: String, _ state: State, _ summary: String, location: String = "", remedy: String = "", code: String = "", cause: Cause = .settings
    ) {
        self.check = check
        self.state = state
        self.summary = summary
        self.location = location
        self.remedy = remedy
        self.code = code
        self.cause = cause
    }

    /// A failure. What may pass by itself is the environment's, what waits for a person the settings', where nobody says otherwise.
    public init(_ check: String, failed error: any Error, cause: Cause? = nil) {
        guard let problem = error as? any Problem else {
            self.init(check, .fail, "\(error)", cause: cause ?? .environment)
            return
        }
        let isPassing = if case .retry = problem.response { true } else { false }
        self.init(
            check, .fail, problem.summary, location: problem.location.description, remedy: problem.remedy, code: problem.code.description,
            cause: cause ?? (isPassing ? .environment : .settings))
    }

    /// The findings of a list of problems are as many.
    public static func failures(_ check: String, _ error: any Error, cause: Cause? = nil) -> [Finding] {
        if let list = error as? ProblemList { return list.problems.map { Finding(check, failed: $0, cause: cause) } }
        return [Finding(check, failed: error, cause: cause)]
    }

    /// With each of its texts changed: to take out what must not be shown.
    public func mapTexts(_ change: (String) -> String) -> Finding {
        Finding(change(check), state, change(summary), location: change(location), remedy: change(remedy), code: code, cause: cause)
    }
}

extension Finding {
    public var json: JSON {
        [
            "check": .string(check), "state": .string(state.rawValue), "summary": .string(summary), "location": .string(location), "remedy": .string(remedy),
            "code": .string(code), "cause": .string(cause.rawValue),
        ]
    }

    /// Nil for anything else than what `json` gives.
    public init?(_ json: JSON) {
        guard let check = json["check"]?.stringValue, let state = json["state"]?.stringValue.flatMap({ State(rawValue: $0) }) else { return nil }
        self.init(
            check, state, json["summary"]?.stringValue ?? "", location: json["location"]?.stringValue ?? "", remedy: json["remedy"]?.stringValue ?? "",
            code: json["code"]?.stringValue ?? "", cause: json["cause"]?.stringValue.flatMap { Cause(rawValue: $0) } ?? .settings)
    }
}
