import Foundation

/// `GET` through the `curl` command: a client that is not ours.
public enum TestHTTP {
    public static func get(_ url: String) -> (status: Int, body: String)? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = ["-s", "-m", "3", "-w", "\n%{http_code}", url]
        let pipe = Pipe()
        process.standardOutput = pipe
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, let mark = text.lastIndex(of: "\n"), let status = Int(text[text.index(after: mark)...]) else { return nil }
        return (status, String(text[..<mark]))
    }
}
