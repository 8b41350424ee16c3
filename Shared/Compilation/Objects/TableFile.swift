internal import Glibc
internal import Jinja
internal import Kernel

/// What `to_csv` and `to_json` of a table write, as agate does.
struct TableFile {
    private let table: Table
    private let key: String?
    private let hasLines: Bool
    private let indent: Int?

    /// - Parameters:
    ///   - key: the column whose values name the rows; nil for a list of rows.
    ///   - hasLines: whether each row is a line of its own.
    init(_ table: Table, key: String?, hasLines: Bool, indent: Int?) {
        (self.table, self.key, self.hasLines, self.indent) = (table, key, hasLines, indent)
    }

    /// Beyond any that a person would read.
    private static let indentMax = 1_000

    func json() throws -> String {
        if let indent, indent > Self.indentMax { throw JinjaError(.limit, "an indent of more than \(Self.indentMax) places") }
        let rows = TablePrinter(table).json.arrayValue ?? []
        if hasLines {
            guard key == nil else { throw JinjaError(.value, "key and newline may not be specified together.") }
            return rows.map { DataFunctions.spaced($0) + "\n" }.joined()
        }
        guard let key else { return text(.array(rows), depth: 0) }
        var named = JSONObject()
        for row in rows {
            guard let value = row[key] else { throw JinjaError(.value, "KeyError: '\(key)'") }
            let name = value.stringValue ?? value.text()
            guard named[name] == nil else { throw JinjaError(.value, "Value \(name) is not unique in the key column.") }
            named[name] = row
        }
        return text(.object(named), depth: 0)
    }

    private func text(_ json: JSON, depth: Int) -> String {
        guard let indent = indent.map({ max(0, $0) }) else { return DataFunctions.spaced(json) }
        func block(_ open: String, _ items: [String], _ close: String) -> String {
            if items.isEmpty { return open + close }
            let margin = "\n" + String(repeating: " ", count: indent * (depth + 1))
            return open + margin + items.joined(separator: "," + margin) + "\n" + String(repeating: " ", count: indent * depth) + close
        }
        switch json {
        case .array(let items): return block("[", items.map { text($0, depth: depth + 1) }, "]")
        case .object(let object): return block("{", object.pairs.map { "\(DataFunctions.spaced(.string($0.key))): \(text($0.value, depth: depth + 1))" }, "}")
        default: return DataFunctions.spaced(json)
        }
    }

    /// - Parameters:
    ///   - path: below `folder` where it does not begin at the root; folders on the way are made.
    ///   - folder: nil where no files may be written.
    static func write(_ text: String, to path: String, below folder: String?) throws {
        guard let folder else {
            throw CompilationError(
                "compile.no_files", "the table is not written to '\(path)': in a pipeline's run, templates write no files",
                remedy: "keep the rows in a table of the warehouse, or run `sluice dbt` in the project's folder")
        }
        let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        let parts = whole.split(separator: "/", omittingEmptySubsequences: false)
        for count in 1..<max(parts.count, 1) { mkdir(parts[..<count].joined(separator: "/"), 0o777) }
        guard let file = fopen(whole, "we") else {
            throw CompilationError("compile.cannot_write", "the table cannot be written to '\(path)': \(String(cString: strerror(errno)))", remedy: "name a file in a folder that can be written to")
        }
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw CompilationError("compile.cannot_write", "the table cannot be written to '\(path)': \(String(cString: strerror(errno)))", remedy: "make room there")
        }
    }
}
