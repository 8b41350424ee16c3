public import Kernel

extension YAMLValue {
    /// A text of any shape as plain values; nil where it is no YAML.
    public static func json(of text: String) -> JSON? { (try? read(text, file: "yaml"))?.json }
}
