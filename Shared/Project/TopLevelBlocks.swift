/// The blocks on the top level of a file of macros, snapshots or docs, as dbt finds them: by their tags, before anything is read as a template.
///
/// What stands between them is no template, and may hold what is none: another program's tags, a mistake, an example. Only the ends of
/// its tags, expressions and comments are looked for, as they may hide a block.
struct TopLevelBlocks {
    struct Block {
        let tag: String
        let name: String?
        /// From the opening tag's brace to behind the closing tag's.
        let range: Range<Int>
        let body: Range<Int>
        /// Of the opening tag, counted from 1.
        let line: Int
    }
    private static let controls = ["if": "endif", "for": "endfor"]
    private let bytes: [UInt8]
    private let file: String
    private var place = 0
    private var strays: [String] = []

    /// - Parameter tags: those that open a block; every other is passed over.
    static func all(in bytes: [UInt8], of file: String, tags: Set<String>) throws(ProjectProblem) -> [Block] {
        var strays: [String] = []
        return try all(in: bytes, of: file, tags: tags, strays: &strays)
    }

    /// - Parameter strays: the tags outside of blocks, in order.
    static func all(in bytes: [UInt8], of file: String, tags: Set<String>, strays: inout [String]) throws(ProjectProblem) -> [Block] {
        var scanner = TopLevelBlocks(bytes, file)
        defer { strays = scanner.strays }
        return try scanner.blocks(tags)
    }

    /// - Parameter shown: the file as the warning names it.
    static func warning(of stray: String, in shown: String, _ package: PackageFile, _ file: String) -> ProjectWarning {
        .init("UnexpectedJinjaBlockDeprecation", "Found unexpected '\(stray)' block tag. in file `\(shown)`", .deprecation, in: package.folder, file, isLocal: true)
    }

    /// The text with nothing but white space outside the blocks, so that lines and offsets stay.
    static func masked(_ bytes: [UInt8], to blocks: [Block]) -> [UInt8] {
        var masked = bytes
        var place = 0
        for end in blocks.map(\.range) + [bytes.count..<bytes.count] {
            for index in place..<end.lowerBound where bytes[index] != UInt8(ascii: "\n") { masked[index] = UInt8(ascii: " ") }
            place = end.upperBound
        }
        return masked
    }

    private init(_ bytes: [UInt8], _ file: String) {
        self.bytes = bytes
        self.file = file
    }

    private mutating func blocks(_ tags: Set<String>) throws(ProjectProblem) -> [Block] {
        var blocks: [Block] = []
        var controls: [String] = []
        var open: (tag: String, name: String?, start: Int, body: Int)?
        while let start = next(where: { bytes, index in bytes[index] == UInt8(ascii: "{") && "%{#".utf8.contains(bytes[index + 1]) }) {
            place = start + 2
            switch bytes[start + 1] {
            case UInt8(ascii: "#"): try passComment()
            case UInt8(ascii: "{"): try pass(to: UInt8(ascii: "}"), "}}")
            default:
                guard let (tag, name) = words() else { continue }
                if tag == "raw" {
                    if open == nil { strays.append(tag) }
                    try passRaw()
                    continue
                }
                try pass(to: UInt8(ascii: "%"), "tag close (\"%}\")")
                if Self.controls[tag] != nil {
                    controls.append(tag)
                } else if let opening = Self.controls.first(where: { $0.value == tag })?.key {
                    guard let last = controls.popLast() else {
                        throw problem("Got an unexpected control flow end tag, got \(tag) but never saw a preceeding \(opening) (@ \(position(start)))", at: start, "remove the tag, or open it")
                    }
                    guard last == opening else {
                        throw problem("Got an unexpected control flow end tag, got \(tag) but expected \(Self.controls[last]!) next (@ \(position(start)))", at: start, "end the {% \(last) %} first")
                    }
                }
                if tags.contains(tag) {
                    guard controls.isEmpty else {
                        throw problem("Got a block definition inside control flow at \(position(start)). All dbt block definitions must be at the top level", at: start, "take the block out of the {% \(controls[0]) %}")
                    }
                    if let open {
                        throw problem(
                            "Got nested tags: \(open.tag) (started at \(open.start)) did not have a matching {% end\(open.tag) %} before a subsequent \(tag) was found (started at \(start))",
                            at: open.start, "end the block before the next begins")
                    }
                    open = (tag, name, start, place)
                } else if let block = open, tag == "end\(block.tag)" {
                    blocks.append(Block(tag: block.tag, name: block.name, range: block.start..<place, body: block.body..<start, line: line(of: block.start)))
                    open = nil
                } else if open == nil {
                    strays.append(tag)
                }
            }
        }
        guard let open else { return blocks }
        throw problem("Reached EOF without finding a close tag for \(open.tag) (searched from line \(line(of: open.body)))", at: open.start, "end the block with {% end\(open.tag) %}")
    }

    // MARK: Passing over

    /// The next place that fits, with at least one byte behind it.
    private func next(where fits: ([UInt8], Int) -> Bool) -> Int? {
        var index = place
        while index + 1 < bytes.count {
            if fits(bytes, index) { return index }
            index += 1
        }
        return nil
    }

    private mutating func passComment() throws(ProjectProblem) {
        guard let end = next(where: { $0[$1] == UInt8(ascii: "#") && $0[$1 + 1] == UInt8(ascii: "}") }) else { throw endOfFile("#}") }
        place = end + 2
    }

    /// Behind the brace that `mark` stands in front of; one in a text in quotes is none.
    private mutating func pass(to mark: UInt8, _ wanted: String) throws(ProjectProblem) {
        while let found = next(where: { $0[$1] == UInt8(ascii: "'") || $0[$1] == UInt8(ascii: "\"") || $0[$1] == mark && $0[$1 + 1] == UInt8(ascii: "}") }) {
            place = found + 2
            if bytes[found] == mark { return }
            place = found + 1
            while place < bytes.count, bytes[place] != bytes[found] { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
            guard place < bytes.count else {
                place = found
                throw endOfFile("string")
            }
            place += 1
        }
        throw endOfFile(wanted)
    }

    private mutating func passRaw() throws(ProjectProblem) {
        let start = place
        while let found = next(where: { $0[$1] == UInt8(ascii: "{") && $0[$1 + 1] == UInt8(ascii: "%") }) {
            place = found + 2
            guard words()?.tag == "endraw" else { continue }
            return try pass(to: UInt8(ascii: "%"), "tag close (\"%}\")")
        }
        place = start
        throw endOfFile("{% raw %}...{% endraw %}")
    }

    /// What a tag is called, and the word behind it.
    private mutating func words() -> (tag: String, name: String?)? {
        if place < bytes.count, bytes[place] == UInt8(ascii: "-") { place += 1 }
        passSpace()
        guard let tag = word() else { return nil }
        let end = place
        passSpace()
        let name = place > end ? word() : nil
        return (tag, name)
    }

    private mutating func passSpace() { while place < bytes.count, bytes[place] == 0x20 || (0x09...0x0d).contains(bytes[place]) { place += 1 } }

    private mutating func word() -> String? {
        let start = place
        while place < bytes.count {
            let byte = bytes[place]
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
            guard isLetter || place > start && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
            place += 1
        }
        return place > start ? String(decoding: bytes[start..<place], as: UTF8.self) : nil
    }

    // MARK: Telling

    private func line(of offset: Int) -> Int { bytes[..<min(offset, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1 }
    private func column(of offset: Int) -> Int { offset - (bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0) }
    /// As dbt counts: lines from 1, columns from 0.
    private func position(_ offset: Int) -> String { "\(line(of: offset)):\(column(of: offset))" }

    private func problem(_ summary: String, at offset: Int, _ remedy: String) -> ProjectProblem {
        let (line, column) = (line(of: offset), column(of: offset) + 1)
        return ProjectProblem(
            "project.bad_block", summary, at: .file(file, line: line, column: column), excerpt: Excerpt.of(String(decoding: bytes, as: UTF8.self), line: line, column: column),
            remedy: remedy)
    }

    private func endOfFile(_ wanted: String) -> ProjectProblem {
        let rest = String(decoding: bytes[min(place, bytes.count)...].prefix(80), as: UTF8.self)
        return problem("unexpected EOF, expected \(wanted), got \"\(rest)\"", at: min(place, bytes.count), "close what is open")
    }
}
