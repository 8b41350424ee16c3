import CZeroMQ
public import Kernel

/// What ZeroMQ said no to.
public struct WireError: Problem, Hashable {
    public let number: Int32
    public let action: String
    public let endpoint: String

    static func last(_ action: String, _ endpoint: String) -> WireError {
        WireError(number: zmq_errno(), action: action, endpoint: endpoint)
    }
    public var code: ProblemCode { "wire.socket" }
    public var summary: String { "cannot \(action): \(String(cString: zmq_strerror(number)))" }
    public var location: ProblemLocation { .named(endpoint) }
    public var remedy: String { "check the endpoint, that no other program holds it, and that its folder exists" }
    public var response: ProblemResponse { .stop }
}
