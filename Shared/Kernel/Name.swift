/// The rule for names of pipelines, steps, streams and roles: `[a-z][a-z0-9_]{0,62}`.
///
/// Names become parts of topics, paths and relations, so nothing needs quoting anywhere.
public enum Name {
    public static let lengthMax = 63

    public static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isValid($0) }
    }

    public static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first, bytes.count <= lengthMax, isLowercase(first) else { return false }
        return bytes.allSatisfy { isLowercase($0) || ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: "_") }
    }

    private static func isLowercase(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7a }
}
