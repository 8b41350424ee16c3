public import Kernel

extension YAMLValue {
    /// A text of any shape as plain values; nil where it is no YAML.
    public static func json(of text: String) -> JSON? { value(of: text)?.json }
    /// The same with what JSON has no kind of: dates, and keys that stand there twice.
    public static func value(of text: String) -> YAMLValue? {
        var duplicates: [String] = []
        return try? read(text, file: "yaml", isFile: false, duplicates: &duplicates)
    }
}

extension YAMLValue {
    /// Plain values that did not come from a file; its name stands for where they are from.
    init(_ json: JSON, file: String) {
        let kind: Kind =
            if let items = json.arrayValue { .list(items.map { YAMLValue($0, file: file) }) } else if let object = json.objectValue {
                .map(object.pairs.map { Member(key: $0.key, line: 0, value: YAMLValue($0.value, file: file)) })
            } else { .scalar(json) }
        self.init(kind, file: file, line: 0, column: 0)
    }
}
