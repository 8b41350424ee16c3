internal import Digest
internal import Kernel

/// Names generic tests the way dbt does, so that selectors, artifacts and links of people keep working.
struct GenericTestName {
    /// Unique within the package: `not_null_orders_id`.
    let full: String
    /// At most 63 characters, for the alias and the compiled file.
    let short: String

    static let lengthMax = 63

    init(custom: String) {
        full = custom
        short = custom
    }

    init(test: String, namespace: String?, target: String, isSource: Bool, arguments: JSONObject) {
        let name = (namespace.map { "\($0)_" } ?? "") + (isSource ? "source_" : "") + test
        var parts: [String] = []
        for key in arguments.keys.sortedByBytes() where key != "model" {
            switch arguments[key] ?? .null {
            case .object(let object): parts += object.pairs.map { PythonText.text($0.value) }
            case .array(let items): parts += items.map(PythonText.text)
            case let value: parts.append(PythonText.text(value))
            }
        }
        let identifier = "\(name)_\(target)"
        full = "\(identifier)_\(parts.map(Self.clean).joined(separator: "__"))"
        if full.unicodeScalars.count > Self.lengthMax {
            short = "\(String(identifier.unicodeScalars.prefix(30)))_\(Digest.hex(.md5, full))"
        } else {
            short = full
        }
    }

    /// Every run of other characters than letters, digits and `_` becomes one `_`.
    private static func clean(_ text: String) -> String {
        var out: [UInt8] = []
        var isGap = false
        for byte in text.utf8 {
            let isWord = byte == 0x5f || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            if isWord { out.append(byte) } else if !isGap { out.append(0x5f) }
            isGap = !isWord
        }
        return String(decoding: out, as: UTF8.self)
    }

    func uniqueID(package: String, metadata: TestMetadata) -> String {
        let hashed = PythonText.hashable(JSON([
            ("kwargs", .object(metadata.arguments)), ("name", .string(metadata.name)),
            ("namespace", metadata.namespace.map(JSON.string) ?? .null),
        ]))
        let digest = Digest.hex(.md5, full + PythonText.representation(hashed))
        return "test.\(package).\(full).\(digest.suffix(10))"
    }
}
