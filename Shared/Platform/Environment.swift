import Glibc

/// The process's environment.
public enum Environment {
    public static func current() -> [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text)
            if let mark = pair.utf8.firstIndex(of: UInt8(ascii: "=")) {
                result[String(pair[..<mark])] = String(pair[pair.utf8.index(after: mark)...])
            }
            entry += 1
        }
        return result
    }
}
