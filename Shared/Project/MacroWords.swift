/// Which words each macro file mentions: a cheap answer to what a macro might do, before anything is rendered.
///
/// A dispatched macro is named by a text, `adapter.dispatch('star')`, and found under that name with a prefix in front, so a
/// word leads to every file with a macro of that name, whatever its prefix and package.
final class MacroWords {
    private let files: [MacroFile]
    private var filesOfMacro: [String: Set<Int>] = [:]
    private var words: [Int: Set<String>] = [:]

    init(_ files: [MacroFile]) {
        self.files = files
        for (index, file) in files.enumerated() {
            for name in Self.definedNames(in: file.text) {
                filesOfMacro[name, default: []].insert(index)
                if let prefix = Self.endOfPrefix(name) { filesOfMacro[String(name[prefix...]), default: []].insert(index) }
            }
        }
    }

    /// Whether a macro's file, or any file that it leads to, mentions one of the words.
    func anyReachable(from macro: String, of package: String, mentions wanted: Set<String>) -> Bool {
        var border = Array(filesOfMacro[macro]?.filter { files[$0].packageName == package } ?? [])
        guard !border.isEmpty else { return true }
        var seen = Set(border)
        while let index = border.popLast() {
            let mentioned = words(of: index)
            if !mentioned.isDisjoint(with: wanted) { return true }
            for word in mentioned { for next in filesOfMacro[word] ?? [] where seen.insert(next).inserted { border.append(next) } }
        }
        return false
    }

    private func words(of index: Int) -> Set<String> {
        if let known = words[index] { return known }
        let found = Set(Self.words(in: files[index].text))
        words[index] = found
        return found
    }

    /// The word after each `macro` and `test`; `{% test x %}` defines `test_x`.
    private static func definedNames(in text: String) -> [String] {
        let words = words(in: text)
        return zip(words, words.dropFirst()).flatMap { tag, name in
            tag == "macro" ? [name] : tag == "test" ? ["test_\(name)"] : []
        }
    }

    /// Where `star` begins in `default__star`.
    static func endOfPrefix(_ name: String) -> String.Index? {
        let bytes = name.utf8
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let next = bytes.index(after: index)
            if bytes[index] == UInt8(ascii: "_"), next < bytes.endIndex, bytes[next] == UInt8(ascii: "_"), index > bytes.startIndex { return bytes.index(after: next) }
            index = next
        }
        return nil
    }

    static func words(in text: String) -> [String] {
        var found: [String] = []
        var word: [UInt8] = []
        func end() {
            if !word.isEmpty { found.append(String(decoding: word, as: UTF8.self)) }
            word.removeAll(keepingCapacity: true)
        }
        for byte in text.utf8 {
            let lower = byte | 0x20
            let isPart = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
            if isPart { word.append(byte) } else { end() }
        }
        end()
        return found
    }
}
