/// Cuts a file of the library into its macros without parsing them: the library is ours, so its tags have one form.
struct LibraryScanner {
    private let file: LibraryFile
    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    init(_ file: LibraryFile) {
        self.file = file
        bytes = Array(file.text.utf8)
    }

    func macros() -> [LibraryMacro] {
        var scanner = self
        var found: [LibraryMacro] = []
        while let macro = scanner.next() { found.append(macro) }
        return found
    }

    private mutating func next() -> LibraryMacro? {
        while let tag = nextTag() {
            guard ["macro", "test", "materialization"].contains(tag.word) else { continue }
            let (start, startLine) = (tag.start, tag.line)
            var name = word()
            switch tag.word {
            case "test": name = "test_\(name)"
            case "materialization": name = "materialization_\(name)_\(adapter())"
            default: break
            }
            while let end = nextTag() {
                guard end.word == "end\(tag.word)" else { continue }
                skip(past: "%}")
                return LibraryMacro(
                    package: file.package, name: name, path: "\(file.package)/\(file.path)", line: startLine,
                    text: String(decoding: bytes[start..<place], as: UTF8.self))
            }
            preconditionFailure("\(file.path):\(startLine): the block of \(name) has no end")
        }
        return nil
    }

    /// Moves behind the next tag's first word.
    private mutating func nextTag() -> (word: String, start: Int, line: Int)? {
        while place + 1 < bytes.count {
            if bytes[place] == UInt8(ascii: "{"), bytes[place + 1] == UInt8(ascii: "%") {
                let (start, startLine) = (place, line)
                place += 2
                if place < bytes.count, bytes[place] == UInt8(ascii: "-") { place += 1 }
                return (word(), start, startLine)
            }
            step()
        }
        return nil
    }

    private mutating func step() {
        if bytes[place] == 0x0a { line += 1 }
        place += 1
    }

    private mutating func word() -> String {
        while place < bytes.count, bytes[place] <= 0x20 { step() }
        let start = place
        while place < bytes.count, Self.isName(bytes[place]) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    /// What stands behind a materialization's name: `, default` or `, adapter='sqlite'`.
    private mutating func adapter() -> String {
        skip(past: ",")
        let option = word()
        guard option == "adapter" else { return option }
        skip(past: "'")
        return word()
    }

    private mutating func skip(past text: String) {
        let wanted = Array(text.utf8)
        while place < bytes.count {
            if bytes[place...].starts(with: wanted) { place += wanted.count; return }
            step()
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
