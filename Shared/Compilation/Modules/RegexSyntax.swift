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
    case look(RegexNode, isAhead: Bool, isNegated: Bool)
    case atomic(RegexNode)
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

    init(_ pattern: String, flags: RegexFlags) {
        text = pattern.unicodeScalars.map(\.value)
        self.flags = flags
    }

    mutating func parse() throws -> RegexNode {
        let node = try choice()
        guard place == text.count else { throw failure("unbalanced parenthesis") }
        return node
    }

    private func failure(_ reason: String) -> JinjaError { JinjaError(.value, "\(reason) at position \(place)") }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? { place + offset < text.count ? Unicode.Scalar(text[place + offset]) : nil }
    private mutating func take(_ word: String) -> Bool {
        let wanted = word.unicodeScalars.map(\.value)
        guard place + wanted.count <= text.count, Array(text[place..<place + wanted.count]) == wanted else { return false }
        place += wanted.count
        return true
    }

    private mutating func choice() throws -> RegexNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws -> RegexNode {
        var items: [RegexNode] = []
        while let next = peek(), next != "|", next != ")" {
            if flags.contains(.verbose) {
                if next.value <= 0x20 { place += 1; continue }
                if next == "#" { while let character = peek(), character != "\n" { _ = character; place += 1 }; continue }
            }
            guard let item = try atom() else { continue }
            items.append(try quantified(item))
        }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func quantified(_ atom: RegexNode) throws -> RegexNode {
        var node = atom
        while let next = peek() {
            var (low, high): (Int, Int?) = (0, nil)
            switch next {
            case "*": place += 1
            case "+": place += 1; low = 1
            case "?": place += 1; high = 1
            case "{":
                guard let bounds = bounds() else { return node }
                (low, high) = bounds
                if let high, high < low { throw failure("min repeat greater than max repeat") }
            default: return node
            }
            let kind: RegexNode.RepeatKind = take("?") ? .lazy : take("+") ? .possessive : .greedy
            node = .repeated(node, min: low, max: high, kind: kind)
            if let next = peek(), "*+?".unicodeScalars.contains(next) { throw failure("multiple repeat") }
        }
        return node
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}`; anything else in braces is plain text.
    private mutating func bounds() -> (Int, Int?)? {
        let start = place
        place += 1
        func number(_ place: inout Int) -> Int? {
            var value: Int?
            while place < text.count, (0x30...0x39).contains(text[place]) { value = (value ?? 0) * 10 + Int(text[place] - 0x30); place += 1 }
            return value
        }
        let low = number(&place)
        if take("}"), let low { return (low, low) }
        if take(",") {
            let high = number(&place)
            if take("}"), low != nil || high != nil { return (low ?? 0, high) }
        }
        place = start
        return nil
    }

    private mutating func atom() throws -> RegexNode? {
        guard let next = peek() else { return nil }
        place += 1
        switch next {
        case ".": return .any
        case "^": return flags.contains(.multiline) ? .lineStart : .textStart
        case "$": return .lineEnd
        case "(": return try group()
        case "[": return try set()
        case "\\": return try escape()
        case "*", "+", "?": throw failure("nothing to repeat")
        default: return .character(next.value)
        }
    }

    private mutating func group() throws -> RegexNode? {
        func closed(_ node: RegexNode) throws -> RegexNode {
            guard take(")") else { throw failure("missing ), unterminated subpattern") }
            return node
        }
        guard take("?") else { return try captured(nil) }
        if take(":") { return try closed(.group(try choice(), index: nil)) }
        if take("=") { return try closed(.look(try choice(), isAhead: true, isNegated: false)) }
        if take("!") { return try closed(.look(try choice(), isAhead: true, isNegated: true)) }
        if take("<=") { return try closed(.look(try choice(), isAhead: false, isNegated: false)) }
        if take("<!") { return try closed(.look(try choice(), isAhead: false, isNegated: true)) }
        if take(">") { return try closed(.atomic(try choice())) }
        if take("#") {
            while let character = peek(), character != ")" { _ = character; place += 1 }
            place += 1
            return nil
        }
        if take("P=") {
            let name = word()
            guard let index = names.first(where: { $0.name == name })?.index else { throw failure("unknown group name '\(name)'") }
            return try closed(.reference(index))
        }
        if take("P<") {
            let name = word()
            guard take(">") else { throw failure("missing >, unterminated name") }
            return try captured(name)
        }
        if take("(") {
            let name = word()
            guard let index = Int(name) ?? names.first(where: { $0.name == name })?.index, take(")") else { throw failure("unknown group name '\(name)'") }
            let yes = try sequence()
            let no = take("|") ? try sequence() : .sequence([])
            return try closed(.condition(index, yes, no))
        }
        return try flagged()
    }

    private mutating func captured(_ name: String?) throws -> RegexNode {
        groupCount += 1
        let index = groupCount
        if let name { names.append((name, index)) }
        let body = try choice()
        guard take(")") else { throw failure("missing ), unterminated subpattern") }
        return .group(body, index: index)
    }

    /// `(?i)` for the whole pattern, `(?i:…)` for a part.
    private mutating func flagged() throws -> RegexNode? {
        let outer = flags
        var isOn = true
        while let next = peek() {
            place += 1
            let flag: RegexFlags
            switch next {
            case "i": flag = .ignoreCase
            case "m": flag = .multiline
            case "s": flag = .dotAll
            case "x": flag = .verbose
            case "a": flag = .ascii
            case "u", "L": continue
            case "-": isOn = false; continue
            case ")": return nil
            case ":":
                let body = try choice()
                guard take(")") else { throw failure("missing ), unterminated subpattern") }
                flags = outer
                return .group(body, index: nil)
            default: throw failure("unknown extension ?\(next)")
            }
            if isOn { flags.insert(flag) } else { flags.remove(flag) }
        }
        throw failure("missing -, : or )")
    }

    private mutating func word() -> String {
        var name = String.UnicodeScalarView()
        while let next = peek(), next == "_" || next.properties.isAlphabetic || (0x30...0x39).contains(next.value) { name.append(next); place += 1 }
        return String(name)
    }

    private mutating func escape() throws -> RegexNode {
        guard let next = peek() else { throw failure("bad escape (end of pattern)") }
        place += 1
        switch next {
        case "A": return .textStart
        case "Z": return .textEnd
        case "b": return .boundary
        case "B": return .noBoundary
        case "1"..."9":
            var number = Int(next.value - 0x30)
            if let digit = peek(), (0x30...0x39).contains(digit.value) { number = number * 10 + Int(digit.value - 0x30); place += 1 }
            guard number <= groupCount else { throw failure("invalid group reference \(number)") }
            return .reference(number)
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
        case "0": return 0
        case "x": return try hexadecimal(2)
        case "u": return try hexadecimal(4)
        case "U": return try hexadecimal(8)
        default:
            if letter.properties.isAlphabetic, letter.isASCII { throw failure("bad escape \\\(letter)") }
            return letter.value
        }
    }

    private mutating func hexadecimal(_ count: Int) throws -> UInt32 {
        guard place + count <= text.count, let value = UInt32(String(String.UnicodeScalarView(text[place..<place + count].compactMap(Unicode.Scalar.init))), radix: 16) else {
            throw failure("incomplete escape")
        }
        place += count
        return value
    }

    private mutating func set() throws -> RegexNode {
        let isNegated = take("^")
        var items: [RegexSetItem] = []
        var isFirst = true
        while let next = peek(), next != "]" || isFirst {
            isFirst = false
            place += 1
            let (low, kind) = try member(next)
            if let kind { items.append(kind); continue }
            if peek() == "-", let end = peek(1), end != "]" {
                place += 2
                let (high, kind) = try member(end)
                guard kind == nil, let low, let high, low <= high else { throw failure("bad character range") }
                items.append(.range(low, high))
            } else if let low {
                items.append(.range(low, low))
            }
        }
        guard take("]") else { throw failure("unterminated character set") }
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
