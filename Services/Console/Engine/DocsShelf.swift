import Kernel
import Platform

/// The documentation that pipelines have written: three files for each, and no other file of the disk.
struct DocsShelf: Sendable {
    /// What a `docs` step writes. The page needs nothing beside itself; the others are for programs.
    private static let types = [
        "index.html": "text/html; charset=utf-8", "manifest.json": "application/json", "catalog.json": "application/json",
    ]
    let folder: String

    /// Whether `pipeline` has a page.
    func has(_ pipeline: String) -> Bool { path(pipeline, "index.html").map(Files.exists) ?? false }

    /// Nil where there is no such file.
    nonisolated func reply(pipeline: String, file: String) async -> Reply? {
        guard let type = Self.types[file], let path = path(pipeline, file), let bytes = try? Files.readAll(path) else { return nil }
        return Reply(200, type, bytes, caching: "no-cache", policy: Reply.lonePages)
    }

    /// A pipeline's name holds neither dots nor slashes, so nothing leads out of the folder.
    private func path(_ pipeline: String, _ file: String) -> String? { Name.isValid(pipeline) ? "\(folder)/\(pipeline)/\(file)" : nil }
}
