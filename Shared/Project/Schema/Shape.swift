internal import Kernel

/// What an entry of a yml file has to look like, and how dbt says that it does not.
///
/// dbt checks entries with a JSON Schema that it makes of its classes, and tells the first fault that its checker comes to: members in the
/// order of the class, each with all that is below it, then words that are not known, then members that are missing. A `Shape` says the
/// same in the same order (`ShapeTests`; `Tests/Conformance/mutations` compares with dbt itself).
indirect enum Shape: Sendable {
    case text, truth, whole, number, null, any
    /// What dbt makes a whole number of: a number of any kind, or the text of one.
    case countable
    /// A text that fits a regular expression, which stands in messages.
    case pattern(String, @Sendable (String) -> Bool)
    /// A map of any words to anything.
    case map
    case word([String])
    case list(Shape)
    case object([Member], isOpen: Bool = false)
    case either([Shape])

    /// A word of an object.
    struct Member: Sendable {
        let name: String
        let shape: Shape
        let isRequired: Bool
    }

    /// What is wrong: where, and dbt's words for it.
    struct Fault: Hashable {
        var path: [JSON]
        var message: String

        /// `at path ['columns'][0]['name']: 5 is not of type 'string'`
        var description: String { "at path [\(path.map(PythonText.representation).joined(separator: "]["))]: \(message)" }
    }

    static func optional(_ shape: Shape) -> Shape {
        if case .either(let shapes) = shape { return .either(shapes + [.null]) }
        return .either([shape, .null])
    }

    /// The first fault in dbt's order; nil where there is none.
    func fault(in value: JSON) -> Fault? {
        switch self {
        case .text: return value.stringValue == nil ? wrongType("string", value) : nil
        case .truth: return value.boolValue == nil ? wrongType("boolean", value) : nil
        case .whole: return value.intValue == nil ? wrongType("integer", value) : nil
        case .number: return value.doubleValue == nil ? wrongType("number", value) : nil
        case .null: return value.isNull ? nil : wrongType("null", value)
        case .any: return nil
        case .countable:
            let isCount = value.doubleValue != nil || value.boolValue != nil || value.stringValue.flatMap { Int($0) } != nil
            return isCount ? nil : Fault(path: [], message: "\(PythonText.representation(value)) is no number")
        case .pattern(let expression, let fits):
            guard let text = value.stringValue else { return wrongType("string", value) }
            return fits(text) ? nil : Fault(path: [], message: "\(PythonText.representation(value)) does not match \(PythonText.representation(.string(expression)))")
        case .map: return value.objectValue == nil ? wrongType("object", value) : nil
        case .word(let words):
            return words.contains { .string($0) == value } ? nil : Fault(path: [], message: "\(PythonText.representation(value)) is not one of \(PythonText.representation(.array(words.map(JSON.string))))")
        case .list(let shape):
            guard let items = value.arrayValue else { return wrongType("array", value) }
            for (index, item) in items.enumerated() { if let fault = shape.fault(in: item) { return fault.below(JSON(index)) } }
            return nil
        case .object(let members, let isOpen): return fault(in: value, members, isOpen)
        case .either(let shapes):
            return shapes.contains { $0.fault(in: value) == nil } ? nil : Fault(path: [], message: "\(PythonText.representation(value)) is not valid under any of the given schemas")
        }
    }

    private func fault(in value: JSON, _ members: [Member], _ isOpen: Bool) -> Fault? {
        guard let object = value.objectValue else { return wrongType("object", value) }
        for member in members { if let inner = object[member.name], let fault = member.shape.fault(in: inner) { return fault.below(.string(member.name)) } }
        if !isOpen {
            let unknown = object.keys.filter { key in !members.contains { $0.name == key } }.sortedByBytes()
            if !unknown.isEmpty {
                let list = unknown.map { PythonText.representation(.string($0)) }.joined(separator: ", ")
                return Fault(path: [], message: "Additional properties are not allowed (\(list) \(unknown.count == 1 ? "was" : "were") unexpected)")
            }
        }
        return members.first { $0.isRequired && object[$0.name] == nil }.map { Fault(path: [], message: "'\($0.name)' is a required property") }
    }

    private func wrongType(_ type: String, _ value: JSON) -> Fault { Fault(path: [], message: "\(PythonText.representation(value)) is not of type '\(type)'") }
}

extension Shape.Fault {
    fileprivate func below(_ step: JSON) -> Shape.Fault { Shape.Fault(path: [step] + path, message: message) }
}

extension Shape {
    /// A word that may be left out.
    static func may(_ name: String, _ shape: Shape) -> Member { Member(name: name, shape: shape, isRequired: false) }
    /// A word that has to be there.
    static func must(_ name: String, _ shape: Shape) -> Member { Member(name: name, shape: shape, isRequired: true) }
    /// Words that may be left out, or be a text or null.
    static func texts(_ names: String...) -> [Member] { names.map { may($0, .optional(.text)) } }
    /// As `texts`, a boolean each.
    static func truths(_ names: String...) -> [Member] { names.map { may($0, .optional(.truth)) } }
}
