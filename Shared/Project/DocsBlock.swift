/// A `{% docs name %}` block of a Markdown file.
///
/// What stands outside the blocks is no template: other programs' tags, and braces that never close, are let be. A comment and a raw block hide
/// what is in them.
struct DocsBlock {
    let name: String
    let body: String
    /// Of the opening tag, counted from 1.
    let line: Int

    static func all(in text: String, of file: String) throws(ProjectProblem) -> [DocsBlock] {
        let bytes = Array(text.utf8)
        var blocks: [DocsBlock] = []
        var open: (name: String, body: Int, line: Int)?
        var place = 0
        var line = 1
        while place + 1 < bytes.count {
            if bytes[place] == UInt8(ascii: "\n") { line += 1 }
            guard bytes[place] == UInt8(ascii: "{"), let end = end(of: bytes[place + 1], in: bytes, from: place + 2) else { place += 1; continue }
            let words = bytes[place + 1] == UInt8(ascii: "%") ? words(bytes[(place + 2)..<(end - 2)]) : []
            switch (words.first, open) {
            case ("docs", let outer?):
                throw ProjectProblem(
                    "project.bad_docs", "Got nested tags: docs '\(outer.name)' did not have a matching {% enddocs %} before a subsequent docs was found",
                    at: .file(file, line: line), remedy: "end the block that begins in line \(outer.line)")
            case ("docs", nil) where words.count == 2: open = (words[1], end, line)
            case ("enddocs", let block?):
                blocks.append(DocsBlock(name: block.name, body: String(decoding: bytes[block.body..<place], as: UTF8.self), line: block.line))
                open = nil
            default: break
            }
            let next = words.first == "raw" ? endOfRaw(in: bytes, from: end) ?? end : end
            line += bytes[place..<next].count { $0 == UInt8(ascii: "\n") }
            place = next
        }
        guard let open else { return blocks }
        throw ProjectProblem(
            "project.bad_docs", "Reached EOF without finding a close tag for docs (searched from line \(open.line))", at: .file(file, line: open.line), remedy: "end the block")
    }

    /// Behind a tag or comment; nil where the brace opens none.
    private static func end(of kind: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        guard kind == UInt8(ascii: "%") || kind == UInt8(ascii: "#") else { return nil }
        return (start..<max(start, bytes.count - 1)).first { bytes[$0] == kind && bytes[$0 + 1] == UInt8(ascii: "}") }.map { $0 + 2 }
    }

    private static func endOfRaw(in bytes: [UInt8], from start: Int) -> Int? {
        var place = start
        while let opening = (place..<max(place, bytes.count - 1)).first(where: { bytes[$0] == UInt8(ascii: "{") && bytes[$0 + 1] == UInt8(ascii: "%") }) {
            guard let end = end(of: UInt8(ascii: "%"), in: bytes, from: opening + 2) else { return nil }
            if words(bytes[(opening + 2)..<(end - 2)]).first == "endraw" { return end }
            place = end
        }
        return nil
    }

    private static func words(_ tag: ArraySlice<UInt8>) -> [String] {
        var tag = tag
        if let first = tag.first, "-+".utf8.contains(first) { tag = tag.dropFirst() }
        if let last = tag.last, "-+".utf8.contains(last) { tag = tag.dropLast() }
        return tag.split { $0 <= 0x20 }.map { String(decoding: $0, as: UTF8.self) }
    }
}
