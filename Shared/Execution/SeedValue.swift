internal import Compilation
internal import Project
internal import WarehouseKit

/// What a seed's values are, in the order in which dbt tries.
enum SeedValue: CaseIterable {
    case integer, number, date, moment, isoMoment, boolean, text

    static func type(of fields: some Sequence<CSVText.Field>) -> SeedValue {
        var candidates = allCases
        for field in fields where !isNull(field) {
            candidates.removeAll { !$0.fits(field.text) }
            if candidates.count == 1 { break }
        }
        return candidates[0]
    }

    var kind: TableKind {
        switch self {
        case .integer: .integer
        case .number: .number
        case .date: .date
        case .moment, .isoMoment: .timestamp
        case .boolean: .boolean
        case .text: .text
        }
    }

    private static func isNull(_ field: CSVText.Field) -> Bool {
        // Most values are longer than any word for nothing.
        (field.text.utf8.count <= 4 || hasOuterSpace(field.text)) && ["", "null"].contains(word(field.text))
    }
    private static func hasOuterSpace(_ text: String) -> Bool {
        [text.unicodeScalars.first, text.unicodeScalars.last].contains { $0?.properties.isWhitespace ?? false }
    }
    /// What agate compares with words: small letters, without the space around them.
    private static func word(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(scalars).lowercased()
    }
    /// nil where the text is neither of the two words.
    private static func truth(_ text: String) -> Bool? { ["true": true, "false": false][word(text.replacing(",", with: ""))] }

    private func fits(_ text: String) -> Bool {
        switch self {
        // Nearly all are plain.
        case .integer: Int64(text) != nil || SeedNumber(text)?.whole != nil
        case .number: SeedNumber(text) != nil
        case .date: SeedTime(text, .date) != nil
        case .moment: SeedTime(text, .plain) != nil
        case .isoMoment: SeedTime(text, .iso) != nil
        case .boolean: Self.truth(text) != nil
        case .text: true
        }
    }

    func value(_ field: CSVText.Field, keepsZones: Bool) -> SQLValue {
        if Self.isNull(field) { return .null }
        func time(_ form: SeedTime.Form) -> SQLValue { .text(SeedTime(field.text, form)?.text(keepingZone: keepsZones) ?? field.text) }
        switch self {
        // What is longer than 64 bits the engine judges.
        case .integer:
            let whole = Int64(field.text) == nil ? SeedNumber(field.text)?.whole ?? field.text : field.text
            return Int64(whole).map(SQLValue.integer) ?? .text(whole)
        case .number: return SeedNumber(field.text).flatMap { Double($0.text) }.map(SQLValue.double) ?? .text(field.text)
        case .boolean: return .integer(Self.truth(field.text) == true ? 1 : 0)
        case .date: return time(.date)
        case .moment: return time(.plain)
        case .isoMoment: return time(.iso)
        case .text: return .text(field.text)
        }
    }
}
