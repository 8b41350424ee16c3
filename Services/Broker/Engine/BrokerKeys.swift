import Bus
public import Kernel
public import Wire

/// The broker's own key pair, and who may come in as what.
public struct BrokerKeys: Sendable {
    public let own: CurveKeys
    private let roles: [String: BusRole]

    /// - Parameter allowList: a line for each client: role, public key, and a name for people. `#` begins a comment.
    /// - Throws: `PlainProblem` naming the line that cannot be read: an allow-list is understood whole or not used.
    public init(own: CurveKeys, allowList: String, path: String) throws(PlainProblem) {
        self.own = own
        var roles: [String: BusRole] = [:]
        for (number, line) in allowList.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            // Only at the start of a line: the alphabet of Z85 has the character too.
            guard !line.hasPrefix("#") else { continue }
            let words = line.split(whereSeparator: \.isWhitespace)
            guard !words.isEmpty else { continue }
            guard words.count >= 2, let role = BusRole(rawValue: String(words[0])), CurveKeys.isKey(String(words[1])) else {
                throw PlainProblem(
                    "broker.allow_list", "line \(number + 1) of the allow-list is not a role and a public key", at: .file("\(path):\(number + 1)"),
                    remedy: "write one of \(BusRole.allCases.map(\.rawValue).joined(separator: ", ")) and the 40 characters of a public key; sluice keys does")
            }
            guard roles[String(words[1])] == nil || roles[String(words[1])] == role else {
                throw PlainProblem(
                    "broker.allow_list", "line \(number + 1) gives a second role to a key", at: .file("\(path):\(number + 1)"),
                    remedy: "make a key for each role; sluice keys does")
            }
            roles[String(words[1])] = role
        }
        self.roles = roles
    }

    func role(of key: String) -> BusRole? { roles[key] }
    public var count: Int { roles.count }
}
