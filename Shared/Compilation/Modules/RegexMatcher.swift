internal import Jinja

/// A pattern ready to be matched. Matching walks the tree and comes back where a way was wrong, as Python's does.
final class RegexProgram {
    let pattern: String
    let flags: RegexFlags
    let groupCount: Int
    let names: [(name: String, index: Int)]
    private let root: RegexNode

    init(_ pattern: String, flags: RegexFlags) throws {
        var parser = RegexParser(pattern, flags: flags)
        root = try parser.parse()
        self.pattern = pattern
        self.flags = parser.flags
        groupCount = parser.groupCount
        names = parser.names
    }

    struct Match {
        var start: Int
        var end: Int
        /// By group, from 1; nil for one that took no part.
        var groups: [Range<Int>?]
    }

    enum Anchor { case anywhere, start, whole }

    /// - Parameter emptyBelow: a match that ends before it took anything is wrong up to here.
    func match(_ text: [UInt32], from start: Int, _ anchor: Anchor = .anywhere, emptyBelow: Int = -1) throws -> Match? {
        do { return try match(text, from: start, anchor, emptyBelow: emptyBelow, stackBytesMax: RegexRun.stackBytesMax) } catch is RegexRun.StackUsedUp {
            // Python's matcher has no such bound: each turn of a group takes some kilobytes of ours.
            return try DeepStack.run {
                do { return try match(text, from: start, anchor, emptyBelow: emptyBelow, stackBytesMax: DeepStack.bytes / 8 * 7) } catch is RegexRun.StackUsedUp { throw RegexRun.tooFar }
            }
        }
    }

    private func match(_ text: [UInt32], from start: Int, _ anchor: Anchor, emptyBelow: Int, stackBytesMax: Int) throws -> Match? {
        for place in start...max(start, text.count) {
            let run = RegexRun(text, flags, groupCount, stackBytesMax)
            var end = place
            let isFound = try run.step(root, place) { position in
                if anchor == .whole && position != text.count || position == place && place < emptyBelow { return false }
                end = position
                return true
            }
            if isFound { return Match(start: place, end: end, groups: run.groups) }
            if anchor != .anywhere { return nil }
        }
        return nil
    }

    /// All matches from left to right. Behind an empty one the next must take something or begin further on.
    func matches(_ text: [UInt32]) throws -> [Match] {
        var found: [Match] = []
        var (place, emptyBelow) = (0, -1)
        while place <= text.count, let match = try match(text, from: place, emptyBelow: emptyBelow) {
            found.append(match)
            place = match.end
            emptyBelow = match.start == match.end ? place + 1 : -1
        }
        return found
    }
}

/// One attempt. Bounded: a pattern that explores too many ways fails instead of hanging a run.
private final class RegexRun {
    private let text: [UInt32]
    private var flags: RegexFlags
    var groups: [Range<Int>?]
    private var steps = 0
    private static let stepsMax = 2_000_000
    private let stack = StackGuard()
    /// Half of what is left of a thread's 8 MiB when a template has used all that it may.
    static let stackBytesMax = 2 << 20
    private let stackBytesMax: Int
    struct StackUsedUp: Error {}
    static var tooFar: JinjaError { JinjaError(.limit, "the regular expression takes too many steps on this text") }

    init(_ text: [UInt32], _ flags: RegexFlags, _ groupCount: Int, _ stackBytesMax: Int) {
        self.stackBytesMax = stackBytesMax
        self.text = text
        self.flags = flags
        groups = Array(repeating: nil, count: groupCount)
    }

    func step(_ node: RegexNode, _ place: Int, _ next: (Int) throws -> Bool) throws -> Bool {
        steps += 1
        guard steps < Self.stepsMax else { throw Self.tooFar }
        guard stack.bytesUsed < stackBytesMax else { throw StackUsedUp() }
        switch node {
        case .character, .any, .set: return place < text.count && accepts(node, text[place]) ? try next(place + 1) : false
        case .sequence(let items): return try sequence(items, 0, place, next)
        case .choice(let branches):
            for branch in branches where try step(branch, place, next) { return true }
            return false
        case .group(let body, let index):
            guard let index else { return try step(body, place, next) }
            let old = groups[index - 1]
            if try step(body, place, { end in
                let inner = self.groups[index - 1]
                self.groups[index - 1] = place..<end
                if try next(end) { return true }
                self.groups[index - 1] = inner
                return false
            }) { return true }
            groups[index - 1] = old
            return false
        case .repeated(let body, let low, let high, let kind): return try repeated(body, low, high, kind, place, next)
        case .reference(let index):
            guard let range = groups[index - 1] else { return false }
            let end = place + range.count
            guard end <= text.count, zip(text[range], text[place..<end]).allSatisfy({ folded($0) == folded($1) }) else { return false }
            return try next(end)
        case .condition(let index, let yes, let no): return try step(groups[index - 1] == nil ? no : yes, place, next)
        case .look(let body, let width, let isNegated):
            let saved = groups
            let found = try width.map { $0 <= place ? try step(body, place - $0, { $0 == place }) : false } ?? step(body, place) { _ in true }
            if isNegated { groups = saved }
            return try keep(saved, found == isNegated ? nil : place, next)
        case .scoped(let body, let inner):
            let outer = flags
            flags = inner
            defer { flags = outer }
            return try step(body, place) { end in
                self.flags = outer
                defer { self.flags = inner }
                return try next(end)
            }
        case .atomic(let body):
            let saved = groups
            var end: Int?
            return try keep(saved, step(body, place, { end = $0; return true }) ? end : nil, next)
        default: return holds(node, place) ? try next(place) : false
        }
    }

    private func sequence(_ items: [RegexNode], _ index: Int, _ place: Int, _ next: (Int) throws -> Bool) throws -> Bool {
        var (index, place) = (index, place)
        // Single characters need no way back.
        while index < items.count, isSingle(items[index]) {
            guard place < text.count, accepts(items[index], text[place]) else { return false }
            index += 1
            place += 1
        }
        guard index < items.count else { return try next(place) }
        return try step(items[index], place) { try self.sequence(items, index + 1, $0, next) }
    }

    /// Goes on behind what has no way back; where that is wrong, its groups took no part.
    private func keep(_ saved: [Range<Int>?], _ end: Int?, _ next: (Int) throws -> Bool) rethrows -> Bool {
        if let end, try next(end) { return true }
        groups = saved
        return false
    }

    private func repeated(_ body: RegexNode, _ low: Int, _ high: Int?, _ kind: RegexNode.RepeatKind, _ place: Int, _ next: (Int) throws -> Bool) throws -> Bool {
        if isSingle(body) {
            var count = 0
            let limit = min(high ?? Int.max, text.count - place)
            if kind == .lazy {
                while count < low { guard count < limit, accepts(body, text[place + count]) else { return false }; count += 1 }
                while true {
                    if try next(place + count) { return true }
                    guard count < limit, accepts(body, text[place + count]) else { return false }
                    count += 1
                }
            }
            while count < limit, accepts(body, text[place + count]) { count += 1 }
            guard count >= low else { return false }
            if kind == .possessive { return try next(place + count) }
            while count >= low {
                if try next(place + count) { return true }
                count -= 1
            }
            return false
        }
        if kind == .possessive { return try keep(groups, possessed(body, low, high, place), next) }
        return try turn(body, low, high, kind, 0, place, nil, next)
    }

    /// - Parameter last: where the last turn began that was not needed. As in Python, one that takes nothing is the last.
    private func turn(
        _ body: RegexNode, _ low: Int, _ high: Int?, _ kind: RegexNode.RepeatKind, _ count: Int, _ place: Int, _ last: Int?, _ next: (Int) throws -> Bool
    ) throws -> Bool {
        let mayStop = count >= low
        if kind == .lazy, mayStop, try next(place) { return true }
        if count < high ?? Int.max, !mayStop || place != last, try step(body, place, { end in
            try self.turn(body, low, high, kind, count + 1, end, mayStop ? place : last, next)
        }) { return true }
        return kind != .lazy && mayStop ? try next(place) : false
    }

    /// Where turns end of which each keeps what it took; nil where there are too few.
    private func possessed(_ body: RegexNode, _ low: Int, _ high: Int?, _ place: Int) throws -> Int? {
        var (count, place, last) = (0, place, Int?.none)
        while count < high ?? Int.max, count < low || place != last {
            var end = place
            guard try step(body, place, { end = $0; return true }) else { return count < low ? nil : place }
            if count >= low { last = place }
            (count, place) = (count + 1, end)
        }
        return place
    }

    // MARK: Characters

    private func isSingle(_ node: RegexNode) -> Bool {
        switch node {
        case .character, .any, .set: true
        default: false
        }
    }

    private func accepts(_ node: RegexNode, _ character: UInt32) -> Bool {
        switch node {
        case .character(let wanted): return wanted == character || flags.contains(.ignoreCase) && folded(wanted) == folded(character)
        case .any: return character != 0x0a || flags.contains(.dotAll)
        case .set(let items, let isNegated):
            let isIn = items.contains { holds($0, character) } || flags.contains(.ignoreCase) && items.contains { holds($0, folded(character)) || holds($0, raised(character)) }
            return isIn != isNegated
        default: return false
        }
    }

    private func holds(_ item: RegexSetItem, _ character: UInt32) -> Bool {
        switch item {
        case .range(let low, let high): return (low...high).contains(character)
        case .kind(let kind, let isNegated): return self.is(kind, character) != isNegated
        }
    }

    private func `is`(_ kind: RegexKind, _ character: UInt32) -> Bool {
        if character < 0x80 || flags.contains(.ascii) {
            switch kind {
            case .digit: return (0x30...0x39).contains(character)
            case .word: return (0x30...0x39).contains(character) || (0x61...0x7a).contains(character | 0x20) && character < 0x80 || character == 0x5f
            case .space: return character == 0x20 || (0x09...0x0d).contains(character) || (0x1c...0x1f).contains(character)
            }
        }
        guard let scalar = Unicode.Scalar(character) else { return false }
        switch kind {
        case .digit: return scalar.properties.generalCategory == .decimalNumber
        case .word: return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        case .space: return scalar.properties.isWhitespace
        }
    }

    private func folded(_ character: UInt32) -> UInt32 {
        guard flags.contains(.ignoreCase) else { return character }
        if character < 0x80 { return (0x41...0x5a).contains(character) ? character | 0x20 : character }
        return Unicode.Scalar(character)?.properties.lowercaseMapping.unicodeScalars.first?.value ?? character
    }
    private func raised(_ character: UInt32) -> UInt32 {
        if character < 0x80 { return (0x61...0x7a).contains(character) ? character & 0xdf : character }
        return Unicode.Scalar(character)?.properties.uppercaseMapping.unicodeScalars.first?.value ?? character
    }

    private func holds(_ node: RegexNode, _ place: Int) -> Bool {
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && self.is(.word, text[index]) }
        switch node {
        case .textStart: return place == 0
        case .textEnd: return place == text.count
        case .lineStart: return place == 0 || text[place - 1] == 0x0a
        case .lineEnd:
            return place == text.count || place == text.count - 1 && text[place] == 0x0a || flags.contains(.multiline) && text[place] == 0x0a
        case .boundary: return isWord(place - 1) != isWord(place)
        // As in Python, a text without characters has neither.
        case .noBoundary: return !text.isEmpty && isWord(place - 1) == isWord(place)
        default: return false
        }
    }
}
