public import Jinja
public import Kernel

extension Value {
    /// JSON as templates see it.
    public init(_ json: JSON) {
        switch json {
        case .null: self = .none
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .int(Int(number))
        case .large(let digits): self = Value(digits: digits) ?? .string(digits)
        case .double(let number): self = .double(number)
        case .string(let text): self = .string(text)
        case .array(let items): self = .list(items.map { Value($0) })
        case .object(let object): self = .dict(object.pairs.map { ($0.key, Value($0.value)) })
        }
    }

    /// A template's value as JSON; nil for functions and objects that state no JSON of their own, for integers too long to be written, and for
    /// what holds itself or nests deeper than anybody reads.
    public var json: JSON? { json(room: Self.jsonDepthMax) }
    private static let jsonDepthMax = 500

    private func json(room: Int) -> JSON? {
        guard room > 0 else { return nil }
        switch self {
        case .undefined, .none: return .null
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .integer(Int64(number))
        case .big(let number): return number.isWritable ? .large(number.digits) : nil
        case .double(let number): return .double(number)
        case .string(let text): return .string(text)
        case .list, .tuple:
            var items: [JSON] = []
            for item in asList ?? [] {
                guard let json = item.json(room: room - 1) else { return nil }
                items.append(json)
            }
            return .array(items)
        case .dict(let dict):
            var object = JSONObject()
            for (key, value) in dict.pairs {
                guard let json = value.json(room: room - 1) else { return nil }
                object[key.asString ?? key.json?.text() ?? ""] = json
            }
            return .object(object)
        case .object(let object):
            guard let value = try? object.jsonValue() else { return nil }
            return value.json(room: room - 1)
        case .function: return nil
        }
    }
}
