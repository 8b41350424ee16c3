/// A `{% docs name %}` block of a Markdown file.
struct DocsBlock {
    let name: String
    let body: String
    /// Of the opening tag, counted from 1.
    let line: Int

    static func all(in text: String, of file: String) throws(ProjectProblem) -> [DocsBlock] {
        let bytes = Array(text.utf8)
        return try TopLevelBlocks.all(in: bytes, of: file, tags: ["docs"]).compactMap { block in
            block.name.map { DocsBlock(name: $0, body: String(decoding: bytes[block.body], as: UTF8.self), line: block.line) }
        }
    }
}
