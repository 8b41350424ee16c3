internal import Jinja

/// A pattern of Python's `re`, as a tree.
indirect enum RegexNode {
    case character(UInt32)
    case any
    case set([RegexSetItem], isNegated: Bool)
    case sequence([RegexNode])
    case choice([RegexNode])
    case group(RegexNode, index: Int?)
    case repeated(RegexNode, min: Int, max: Int?, kind: RepeatKind)
    case reference(Int)
    case condition(Int, RegexNode, RegexNode)
    /// `behind`: how many characters back it begins; nil where it looks ahead.
    case look(RegexNode, behind: Int?, isNegated: Bool)
    case atomic(RegexNode)
    /// A part with flags of its own.
    case scoped(RegexNode, RegexFlags)
    case lineStart, lineEnd, textStart, textEnd, boundary, noBoundary

    enum RepeatKind { case greedy, lazy, possessive }
}

enum RegexSetItem {
    case range(UInt32, UInt32)
    case kind(RegexKind, isNegated: Bool)
}

enum RegexKind { case digit, word, space }

struct RegexFlags: OptionSet {
    let rawValue: Int
    static let ignoreCase = RegexFlags(rawValue: 2)
    static let multiline = RegexFlags(rawValue: 8)
    static let dotAll = RegexFlags(rawValue: 16)
    static let verbose = RegexFlags(rawValue: 64)
    static let ascii = RegexFlags(rawValue: 256)
}

/// Reads a pattern; fails with Python's words.
struct RegexParser {
    private let text: [UInt32]
    private var place = 0
    private(set) var flags: RegexFlags
    private(set) var groupCount = 0
    private(set) var names: [(name: String, index: Int)] = []
    /// The text each closed group takes, by index; nil while it is open.
    private var widths: [RegexWidth?] = []
    /// Conditions may name a group that comes later.
    private var groupMax = (index: 0, place: 0)
    private var depth = 0
    /// Python's interpreter refuses what nests deeper than about this.
    private static let depthMax = 400
    /// As in `re`.
    private static let repeatMax = Int(UInt32.max)

    init(_ pattern: String, flags: RegexFlags) {
        text = pattern.unicodeScalars.map(\.value)
        self.flags = flags
    }

    mutating func parse() throws -> RegexNode {
        let node = try choice()
        guard place == text.count else { throw failure("unbalanced parenthesis") }
        guard groupMax.index <= groupCount else { throw failure("invalid group reference \(groupMax.index)", at: groupMax.place) }
        return node
    }

    private func failure(_ reason: String) -> JinjaError { failure(reason, at: place) }
    private func failure(_ reason: String, at place: Int) -> JinjaError { JinjaError(.value, "\(reason) at position \(place)") }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? { place + offset < text.count ? Unicode.Scalar(text[place + offset]) : nil }
    private mutating func take(_ word: String) -> Bool {
        let wanted = word.unicodeScalars.map(\.value)
        guard place + wanted.count <= text.count, Array(text[place..<place + wanted.count]) == wanted else { return false }
        place += wanted.count
        return true
    }

    private mutating func descend() throws {
        guard depth < Self.depthMax else { throw JinjaError(.limit, "maximum recursion depth exceeded") }
        depth += 1
    }

    private mutating func choice() throws -> RegexNode {
        try descend()
        defer { depth -= 1 }
        var branches = [try sequence(isFirst: depth == 1)]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    /// - Parameter isFirst: whether it begins the whole pattern.
    private mutating func sequence(isFirst: Bool = false) throws -> RegexNode {
        var items: [RegexNode] = []
        while let next = peek(), next != "|", next != ")" {
            if flags.contains(.verbose) {
                if next.value <= 0x20 { place += 1; continue }
                if next == "#" { while let character = peek(), character != "\n" { _ = character; place += 1 }; continue }
            }
            // What it repeats may stand before a comment.
            if let item = try repeated(items.last) { items[items.count - 1] = item; continue }
            if let item = try atom(mayFlag: isFirst && items.isEmpty) { items.append(item) }
        }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    /// The item as often as it says here; nil where nothing of that is said.
    private mutating func repeated(_ item: RegexNode?) throws -> RegexNode? {
        let start = place
        guard let (low, high) = try bounds() else { return nil }
        guard let item, !item.isPlace else { throw failure("nothing to repeat", at: start) }
        if case .repeated = item { throw failure("multiple repeat", at: start) }
        return .repeated(item, min: low, max: high, kind: take("?") ? .lazy : take("+") ? .possessive : .greedy)
    }

    /// `*`, `+`, `?`, `{2}`, `{2,}`, `{,3}`, `{2,3}`; anything else in braces is plain text.
    private mutating func bounds() throws -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = place
        guard peek() == "{", peek(1) != "}" else { return nil }
        place += 1
        let low = try number()
        let isRange = take(",")
        let high = isRange ? try number() : low
        guard take("}") else { place = start; return nil }
        if let high, high < low ?? 0 { throw failure("min repeat greater than max repeat", at: start + 1) }
        return (low ?? 0, high)
    }

    private mutating func number() throws -> Int? {
        var value: Int?
        while let digit = peek(), ("0"..."9").contains(digit) {
            value = (value ?? 0) * 10 + Int(digit.value - 0x30)
            guard let value, value < Self.repeatMax else { throw JinjaError(.value, "the repetition number is too large") }
            place += 1
        }
        return value
    }

    private mutating func atom(mayFlag: Bool) throws -> RegexNode? {
        guard let next = peek() else { return nil }
        place += 1
        switch next {
        case ".": return .any
        case "^": return flags.contains(.multiline) ? .lineStart : .textStart
        case "$": return .lineEnd
        case "(": return try group(mayFlag: mayFlag)
        case "[": return try set()
        case "\\": return try escape()
        default: return .character(next.value)
        }
    }

    private mutating func closed(_ node: RegexNode, from start: Int) throws -> RegexNode {
        guard take(")") else { throw failure("missing ), unterminated subpattern", at: start) }
        return node
    }

    private mutating func group(mayFlag: Bool) throws -> RegexNode? {
        let start = place - 1
        func closed(_ node: RegexNode) throws -> RegexNode { try self.closed(node, from: start) }
        guard take("?") else { return try captured(nil) }
        if take(":") { return try closed(.group(try choice(), index: nil)) }
        if take("=") { return try closed(.look(try choice(), behind: nil, isNegated: false)) }
        if take("!") { return try closed(.look(try choice(), behind: nil, isNegated: true)) }
        if take("<=") { return try closed(try behind(isNegated: false)) }
        if take("<!") { return try closed(try behind(isNegated: true)) }
        if take(">") { return try closed(.atomic(try choice())) }
        if take("#") {
            while let character = peek(), character != ")" { _ = character; place += 1 }
            guard take(")") else { throw failure("missing ), unterminated comment", at: start) }
            return nil
        }
        if take("P=") {
            let name = word()
            guard let index = names.first(where: { $0.name == name })?.index else { throw failure("unknown group name '\(name)'", at: start + 4) }
            return try closed(.reference(try open(index, at: start + 4)))
        }
        if take("P<") {
            let name = word()
            guard take(">") else { throw failure("missing >, unterminated name") }
            guard let first = name.unicodeScalars.first else { throw failure("missing group name") }
            guard !("0"..."9").contains(first) else { throw failure("bad character in group name '\(name)'", at: start + 4) }
            if let index = names.first(where: { $0.name == name })?.index {
                throw failure("redefinition of group name '\(name)' as group \(groupCount + 1); was group \(index)", at: start + 4)
            }
            return try captured(name)
        }
        if take("(") { return try closed(try condition()) }
        return try flagged(mayFlag: mayFlag)
    }

    private mutating func condition() throws -> RegexNode {
        let start = place
        let name = word()
        let index: Int
        if let number = Int(name) {
            guard number > 0 else { throw failure("bad group number", at: start) }
            if number > groupMax.index { groupMax = (number, start) }
            index = number
        } else if !name.isEmpty, name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            throw failure("invalid group reference \(name)", at: start)
        } else if let known = names.first(where: { $0.name == name })?.index {
            index = known
        } else {
            throw failure("unknown group name '\(name)'", at: start)
        }
        guard take(")") else { throw failure("missing ), unterminated name") }
        try descend()
        defer { depth -= 1 }
        let yes = try sequence()
        let no = take("|") ? try sequence() : .sequence([])
        if peek() == "|" { throw failure("conditional backref with more than two branches") }
        return .condition(index, yes, no)
    }

    private mutating func behind(isNegated: Bool) throws -> RegexNode {
        let body = try choice()
        let width = body.width(widths)
        guard width.low == width.high else { throw JinjaError(.value, "look-behind requires fixed-width pattern") }
        return .look(body, behind: width.low, isNegated: isNegated)
    }

    private mutating func captured(_ name: String?) throws -> RegexNode {
        groupCount += 1
        let index = groupCount
        widths.append(nil)
        if let name { names.append((name, index)) }
        let start = place - 1
        let body = try closed(try choice(), from: start)
        widths[index - 1] = body.width(widths)
        return .group(body, index: index)
    }

    /// A group that may be referred to from here.
    private func open(_ index: Int, at start: Int) throws -> Int {
        guard index <= groupCount else { throw failure("invalid group reference \(index)", at: start + 1) }
        guard widths[index - 1] != nil else { throw failure("cannot refer to an open group", at: start) }
        return index
    }

    private static let flagLetters: [Unicode.Scalar: RegexFlags] = ["i": .ignoreCase, "m": .multiline, "s": .dotAll, "x": .verbose, "a": .ascii, "u": []]

    /// `(?i)` for the whole pattern, `(?i:…)` for a part.
    private mutating func flagged(mayFlag: Bool) throws -> RegexNode? {
        var (on, off): (RegexFlags, RegexFlags) = ([], [])
        var isOn = true
        let start = place
        while let next = peek() {
            place += 1
            if let flag = Self.flagLetters[next] {
                if isOn { on.formUnion(flag) } else { off.formUnion(flag) }
                continue
            }
            switch next {
            case "-" where isOn: isOn = false
            case ")" where isOn && place > start + 1:
                guard mayFlag else { throw failure("global flags not at the start of the expression", at: start - 2) }
                flags.formUnion(on)
                return nil
            case ":" where place > start + 1:
                guard on.isDisjoint(with: off) else { throw failure("bad inline flags: flag turned on and off") }
                let outer = flags
                flags = flags.union(on).subtracting(off)
                defer { flags = outer }
                return .scoped(try closed(try choice(), from: start - 2), flags)
            case "L": throw failure("bad inline flags: cannot use 'L' flag with a str pattern")
            default: throw failure(place == start + 1 ? "unknown extension ?\(next)" : next.properties.isAlphabetic ? "unknown flag" : isOn ? "missing -, : or )" : "missing :")
            }
        }
        throw failure(place == start ? "unexpected end of pattern" : isOn ? "missing -, : or )" : "missing flag")
    }

    private mutating func word() -> String {
        var name = String.UnicodeScalarView()
        while let next = peek(), next == "_" || next.properties.isAlphabetic || (0x30...0x39).contains(next.value) { name.append(next); place += 1 }
        return String(name)
    }

    private mutating func escape() throws -> RegexNode {
        guard let next = peek() else { throw failure("bad escape (end of pattern)", at: place - 1) }
        place += 1
        switch next {
        case "A": return .textStart
        case "Z": return .textEnd
        case "b": return .boundary
        case "B": return .noBoundary
        case "1"..."9":
            if let code = try octal(next, digits: 3...3) { return .character(code) }
            var number = Int(next.value - 0x30)
            if let digit = peek(), ("0"..."9").contains(digit) { number = number * 10 + Int(digit.value - 0x30); place += 1 }
            return .reference(try open(number, at: place - String(number).utf8.count - 1))
        default:
            if let kind = Self.kind(next) { return .set([kind], isNegated: false) }
            return .character(try literal(next))
        }
    }

    private static func kind(_ letter: Unicode.Scalar) -> RegexSetItem? {
        switch letter {
        case "d": .kind(.digit, isNegated: false)
        case "D": .kind(.digit, isNegated: true)
        case "w": .kind(.word, isNegated: false)
        case "W": .kind(.word, isNegated: true)
        case "s": .kind(.space, isNegated: false)
        case "S": .kind(.space, isNegated: true)
        default: nil
        }
    }

    private mutating func literal(_ letter: Unicode.Scalar) throws -> UInt32 {
        switch letter {
        case "n": return 0x0a
        case "t": return 0x09
        case "r": return 0x0d
        case "f": return 0x0c
        case "v": return 0x0b
        case "a": return 0x07
        case "0"..."7": return try octal(letter, digits: 1...3) ?? letter.value
        case "8", "9": throw failure("bad escape \\\(letter)", at: place - 2)
        case "x": return try hexadecimal(2)
        case "u": return try hexadecimal(4)
        case "U": return try hexadecimal(8)
        default:
            if letter.properties.isAlphabetic, letter.isASCII { throw failure("bad escape \\\(letter)", at: place - 2) }
            return letter.value
        }
    }

    /// The code that begins with this digit; nil, and nothing read, where there are fewer digits.
    private mutating func octal(_ first: Unicode.Scalar, digits: ClosedRange<Int>) throws -> UInt32? {
        var scalars = [first]
        while scalars.count < digits.upperBound, let digit = peek(scalars.count - 1), ("0"..."7").contains(digit) { scalars.append(digit) }
        guard scalars.count >= digits.lowerBound, let code = UInt32(String(String.UnicodeScalarView(scalars)), radix: 8) else { return nil }
        guard code <= 0o377 else { throw failure("octal escape value \\\(String(code, radix: 8)) outside of range 0-0o377", at: place - 2) }
        place += scalars.count - 1
        return code
    }

    private mutating func hexadecimal(_ count: Int) throws -> UInt32 {
        let digits = String(String.UnicodeScalarView(text[place...].prefix(count).compactMap(Unicode.Scalar.init)))
        // A sign is no digit.
        guard digits.count == count, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else { throw failure("incomplete escape") }
        place += count
        return value
    }

    private mutating func set() throws -> RegexNode {
        let start = place - 1
        let isNegated = take("^")
        var items: [RegexSetItem] = []
        var isFirst = true
        while let next = peek(), next != "]" || isFirst {
            isFirst = false
            place += 1
            let (low, kind) = try member(next)
            if let kind, peek() != "-" || peek(1) == "]" { items.append(kind); continue }
            if peek() == "-", let end = peek(1), end != "]" {
                place += 2
                let (high, kind) = try member(end)
                guard kind == nil, let low, let high, low <= high else { throw failure("bad character range") }
                items.append(.range(low, high))
            } else if let low {
                items.append(.range(low, low))
            }
        }
        guard take("]") else { throw failure("unterminated character set", at: start) }
        return .set(items, isNegated: isNegated)
    }

    private mutating func member(_ next: Unicode.Scalar) throws -> (UInt32?, RegexSetItem?) {
        guard next == "\\" else { return (next.value, nil) }
        guard let letter = peek() else { throw failure("unterminated character set") }
        place += 1
        if let kind = Self.kind(letter) { return (nil, kind) }
        return (letter == "b" ? 0x08 : try literal(letter), nil)
    }
}
