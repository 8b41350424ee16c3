/// A JSON value. Objects keep the order of their keys; whole numbers stay exact.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A whole number beyond 64 bits, by its decimal digits; one that fits is always an `integer`.
    case large(String)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object, in order. A key set again keeps its place.
///
/// Most objects have a handful of members, and there are very many of them: one array is smaller and quicker than a
/// dictionary, which only large objects get beside it.
public struct JSONObject: Sendable {
    public private(set) var pairs: [(key: String, value: JSON)] = []
    private var places: [String: Int]?
    private static let searchedMax = 16

    public init() {}
    /// - Precondition: no key comes twice; nothing looks.
    public init(distinct pairs: [(key: String, value: JSON)]) { self.pairs = pairs }

    public subscript(key: String) -> JSON? {
        get { place(of: key).map { pairs[$0].value } }
        set {
            if let place = place(of: key) {
                if let newValue { pairs[place].value = newValue } else { remove(at: place) }
            } else if let newValue {
                places?[key] = pairs.count
                pairs.append((key, newValue))
                if places == nil, pairs.count > Self.searchedMax { index() }
            }
        }
    }

    public var keys: [String] { pairs.map(\.key) }
    public var count: Int { pairs.count }
    public var isEmpty: Bool { pairs.isEmpty }

    private func place(of key: String) -> Int? {
        if let places { places[key] } else { pairs.firstIndex { $0.key == key } }
    }
    private mutating func remove(at place: Int) {
        pairs.remove(at: place)
        if places != nil { index() }
    }
    private mutating func index() { places = Dictionary(uniqueKeysWithValues: pairs.indices.map { (pairs[$0].key, $0) }) }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.pairs.elementsEqual(right.pairs, by: ==) }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(pairs.count)
        for (key, value) in pairs {
            hasher.combine(key)
            hasher.combine(value)
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    public typealias Key = String
    public typealias Value = JSON
    public typealias ArrayLiteralElement = JSON

    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

extension JSON {
    public init(_ value: Int) { self = .integer(Int64(value)) }
    public init(_ value: String?) { self = value.map(JSON.string) ?? .null }
    public init(_ pairs: [(String, JSON)]) {
        var object = JSONObject()
        for (key, value) in pairs { object[key] = value }
        self = .object(object)
    }

    public var isNull: Bool { self == .null }
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var intValue: Int? {
        switch self {
        case .integer(let value): Int(value)
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }
    public var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .large(let digits): Double(digits)
        case .double(let value): value
        default: nil
        }
    }

    /// A member of an object; nil where this is no object or has no such key.
    public subscript(key: String) -> JSON? {
        get { objectValue?[key] }
        set {
            var object = objectValue ?? JSONObject()
            object[key] = newValue
            self = .object(object)
        }
    }
    public subscript(index: Int) -> JSON? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }
}

/// Any text as a key of a JSON object.
private struct MemberKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension JSON: Codable {
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: MemberKey.self) {
            var object = JSONObject()
            for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
                object[key.stringValue] = try container.decode(JSON.self, forKey: key)
            }
            self = .object(object)
        } else if var container = try? decoder.unkeyedContainer() {
            var values: [JSON] = []
            while !container.isAtEnd { values.append(try container.decode(JSON.self)) }
            self = .array(values)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() { self = .null }
            else if let value = try? container.decode(Bool.self) { self = .bool(value) }
            else if let value = try? container.decode(Int64.self) { self = .integer(value) }
            else if let value = try? container.decode(Int128.self) { self = .large(String(value)) }
            else if let value = try? container.decode(Double.self) { self = .double(value) }
            else { self = .string(try container.decode(String.self)) }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            var container = encoder.container(keyedBy: MemberKey.self)
            for (key, value) in object.pairs { try container.encode(value, forKey: MemberKey(stringValue: key)) }
        case .array(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(value) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            // Coders know no larger number than these; the digits of another are kept as a text.
            case .large(let digits): if let number = Int128(digits) { try container.encode(number) } else { try container.encode(digits) }
            case .double(let value): try container.encode(value)
            case .string(let value): try container.encode(value)
            default: try container.encodeNil()
            }
        }
    }
}
