internal import Digest
internal import FoundationEssentials
public import Kernel
public import Project

/// Where a run leaves its artifacts: dbt's `target` folder.
public struct RunFolder: Sendable {
    public let path: String
    public init(_ path: String) { self.path = path }

    /// Where dbt writes a node's SQL.
    public func compiledPath(of node: Node) -> String { file(of: node, in: "compiled") }
    /// Where dbt writes the statement that built a node, or was refused.
    public func runPath(of node: Node) -> String { file(of: node, in: "run") }

    private func file(of node: Node, in part: String) -> String {
        let file = node.originalFilePath
        // One file holds many tests, so it is a folder here.
        let below = if node.unitTest != nil { "\(file)/\((file.split(separator: "/").dropLast() + ["\(node.nameOfRun).sql"]).joined(separator: "/"))" }
            else if node.test != nil { "\(file)/\(node.path)" }
            else if node.resourceType == .snapshot, !file.hasSuffix(".sql") { "\(file)/\(file.split(separator: "/").last ?? "")/\(node.name).sql" }
            else if node.resourceType == .operation { "./dbt_project.yml/\(node.path)" } else { file }
        return "\(path)/\(part)/\(node.packageName)/\(below)"
    }

    /// Writes a node's SQL where dbt writes it, and says where.
    @discardableResult
    public func writeCompiled(_ sql: String, of node: Node) throws -> String { try write(sql, to: compiledPath(of: node)) }

    /// Writes what was made of a model for one of its batches: into a folder of the model's name, as dbt does.
    public func writeCompiled(_ sql: String, of node: Node, batch: String) throws { try write(sql, to: Self.batchFile(compiledPath(of: node), batch)) }
    public func writeRun(_ sql: String, of node: Node, batch: String) throws { try write(sql, to: Self.batchFile(file(of: node, in: "run"), batch)) }

    /// `models/orders.sql` → `models/orders/orders_2026-01-31.sql`
    private static func batchFile(_ file: String, _ batch: String) -> String {
        let stem = file.hasSuffix(".sql") ? String(file.dropLast(4)) : file
        return "\(stem)/\(stem.split(separator: "/").last ?? "")_\(batch).sql"
    }

    /// The SQL that was written for a node.
    public func compiled(_ node: Node) -> String? {
        DurableFile.read(compiledPath(of: node)).flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
    }

    /// Writes the statement that built a node, or was refused, where dbt writes it, and says where.
    @discardableResult
    public func writeRun(_ sql: String, of node: Node) throws -> String { try write(sql, to: file(of: node, in: "run")) }

    @discardableResult
    private func write(_ sql: String, to file: String) throws -> String {
        try DurableFile.createFolder(file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
        let bytes = Array(sql.utf8)
        guard DurableFile.read(file) != bytes else { return file }
        // Only people read it, so it is not synced: a run of 2,000 nodes would wait for the disk 2,000 times. The old file goes first,
        // as some file systems sync what is truncated and written again.
        try? FileManager.default.removeItem(atPath: file)
        try DurableFile.write(file, bytes, isSynced: false)
        return file
    }

    /// Keeps one node's result for whoever closes the run, on whichever replica. A unique id may be longer than a file's name.
    public func keep(_ result: NodeResult) throws {
        try DurableFile.createFolder("\(path)/results")
        try DurableFile.replace("\(path)/results/\(Digest.hex(.sha256, result.uniqueID)).json", with: result.json.bytes)
    }

    /// The results kept so far, by unique id.
    ///
    /// - Throws: where one cannot be read: its node has run, and must not be told of as skipped.
    public func results() throws -> [String: NodeResult] {
        var found: [String: NodeResult] = [:]
        let folder = "\(path)/results"
        guard FileManager.default.fileExists(atPath: folder) else { return found }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".json") {
            let file = "\(folder)/\(name)"
            guard let bytes = DurableFile.read(file), let json = try? JSON(parsing: bytes), let result = NodeResult(json: json) else {
                throw PlainProblem("transform.result_unreadable", "the result that a task has kept cannot be read", at: .file(file), remedy: "check the disk, and run the pipeline again")
            }
            found[result.uniqueID] = result
        }
        return found
    }

    /// Keeps what a task's templates have changed in `graph`, for the tasks behind it; what an earlier attempt kept is replaced.
    /// - Parameter order: grows from task to task: its token.
    public func keep(notes change: JSON, of task: String, order: UInt64) throws {
        try DurableFile.createFolder("\(path)/graph")
        try DurableFile.replace("\(path)/graph/\(task).json", with: JSON([("order", .integer(Int64(order))), ("change", change)]).bytes)
    }

    /// What the tasks of the run, but for this one, have changed in `graph`, in their order.
    public func notes(except task: String) -> [JSON] {
        var found: [(Int64, String, JSON)] = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/graph")) ?? [] where name.hasSuffix(".json") && name != "\(task).json" {
            guard let bytes = DurableFile.read("\(path)/graph/\(name)"), let json = try? JSON(parsing: bytes) else { continue }
            found.append((Int64(json["order"]?.intValue ?? 0), name, json["change"] ?? .null))
        }
        return found.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    /// Where the file that is there was written of the same reading, only what says when and by whom is written anew; where this reading
    /// brought that one up to date, also what has changed.
    public func write(_ manifest: ManifestWriter) throws {
        try DurableFile.createFolder(path)
        let file = "\(path)/manifest.json"
        let mark = "\(path)/partial_parse.manifest"
        let known = DurableFile.read(mark) ?? []
        let end = known.firstIndex(of: UInt8(ascii: "\n")) ?? known.endIndex
        let signature = DurableFile.signature(of: file)
        func isOf(_ name: String?) -> Bool { name.flatMap { name in signature.map { known[..<end].elementsEqual("\(name) \($0)".utf8) } } ?? false }
        let isSame = isOf(manifest.nameOfContent)
        var index = Array(known[end...].dropFirst())
        let earlier = isOf(manifest.nameOfEarlierContent) ? ManifestPlaces(index[...]) : nil
        if isSame || earlier != nil, let old = try? DurableFile.read(file, from: 0, to: 65_536), let (beginning, rest) = manifest.beginning(inPlaceOf: old) {
            try DurableFile.replace(file) { put in
                if isSame {
                    try put(beginning)
                    var place = rest
                    while case let piece = try DurableFile.read(file, from: place, to: place + 1 << 18), !piece.isEmpty {
                        try put(piece)
                        place += piece.count
                    }
                } else {
                    index = try manifest.write(reusing: earlier, read: { try DurableFile.read(file, from: rest + $0.lowerBound, to: rest + $0.upperBound) }, put).bytes
                }
            }
        } else {
            try DurableFile.replace(file) { put in index = try manifest.write(reusing: nil, read: { _ in [] }, put).bytes }
        }
        guard let name = manifest.nameOfContent, let now = DurableFile.signature(of: file) else { return (try? FileManager.default.removeItem(atPath: mark)) ?? () }
        try DurableFile.write(mark, Array("\(name) \(now)\n".utf8) + index, isSynced: false)
    }
    public func write(_ results: RunResults) throws {
        try DurableFile.createFolder(path)
        try DurableFile.replace("\(path)/run_results.json") { try results.write($0) }
    }
    public func write(_ json: JSON, as name: String) throws { try write(json.bytes, as: name) }
    public func write(_ bytes: [UInt8], as name: String) throws {
        try DurableFile.createFolder(path)
        try DurableFile.replace("\(path)/\(name)", with: bytes)
    }
}
