internal import Landing

/// The elements of one column's nested values, in the order of their records. Each is a row of the child table: its place in the
/// list, its value where it is no object, and its members.
///
/// A list gives its elements, an object itself, and what is neither is one element with a value.
struct ChildReader<Base: RecordReading & ~Copyable>: ~Copyable, RecordReading {
    static var tellsTypes: Bool { true }
    private var base: Base
    private let field: Int
    /// The parents whose elements are wanted.
    private let parents: Set<Int>
    private let members: [String]
    /// Place and value stand before the members; a column whose elements are all objects has no value.
    private let own: Int
    private var elements: Elements?
    private(set) var parent = 0
    private var index = 0
    private let indexText: UnsafeMutableBufferPointer<UInt8>
    private let fields: UnsafeMutableBufferPointer<CSVReader.Field>

    init(_ base: consuming Base, _ nested: BatchPass.Nested) {
        self.base = base
        field = nested.field
        parents = nested.parents
        members = nested.members
        own = nested.hasValues ? 2 : 1
        indexText = .allocate(capacity: 20)
        fields = .allocate(capacity: members.count + own)
        fields.initialize(repeating: .null)
    }

    deinit {
        indexText.deallocate()
        fields.deallocate()
    }

    /// What its records are read by.
    private final class Elements {
        var reader: JSONRecordReader
        init(_ bytes: Bytes, isList: Bool, members: [String]) {
            let path = isList ? "[]" : ""
            let shape = RecordShape(records: path, columns: [RecordShape.Column("value", path)], isOpen: true)
            reader = JSONRecordReader(bytes, format: RawFormat(.json, shape: shape), header: ["value"] + members)
        }
    }

    var defect: String? { nil }
    var record: Bytes { base.record }
    var line: Int { base.line }
    var number: Int? { parent }
    var current: UnsafeBufferPointer<CSVReader.Field> { UnsafeBufferPointer(fields) }

    mutating func next() -> Bool {
        while true {
            if let elements, elements.reader.next() { return fill(elements) }
            elements = nil
            guard base.next() else { return false }
            parent += 1
            index = 0
            let given = base.current
            guard parents.contains(parent), base.defect == nil, given.indices.contains(field), !given[field].isNull else { continue }
            let bytes = given[field].bytes
            if bytes.first == UInt8(ascii: "[") || bytes.first == UInt8(ascii: "{") {
                let elements = Elements(bytes, isList: bytes.first == UInt8(ascii: "["), members: members)
                if elements.reader.failure == nil { self.elements = elements; continue }
            }
            number(the: given[field])
            for place in own..<fields.count { fields[place] = .null }
            return true
        }
    }

    private mutating func fill(_ elements: Elements) -> Bool {
        let isObject = elements.reader.defect == nil
        let given = elements.reader.current
        number(the: isObject ? .null : given[0])
        for place in own..<fields.count { fields[place] = isObject ? given[place - own + 1] : .null }
        return true
    }

    private mutating func number(the value: CSVReader.Field) {
        var count = 0
        for byte in String(index).utf8 { indexText[count] = byte; count += 1 }
        index += 1
        fields[0] = CSVReader.Field(bytes: Bytes(rebasing: UnsafeBufferPointer(indexText)[..<count]), isQuoted: true)
        if own == 2 { fields[1] = value }
    }

    /// Every member that any element has, in the order in which they come; and whether there are elements that are no objects.
    mutating func learn() -> (members: [String], hasValues: Bool) {
        var known: [String] = []
        var seen: Set<String> = []
        var hasValues = false
        while next() {
            guard let elements, elements.reader.defect == nil else { hasValues = true; continue }
            elements.reader.learnMembers()
            for member in elements.reader.learntMembers where seen.insert(member).inserted { known.append(member) }
        }
        return (known, hasValues)
    }
}
