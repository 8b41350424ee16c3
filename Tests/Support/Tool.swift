internal import Foundation

/// Another program, to compare with.
public enum Tool {
    public static func isPresent(_ name: String) -> Bool {
        ["/usr/bin", "/usr/local/bin", "/bin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    /// Runs a program with `input` and returns what it prints.
    public static func run(_ name: String, _ arguments: [String], input: String = "") throws -> String {
        let child = try Child(name, arguments, input: .pipe, output: .pipe)
        child.input?.write(Data(input.utf8))
        try child.input?.close()
        let text = child.readToEnd()
        child.wait()
        return text
    }
}
