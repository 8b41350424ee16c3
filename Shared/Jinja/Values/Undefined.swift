/// A value that is not there, and why.
public final class Undefined: Sendable {
    /// The name that was asked for.
    public let name: String?
    public let policy: UndefinedPolicy
    /// What went wrong, for the error that its use will be.
    public let message: String

    init(name: String? = nil, message: String, policy: UndefinedPolicy) {
        self.name = name
        self.message = message
        self.policy = policy
    }

    var failure: JinjaError { JinjaError(.undefined, message) }

    /// Fails where only the strict policy refuses: printing, truth, iterating, comparing.
    func checkUse(strictOnly: Bool) throws(JinjaError) {
        if !strictOnly || policy == .strict { throw failure }
    }
}
