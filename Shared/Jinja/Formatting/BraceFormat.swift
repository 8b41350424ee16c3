/// `'{} {name!r:>10}'.format(…)`
struct BraceFormat {
    private let interpreter: Interpreter
    private let arguments: Arguments
    /// By `format_map`, which knows names alone.
    private let isMapped: Bool
    private var nextIndex = 0
    /// Whether fields are counted by hand or automatically; Python refuses a mixture.
    private var isManual: Bool?

    static func format(
        _ format: String, _ arguments: Arguments, isMapped: Bool = false, _ interpreter: Interpreter
    ) throws(JinjaError) -> String {
        var formatter = BraceFormat(interpreter: interpreter, arguments: arguments, isMapped: isMapped)
        return try formatter.expand(Array(format.unicodeScalars), depth: 0)
    }

    private init(interpreter: Interpreter, arguments: Arguments, isMapped: Bool) {
        self.isMapped = isMapped
        self.interpreter = interpreter
        self.arguments = arguments
    }

    private mutating func expand(_ text: [Unicode.Scalar], depth: Int) throws(JinjaError) -> String {
        guard depth < 2 else { throw JinjaError(.value, "max string recursion exceeded") }
        var result = String.UnicodeScalarView()
        var index = 0
        while index < text.count {
            let scalar = text[index]
            let isDoubled = index + 1 < text.count && text[index + 1] == scalar
            if scalar == "{" || scalar == "}", isDoubled {
                result.append(scalar)
                index += 2
            } else if scalar == "{" {
                let end = try fieldEnd(text, index + 1)
                result.append(contentsOf: try field(Array(text[index + 1..<end]), depth).unicodeScalars)
                guard result.count <= interpreter.environment.limits.textBytesMax else { throw interpreter.textTooLong }
                index = end + 1
            } else if scalar == "}" {
                throw JinjaError(.value, "single '}' encountered in format string")
            } else {
                result.append(scalar)
                index += 1
            }
        }
        return String(result)
    }

    private func fieldEnd(_ text: [Unicode.Scalar], _ start: Int) throws(JinjaError) -> Int {
        var depth = 1
        var index = start
        while index < text.count {
            if text[index] == "{" { depth += 1 }
            if text[index] == "}" { depth -= 1 }
            if depth == 0 { return index }
            index += 1
        }
        let problem = start < text.count ? "expected '}' before end of string" : "single '{' encountered in format string"
        throw JinjaError(.value, problem)
    }

    private mutating func field(_ text: [Unicode.Scalar], _ depth: Int) throws(JinjaError) -> String {
        var nameEnd = 0
        var brackets = 0
        while nameEnd < text.count {
            if text[nameEnd] == "[" { brackets += 1 }
            if text[nameEnd] == "]" { brackets -= 1 }
            if brackets <= 0, text[nameEnd] == ":" || text[nameEnd] == "!" { break }
            nameEnd += 1
        }
        var value = try resolve(Array(text[..<nameEnd]))
        var rest = text[nameEnd...]
        if rest.first == "!" {
            rest.removeFirst()
            guard let conversion = rest.popFirst() else { throw JinjaError(.value, "unmatched '{' in format spec") }
            switch conversion {
            case "s": value = .string(try interpreter.text(of: value))
            case "r", "a": value = .string(try interpreter.representation(of: value))
            default: throw JinjaError(.value, "unknown conversion specifier '\(conversion)'")
            }
            guard rest.isEmpty || rest.first == ":" else { throw JinjaError(.value, "expected ':' after conversion specifier") }
        }
        let specification = rest.isEmpty ? "" : try expand(Array(rest.dropFirst()), depth: depth + 1)
        return try FormatSpecification(specification).format(value, interpreter)
    }

    /// `name`, `0`, `name.attribute[key]`
    private mutating func resolve(_ path: [Unicode.Scalar]) throws(JinjaError) -> Value {
        let end = path.firstIndex { $0 == "." || $0 == "[" } ?? path.count
        var value = try argument(PythonText.string(path[..<end]))
        var index = end
        while index < path.count {
            if path[index] == "." {
                let stop = path[(index + 1)...].firstIndex { $0 == "." || $0 == "[" } ?? path.count
                let name = PythonText.string(path[(index + 1)..<stop])
                guard !name.isEmpty, let attribute = try interpreter.ownAttribute(name, of: value) else {
                    throw JinjaError(.type, "'\(value.typeName)' object has no attribute '\(name)'")
                }
                value = attribute
                index = stop
            } else if path[index] == "[", let close = path[index...].firstIndex(of: "]") {
                let key = PythonText.string(path[(index + 1)..<close])
                guard !key.isEmpty else { throw JinjaError(.value, "empty attribute in format string") }
                let item = try interpreter.item(Int(key).map(Value.int) ?? .string(key), of: value)
                if case .undefined(let undefined) = item { throw JinjaError(.value, undefined.message) }
                value = item
                index = close + 1
            } else {
                throw JinjaError(.value, "only '.' or '[' may follow ']' in format field specifier")
            }
        }
        return value
    }

    private mutating func argument(_ name: String) throws(JinjaError) -> Value {
        let number = Int(name)
        if name.isEmpty || number != nil {
            guard !isMapped else { throw JinjaError(.value, "Format string contains positional fields") }
            let manual = !name.isEmpty
            guard isManual == nil || isManual == manual else {
                throw JinjaError(.value, "cannot switch between manual field specification and automatic field numbering")
            }
            isManual = manual
            let index = number ?? nextIndex
            nextIndex += manual ? 0 : 1
            guard arguments.positional.indices.contains(index) else {
                throw JinjaError(.value, "replacement index \(index) out of range for positional args tuple")
            }
            return arguments.positional[index]
        }
        guard let value = arguments[name] else { throw JinjaError(.value, "KeyError: '\(name)'") }
        return value
    }
}

/// What follows the colon: `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
struct FormatSpecification {
    private var fill: Unicode.Scalar = " "
    private var align: Unicode.Scalar?
    private var sign: Unicode.Scalar?
    private var isAlternate = false
    private var padsZeros = false
    private var width = 0
    private var grouping: Unicode.Scalar?
    private var precision: Int?
    private var type: Unicode.Scalar?
    private let isEmpty: Bool

    init(_ text: String) throws(JinjaError) {
        var scalars = Array(text.unicodeScalars)[...]
        isEmpty = scalars.isEmpty
        let aligns: Set<Unicode.Scalar> = ["<", ">", "=", "^"]
        if scalars.count > 1, aligns.contains(scalars[scalars.startIndex + 1]) {
            fill = scalars.removeFirst()
            align = scalars.removeFirst()
        } else if let first = scalars.first, aligns.contains(first) {
            align = scalars.removeFirst()
        }
        if let first = scalars.first, first == "+" || first == "-" || first == " " { sign = scalars.removeFirst() }
        if scalars.first == "#" {
            isAlternate = true
            scalars.removeFirst()
        }
        if scalars.first == "0" {
            padsZeros = true
            scalars.removeFirst()
        }
        width = try Self.number(&scalars) ?? 0
        if let first = scalars.first, first == "," || first == "_" { grouping = scalars.removeFirst() }
        if scalars.first == "." {
            scalars.removeFirst()
            precision = try Self.number(&scalars)
            guard precision != nil else { throw JinjaError(.value, "Format specifier missing precision") }
        }
        type = scalars.popFirst()
        guard scalars.isEmpty else { throw JinjaError(.value, "Invalid format specifier '\(text)'") }
        try StringMethods.checkWidth(width)
        guard precision ?? 0 <= 10_000 else { throw JinjaError(.limit, "precision above 10000") }
    }

    private static func number(_ scalars: inout ArraySlice<Unicode.Scalar>) throws(JinjaError) -> Int? {
        var number: Int?
        while let first = scalars.first, first >= "0", first <= "9" {
            guard number ?? 0 < 1 << 40 else { throw JinjaError(.value, "Too many decimal digits in format string") }
            number = (number ?? 0) * 10 + Int(first.value - 48)
            scalars.removeFirst()
        }
        return number
    }

    func format(_ value: Value, _ interpreter: Interpreter) throws(JinjaError) -> String {
        switch value {
        case .string(let text): return try format(text)
        case .int, .big: return try format(integer: value)
        case .bool(let value):
            return isEmpty ? (value ? "True" : "False") : try format(integer: .int(value ? 1 : 0))
        case .double(let value): return try format(value)
        case .undefined, .object, .none, .list, .tuple, .dict, .function:
            let text = try interpreter.text(of: value)
            guard isEmpty else {
                throw JinjaError(.type, "unsupported format string passed to \(value.typeName).__format__")
            }
            return text
        }
    }

    private func format(_ text: String) throws(JinjaError) -> String {
        guard type == nil || type == "s" else { throw unknownCode("str") }
        guard sign == nil, !isAlternate, grouping == nil, align != "=" else {
            throw JinjaError(.value, "option not allowed in string format specifier")
        }
        let clipped = precision.map { PythonText.string(text.unicodeScalars.prefix($0)) } ?? text
        var copy = self
        if padsZeros, align == nil { copy.fill = "0" }
        return copy.padded(clipped, defaultAlign: "<")
    }

    private func unknownCode(_ name: String) -> JinjaError {
        JinjaError(.value, "Unknown format code '\(type.map { String($0) } ?? "")' for object of type '\(name)'")
    }

    private func format(integer value: Value) throws(JinjaError) -> String {
        switch type {
        case nil, "d", "n": return try number(value, radix: 10, "", group: 3)
        case "b": return try number(value, radix: 2, "0b", group: 4)
        case "o": return try number(value, radix: 8, "0o", group: 4)
        case "x": return try number(value, radix: 16, "0x", group: 4)
        case "X": return try number(value, radix: 16, uppercase: true, "0X", group: 4)
        case "c":
            guard let value = value.asInt else { throw JinjaError(.arithmetic, "Python int too large to convert to C long") }
            guard value >= 0, value <= 0x10ffff, let scalar = Unicode.Scalar(UInt32(value)) else {
                throw JinjaError(.arithmetic, "%c arg not in range(0x110000)")
            }
            return padded(String(scalar), defaultAlign: ">")
        case "e", "E", "f", "F", "g", "G", "%":
            guard let double = value.asDouble else { throw Numbers.tooLargeForFloat }
            return try format(double)
        default: throw unknownCode("int")
        }
    }

    private func number(_ value: Value, radix: Int, uppercase: Bool = false, _ prefix: String, group: Int) throws(JinjaError) -> String {
        guard precision == nil else { throw JinjaError(.value, "Precision not allowed in integer format specifier") }
        guard grouping != "," || group == 3 else {
            throw JinjaError(.value, "Cannot specify ',' with '\(type.map { String($0) } ?? "")'.")
        }
        guard let (digits, isNegative) = try Numbers.digits(value, radix: radix, uppercase: uppercase) else { throw unknownCode("int") }
        return signed(grouped(digits, group), isNegative: isNegative, isAlternate ? prefix : "")
    }

    private func format(_ value: Double) throws(JinjaError) -> String {
        let magnitude = value.magnitude
        var digits: String
        switch type {
        case nil:
            if let precision {
                digits = Numbers.formatted(magnitude, "g", precision: precision)
                if magnitude.isFinite, !digits.contains("e"), !digits.contains(".") { digits += ".0" }
            } else {
                digits = Numbers.text(magnitude)
            }
        case "e", "E", "f", "F", "g", "G":
            digits = Numbers.formatted(
                magnitude, Character(type ?? "g"), precision: precision ?? 6, alternate: isAlternate)
        case "n": digits = Numbers.formatted(magnitude, "g", precision: precision ?? 6)
        case "%": digits = Numbers.formatted(magnitude * 100, "f", precision: precision ?? 6) + "%"
        default: throw unknownCode("float")
        }
        if grouping != nil {
            let end = digits.firstIndex { !$0.isNumber } ?? digits.endIndex
            digits = grouped(String(digits[..<end]), 3) + digits[end...]
        }
        return signed(digits, isNegative: value.sign == .minus && !value.isNaN, "")
    }

    private func grouped(_ digits: String, _ size: Int) -> String {
        guard let grouping else { return digits }
        var result: [Character] = []
        for (index, digit) in digits.reversed().enumerated() {
            if index > 0, index % size == 0 { result.append(Character(grouping)) }
            result.append(digit)
        }
        return String(result.reversed())
    }

    private func signed(_ digits: String, isNegative: Bool, _ prefix: String) -> String {
        let mark = isNegative ? "-" : sign == "+" ? "+" : sign == " " ? " " : ""
        let head = mark + prefix
        guard align == "=" || (padsZeros && align == nil) else { return padded(head + digits, defaultAlign: ">") }
        let missing = max(width - PythonText.count(head + digits), 0)
        let filler: Unicode.Scalar = align == nil ? "0" : padsZeros && fill == " " ? "0" : fill
        return head + String(repeating: String(filler), count: missing) + digits
    }

    private func padded(_ text: String, defaultAlign: Unicode.Scalar) -> String {
        let missing = max(width - PythonText.count(text), 0)
        let left: Int
        switch align ?? defaultAlign {
        case ">", "=": left = missing
        case "^": left = missing / 2
        default: left = 0
        }
        let filler = String(padsZeros && align != nil && fill == " " ? "0" : fill)
        return String(repeating: filler, count: left) + text + String(repeating: filler, count: missing - left)
    }
}
