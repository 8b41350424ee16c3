/// Python's `bytes`: what `encode` and `to_bytes` give.
final class BytesObject: JinjaObject {
    let bytes: [UInt8]
    static let countMax = 1 << 24
    static var tooLong: JinjaError { JinjaError(.limit, "more than \(countMax) bytes") }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var typeName: String { "bytes" }
    var count: Int? { bytes.count }
    var isSequence: Bool { true }

    func text(_ interpreter: Interpreter) throws -> String {
        let quote = bytes.contains(UInt8(ascii: "'")) && !bytes.contains(UInt8(ascii: "\"")) ? UInt8(ascii: "\"") : UInt8(ascii: "'")
        var result = "b" + String(UnicodeScalar(quote))
        for byte in bytes {
            switch byte {
            case .backslash: result += "\\\\"
            case .newline: result += "\\n"
            case .carriageReturn: result += "\\r"
            case 9: result += "\\t"
            case quote: result += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7f: result.unicodeScalars.append(UnicodeScalar(byte))
            default: result += "\\x" + PythonText.hex(UInt32(byte), 2)
            }
        }
        return result + String(UnicodeScalar(quote))
    }

    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        guard let index = key.asInt else { return nil }
        let place = index < 0 ? index + bytes.count : index
        return bytes.indices.contains(place) ? .int(Int(bytes[place])) : nil
    }

    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? { ValueIterator(bytes.map { .int(Int($0)) }) }

    func contains(_ value: Value) throws -> Bool? {
        if let number = value.asInt {
            guard let byte = UInt8(exactly: number) else { throw JinjaError(.value, "byte must be in range(0, 256)") }
            return bytes.contains(byte)
        }
        guard case .object(let object as BytesObject) = value else {
            throw JinjaError(.type, "a bytes-like object is required, not '\(value.typeName)'")
        }
        return PythonText.firstIndex(of: object.bytes, in: bytes) != nil
    }

    func isEqual(to other: Value) -> Bool {
        if case .object(let object as BytesObject) = other { object.bytes == bytes } else { false }
    }
    func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
    func order(against other: Value) throws -> Int? {
        guard case .object(let object as BytesObject) = other else { return nil }
        return bytes == object.bytes ? 0 : bytes.lexicographicallyPrecedes(object.bytes) ? -1 : 1
    }

    func apply(_ operation: BinaryOperator, _ other: Value, isReversed: Bool) throws -> Value? {
        if operation == .add, !isReversed {
            guard case .object(let object as BytesObject) = other else { throw JinjaError(.type, "can't concat \(other.typeName) to bytes") }
            guard bytes.count + object.bytes.count <= Self.countMax else { throw Self.tooLong }
            return .object(BytesObject(bytes + object.bytes))
        }
        guard operation == .multiply, let times = other.asInt else { return nil }
        let (size, isOver) = bytes.count.multipliedReportingOverflow(by: max(times, 0))
        guard !isOver, size <= Self.countMax else { throw Self.tooLong }
        return .object(BytesObject(Array(repeatElement(bytes, count: max(times, 0)).joined())))
    }

    // MARK: Methods

    private static let asText: Set<String> = [
        "capitalize", "center", "count", "endswith", "expandtabs", "find", "index", "isalnum", "isalpha", "isascii", "isdigit", "islower", "isspace",
        "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust",
        "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
    ]
    var methods: Set<String> { Self.asText.union(["decode", "hex", "fromhex"]) }

    func callMethod(_ name: String, _ arguments: Arguments, _ interpreter: Interpreter) throws -> Value? {
        guard arguments.named.isEmpty || Methods.namesArguments.contains(name) || !methods.contains(name) else {
            throw JinjaError(.type, "bytes.\(name)() takes no keyword arguments")
        }
        switch name {
        case "decode":
            let places = try arguments.bound("decode", "encoding", "errors")
            let encoding = try TextEncoding(named: (places[0] ?? "utf-8").string("decode() argument 'encoding'"))
            return .string(try encoding.decode(bytes, errors: (places[1] ?? "strict").string("decode() argument 'errors'")))
        case "isascii":
            _ = try arguments.bound("isascii")
            return .bool(bytes.allSatisfy { $0 < 0x80 })
        case "hex":
            return .string(try hex(arguments.bound("hex", "sep", "bytes_per_sep")))
        case "fromhex":
            let text = try (arguments.bound("fromhex", required: 1, "string")[0] ?? .none).string("fromhex() argument")
            return .object(BytesObject(try Self.bytes(ofHex: text)))
        default:
            guard Self.asText.contains(name), let method = StringMethods.all[name] else { return nil }
            let stays = name == "splitlines"
            let passed = Arguments(
                try arguments.positional.enumerated().map { place, value in
                    try Self.argument(value, takesNumber: place == 0 && ["count", "find", "index", "rfind", "rindex"].contains(name), stays)
                }, named: try arguments.named.map { ($0.name, try Self.argument($0.value, takesNumber: false, stays)) })
            return Self.result(try method(Self.text(bytes, stays), passed, interpreter))
        }
    }

    /// Groups of so many bytes are counted from the right, and from the left where the number is negative.
    private func hex(_ places: [Value?]) throws(JinjaError) -> String {
        let digits = bytes.map { PythonText.hex(UInt32($0), 2) }
        guard let separator = places[0] else { return digits.joined() }
        let sign = try separator.string("sep")
        guard sign.unicodeScalars.count == 1 else { throw JinjaError(.value, "sep must be length 1.") }
        guard sign.utf8.count == 1 else { throw JinjaError(.value, "sep must be ASCII.") }
        let size = try (places[1] ?? 1).integer("bytes_per_sep")
        guard size != 0 else { return digits.joined() }
        let first = size > 0 ? digits.count % size : 0
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (place - first) % size == 0 { text += sign }
            text += digit
        }
        return text
    }

    private static func bytes(ofHex text: String) throws(JinjaError) -> [UInt8] {
        let digits = Array(text.utf8)
        var bytes: [UInt8] = []
        var place = 0
        while place < digits.count {
            if digits[place] == 0x20 || (9...13).contains(digits[place]) { place += 1; continue }
            guard let wrong = (place...place + 1).first(where: { $0 >= digits.count || !digits[$0].isHexDigit }) else {
                bytes.append(UInt8(Array(digits[place...place + 1]).text, radix: 16) ?? 0)
                place += 2
                continue
            }
            throw JinjaError(.value, "non-hexadecimal number found in fromhex() arg at position \(wrong)")
        }
        return bytes
    }

    // What `bytes` share with `str` is done by the methods of text. Bytes that are no ASCII, and those that are white space or ends of lines
    // in text alone, become characters of private use, which are neither letters nor anything else.
    private static func text(_ bytes: [UInt8], _ splitsLines: Bool) -> String {
        PythonText.string(bytes.lazy.map { byte -> Unicode.Scalar in
            let isPlain = byte < 0x80 && !(0x1c...0x1f).contains(byte) && !(splitsLines && (0x0b...0x0c).contains(byte))
            return isPlain ? Unicode.Scalar(byte) : Unicode.Scalar(0xe000 + UInt32(byte)) ?? " "
        })
    }

    private static func argument(_ value: Value, takesNumber: Bool, _ splitsLines: Bool) throws(JinjaError) -> Value {
        switch value {
        case .object(let object as BytesObject): return .string(text(object.bytes, splitsLines))
        case .tuple(let tuple):
            var items: [Value] = []
            for item in tuple.items { items.append(try argument(item, takesNumber: false, splitsLines)) }
            return .tuple(items)
        case .list(let list):
            var items: [Value] = []
            for item in list.items { items.append(try argument(item, takesNumber: false, splitsLines)) }
            return .list(items)
        case .string:
            let wanted = takesNumber ? "argument should be integer or bytes-like object" : "a bytes-like object is required"
            throw JinjaError(.type, "\(wanted), not 'str'")
        case .int(let number) where takesNumber:
            guard let byte = UInt8(exactly: number) else { throw JinjaError(.value, "byte must be in range(0, 256)") }
            return .string(text([byte], splitsLines))
        default: return value
        }
    }

    private static func result(_ value: Value) -> Value {
        switch value {
        case .string(let text):
            .object(BytesObject(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }))
        case .list(let list): .list(list.items.map(result))
        case .tuple(let tuple): .tuple(tuple.items.map(result))
        default: value
        }
    }
}
