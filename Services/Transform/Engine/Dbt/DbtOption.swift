/// One of dbt's options: how it is written, which commands have it, and what `--help` says of it.
struct DbtOption: Sendable {
    enum Kind: Sendable, Hashable {
        case flag
        case text
        case integer
        /// A map.
        case yaml
        case choice([String])
        /// Several words; each one of the choices, where there are any.
        case list([String])
    }

    /// What the command asks by: `select`, however it was spelt.
    let name: String
    /// `--select`, `-s`, `--models` …
    let spellings: [String]
    let kind: Kind
    /// Empty for every command, and before the command.
    var commands: Set<String> = []
    /// `--no-…` takes it back.
    var isNegatable = false
    /// Its environment variables beside `DBT_` and its name; nil where the line alone says it.
    var variables: [String]? = []
    /// In `--help`; nil for what is read and changes nothing.
    var summary: String?
    /// How `--help` writes it, where that is not the spellings.
    var heading: String?
    /// The commands whose help tells of it, where they are fewer than those that read it.
    var shownFor: Set<String>?

    var takesValue: Bool { kind != .flag }
    var isList: Bool { if case .list = kind { true } else { false } }
    func isOf(_ command: String) -> Bool { commands.isEmpty || commands.contains(command) }

    /// Every word that the parser reads as this option.
    var words: [String] { spellings + (isNegatable ? spellings.filter { $0.hasPrefix("--") }.map { "--no-\($0.dropFirst(2))" } : []) }

    /// `DBT_FAIL_FAST` and its fellows.
    var environmentNames: [String] {
        guard let variables else { return [] }
        let own = String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self).uppercased()
        return ([own] + variables).flatMap { ["DBT_ENGINE_\($0)", "DBT_\($0)"] }
    }

    /// Why a value cannot be one, in dbt's words.
    func refusal(of value: String) -> String? {
        switch kind {
        case .integer where Int(value) == nil: "'\(value)' is not a valid integer."
        case .choice(let choices) where !choices.contains(value.lowercased()), .list(let choices) where !choices.isEmpty && !choices.contains(value.lowercased()):
            "'\(value)' is not one of \(choices.map { "'\($0)'" }.joined(separator: ", "))."
        default: nil
        }
    }
}
