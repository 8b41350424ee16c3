import Foundation
import Support

/// `GET` through the `curl` command: a client that is not ours.
public enum TestHTTP {
    public static func get(_ url: String) -> (status: Int, body: String)? {
        guard let child = try? Child("curl", ["-s", "-m", "3", "-w", "\n%{http_code}", url], output: .pipe) else { return nil }
        let text = child.readToEnd()
        guard child.wait() == 0, let mark = text.lastIndex(of: "\n"), let status = Int(text[text.index(after: mark)...]) else { return nil }
        return (status, String(text[..<mark]))
    }
}
