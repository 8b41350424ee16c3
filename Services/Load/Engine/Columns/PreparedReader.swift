internal import Jinja
internal import Landing

/// The records of another reader, prepared: the fields are those that are loaded, and the record's bytes stay those that landed.
struct PreparedReader<Base: RecordReading & ~Copyable>: ~Copyable, RecordReading {
    static var tellsTypes: Bool { true }

    private var base: Base
    private let preparation: Preparation
    private let interpreter: Interpreter?
    private let slots: UnsafeMutableBufferPointer<CSVReader.Field>
    private let fields: UnsafeMutableBufferPointer<CSVReader.Field>
    private var arena = Arena()
    private(set) var defect: String?
    private(set) var droppedBy: String?

    init(_ base: consuming Base, _ preparation: Preparation) {
        self.base = base
        self.preparation = preparation
        interpreter = preparation.steps.isEmpty ? nil : RowExpression.interpreter()
        slots = .allocate(capacity: max(1, preparation.slotCount))
        slots.initialize(repeating: .null)
        fields = .allocate(capacity: max(1, preparation.outputs.count))
        fields.initialize(repeating: .null)
    }

    deinit {
        slots.deallocate()
        fields.deallocate()
    }

    var record: Bytes { base.record }
    var line: Int { base.line }
    var current: UnsafeBufferPointer<CSVReader.Field> { UnsafeBufferPointer(rebasing: fields[..<preparation.outputs.count]) }

    mutating func next() -> Bool {
        guard base.next() else { return false }
        arena.clear()
        droppedBy = nil
        defect = Base.tellsTypes ? base.defect : nil
        if defect != nil { return true }
        let given = base.current
        guard given.count == preparation.fieldCount else {
            defect = Quarantined.width(given.count, header: preparation.fieldCount)
            return true
        }
        for index in 0..<given.count {
            let cleaning = preparation.cleanings[index]
            guard cleaning.isNeeded else { slots[index] = given[index]; continue }
            guard let field = clean(given[index], cleaning) else {
                defect = "field \(index + 1) is not written as its column's `format`, `thousands` and `point` say"
                return true
            }
            slots[index] = field
        }
        for column in preparation.refused where !slots[column.slot].isNull {
            defect = "column '\(column.name)' is not in the table, and its contract is quarantine"
            return true
        }
        if let interpreter { run(interpreter) }
        for (place, output) in preparation.outputs.enumerated() { fields[place] = slots[output.slot] }
        return true
    }

    private mutating func run(_ interpreter: Interpreter) {
        for step in preparation.steps {
            do {
                switch step {
                case .derive(let slot, let expression): slots[slot] = try field(expression.evaluate(interpreter, slots), expression.name)
                case .drop(let rule, let expression):
                    guard let isDropped = try RowExpression.isTrue(expression.evaluate(interpreter, slots)) else { throw Unfit() }
                    if isDropped { droppedBy = rule; return }
                }
            } catch {
                // The error's own words may hold data.
                let name = switch step {
                case .derive(_, let expression): "'\(expression.name)' cannot be derived"
                case .drop(let rule, _): "rule '\(rule)' cannot be decided"
                }
                defect = name + ((error as? JinjaError).map { ": an error of \($0.kind.rawValue)" } ?? "")
                return
            }
        }
    }

    private struct Unfit: Error {}

    private mutating func field(_ value: Value, _ name: String) throws -> CSVReader.Field {
        switch value {
        case .none, .undefined: .null
        case .bool(let flag): arena.field(flag ? "true" : "false", isText: false)
        case .int(let number): arena.field(String(number), isText: false)
        case .big(let number): arena.field(number.digits, isText: false)
        case .double(let number): arena.field("\(number)", isText: false)
        case .string(let text): arena.field(text, isText: true)
        default: throw Unfit()
        }
    }

    // MARK: Cleaning

    /// Nil for a value that is not written as its column declares.
    private mutating func clean(_ field: CSVReader.Field, _ cleaning: Preparation.Cleaning) -> CSVReader.Field? {
        var field = field
        if cleaning.trims {
            var start = 0, end = field.bytes.count
            while end > start, Self.isSpace(field.bytes[end - 1]) { end -= 1 }
            while start < end, Self.isSpace(field.bytes[start]) { start += 1 }
            field.bytes = Bytes(rebasing: field.bytes[start..<end])
        }
        if Base.tellsTypes, field.isNull { return .null }
        // A text of JSON counts as quoted, and only its column's own tokens are looked for in it.
        if !field.isQuoted || Base.tellsTypes, let tokens = cleaning.rule.nullTokens, tokens.contains(where: { $0.elementsEqual(field.bytes) }) { return .null }
        if let format = cleaning.rule.format {
            guard let text = format.iso(field.bytes) else { return nil }
            return arena.field(text, isText: true)
        }
        if cleaning.rule.thousands != nil || cleaning.rule.point != nil {
            guard let text = Self.number(field.bytes, cleaning.rule) else { return nil }
            return arena.field(text, isText: false)
        }
        // An empty text stays one, and is told from null by its quotes.
        if field.bytes.isEmpty { field.isQuoted = true }
        return field
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    /// `1.234.567,89` as `1234567.89`; nil where the separators do not stand as they would in a number.
    private static func number(_ bytes: Bytes, _ rule: ColumnRules.Rule) -> [UInt8]? {
        let point = rule.point ?? UInt8(ascii: ".")
        var digits: [UInt8] = []
        var group = 0
        var hasGroups = false, hasPoint = false
        for (place, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "-"), place == 0 { digits.append(byte); continue }
            if byte &- 0x30 <= 9 { digits.append(byte); group += 1; continue }
            if byte == point, !hasPoint, group > 0, !hasGroups || group == 3 { hasPoint = true; digits.append(UInt8(ascii: ".")); group = 0; continue }
            // Groups of three behind a first one of at most three.
            guard byte == rule.thousands, !hasPoint, hasGroups ? group == 3 : (1...3).contains(group) else { return nil }
            hasGroups = true
            group = 0
        }
        guard group > 0, !hasGroups || hasPoint || group == 3 else { return nil }
        return digits
    }
}

/// Bytes that live until the next record.
private struct Arena: ~Copyable {
    private var chunks: [UnsafeMutableBufferPointer<UInt8>] = []
    private var filled = 0
    private static let chunkBytes = 4_096

    deinit { for chunk in chunks { chunk.deallocate() } }

    mutating func clear() {
        while chunks.count > 1 { chunks.removeFirst().deallocate() }
        filled = 0
    }

    mutating func field(_ text: String, isText: Bool) -> CSVReader.Field {
        var text = text
        return text.withUTF8 { field($0, isText) }
    }
    mutating func field(_ bytes: [UInt8], isText: Bool) -> CSVReader.Field { bytes.withUnsafeBufferPointer { field($0, isText) } }

    private mutating func field(_ bytes: Bytes, _ isText: Bool) -> CSVReader.Field {
        if chunks.last.map({ $0.count - filled < bytes.count }) ?? true {
            chunks.append(.allocate(capacity: max(Self.chunkBytes, bytes.count)))
            filled = 0
        }
        let chunk = chunks[chunks.count - 1]
        let start = chunk.baseAddress! + filled
        if let from = bytes.baseAddress { start.update(from: from, count: bytes.count) }
        filled += bytes.count
        return CSVReader.Field(bytes: Bytes(start: UnsafePointer(start), count: bytes.count), isQuoted: true, isText: isText)
    }
}
