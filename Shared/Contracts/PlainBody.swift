public import Kernel

// The commands and answers of every turn, read and written without a coder, which costs more than all the rest of such a turn.
// What they cannot make sense of is for the coder, and its words about what is wrong.

/// A command that can be read member by member.
public protocol PlainCommand: Decodable {
    /// Nil where any member is not as usual.
    init?(plain: JSONObject)
}

/// An answer that can be written member by member.
public protocol PlainReply: Encodable {
    var plain: JSON { get }
}

extension JSONObject {
    fileprivate func natural(_ key: String) -> UInt64? {
        if case .integer(let number)? = self[key] { UInt64(exactly: number) } else { nil }
    }
    fileprivate func text(_ key: String) -> String? { if case .string(let text)? = self[key] { text } else { nil } }

    /// Nil in the outer sense where the member is there and is none of `read`'s.
    fileprivate func optional<T>(_ key: String, _ read: (String) -> T?) -> T?? {
        guard let value = self[key], value != .null else { return .some(nil) }
        return read(key).map { .some($0) }
    }
    fileprivate func naturals(_ key: String) -> [UInt64]? {
        guard case .array(let values)? = self[key] else { return nil }
        var numbers: [UInt64] = []
        for value in values {
            guard case .integer(let number) = value, let natural = UInt64(exactly: number) else { return nil }
            numbers.append(natural)
        }
        return numbers
    }
    fileprivate func texts(_ key: String) -> [String]? {
        guard case .array(let values)? = self[key] else { return nil }
        let texts = values.compactMap(\.stringValue)
        return texts.count == values.count ? texts : nil
    }
}

private func number(_ value: UInt64) -> JSON { .integer(Int64(clamping: value)) }

extension LeaseCommand: PlainCommand {
    public init?(plain: JSONObject) {
        guard let lease = plain.text("lease"), let after = plain.optional("afterMilliseconds", plain.natural) else { return nil }
        self.init(lease: lease, afterMilliseconds: after.map { Int(clamping: $0) })
    }
}
extension ClaimCommand: PlainCommand {
    public init?(plain: JSONObject) {
        guard let role = plain.text("role").flatMap(Role.init(rawValue:)), let worker = plain.text("worker"), let wait = plain.natural("waitMilliseconds") else { return nil }
        self.init(role: role, worker: worker, waitMilliseconds: Int(clamping: wait))
    }
}
extension LeadCommand: PlainCommand {
    public init?(plain: JSONObject) {
        guard let name = plain.text("name"), let epoch = plain.optional("epoch", plain.natural) else { return nil }
        self.init(name: name, epoch: epoch)
    }
}
extension PublishCommand: PlainCommand {
    public init?(plain: JSONObject) {
        guard let epoch = plain.optional("epoch", plain.natural) else { return nil }
        self.init(epoch: epoch)
    }
}
extension ReadCommand: PlainCommand {
    public init?(plain: JSONObject) {
        guard let after = plain.optional("after", plain.natural), let prefixes = plain.optional("prefixes", plain.texts),
            let limit = plain.optional("limit", plain.natural), let sequences = plain.optional("sequences", plain.naturals)
        else { return nil }
        self.init(after: after ?? 0, prefixes: prefixes ?? [], limit: limit.map { Int(clamping: $0) } ?? 1000)
        self.sequences = sequences
    }
}
extension ConfirmCommand: PlainCommand {
    public init?(plain: JSONObject) {
        guard let reader = plain.text("reader"), let position = plain.natural("position"), let keep = plain.optional("keep", plain.naturals),
            let memory = plain.optional("memory", plain.text)
        else { return nil }
        self.init(reader: reader, position: position, keep: keep, memory: memory)
    }
}

extension ReadReply: PlainReply {
    public var plain: JSON { ["upTo": number(upTo), "newest": number(newest), "floor": number(floor)] }
}
extension ClaimReply: PlainReply {
    public var plain: JSON {
        var plain: JSON = ["delivery": .integer(Int64(delivery)), "leaseMilliseconds": .integer(Int64(leaseMilliseconds))]
        if let lease { plain["lease"] = .string(lease) }
        return plain
    }
}
extension ExtendReply: PlainReply {
    public var plain: JSON { ["leaseMilliseconds": .integer(Int64(leaseMilliseconds)), "isWithdrawn": .bool(isWithdrawn)] }
}
extension LeadReply: PlainReply {
    public var plain: JSON { ["epoch": number(epoch), "leaseMilliseconds": .integer(Int64(leaseMilliseconds))] }
}
extension Acknowledged: PlainReply {
    public var plain: JSON { [:] }
}
extension Refusal: PlainReply {
    public var plain: JSON {
        var plain: JSON = ["reason": .string(reason.rawValue), "message": .string(message)]
        if let floor { plain["floor"] = number(floor) }
        return plain
    }
}
