/// Breaks one line into several no wider than `width`, as Python's `textwrap` with the settings `wordwrap` gives it.
struct WordWrapper {
    let width: Int
    let breaksLongWords: Bool
    let breaksOnHyphens: Bool

    func wrap(_ line: String) -> [String] {
        var chunks = Array(chunks(of: Array(line.unicodeScalars)).reversed())
        var lines: [String] = []
        while !chunks.isEmpty {
            // A line does not begin with the space that separated it from the last one.
            if !lines.isEmpty, isBlank(chunks[chunks.count - 1]) { chunks.removeLast() }
            var current: [[Unicode.Scalar]] = []
            var length = 0
            while let chunk = chunks.last, length + chunk.count <= width {
                current.append(chunk)
                length += chunk.count
                chunks.removeLast()
            }
            if let chunk = chunks.last, chunk.count > width { breakLong(chunk, &chunks, &current, length) }
            if let last = current.last, isBlank(last) { current.removeLast() }
            if !current.isEmpty { lines.append(PythonText.string(current.joined())) }
        }
        return lines
    }

    private func isBlank(_ chunk: [Unicode.Scalar]) -> Bool { chunk.allSatisfy(Whitespace.isSpace) }

    private func breakLong(
        _ chunk: [Unicode.Scalar], _ chunks: inout [[Unicode.Scalar]], _ current: inout [[Unicode.Scalar]], _ length: Int
    ) {
        guard breaksLongWords else {
            if current.isEmpty {
                current.append(chunk)
                chunks.removeLast()
            }
            return
        }
        // None may be left; the empty piece then shields the space before it from being dropped, as in Python.
        let space = width - length
        var end = space
        if breaksOnHyphens, chunk.count > space,
            let hyphen = chunk[..<space].lastIndex(of: "-"), hyphen > 0, chunk[..<hyphen].contains(where: { $0 != "-" })
        {
            end = hyphen + 1
        }
        current.append(Array(chunk[..<end]))
        chunks[chunks.count - 1] = Array(chunk[end...])
    }

    /// Words and the white space between them; a word is cut after a hyphen between letters.
    private func chunks(of line: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var result: [[Unicode.Scalar]] = []
        var chunk: [Unicode.Scalar] = []
        for (index, scalar) in line.enumerated() {
            if let last = chunk.last, isWrapSpace(last) != isWrapSpace(scalar) {
                result.append(chunk)
                chunk = []
            }
            chunk.append(scalar)
            if breaksOnHyphens, scalar == "-", mayBreak(line, after: index) {
                result.append(chunk)
                chunk = []
            }
        }
        if !chunk.isEmpty { result.append(chunk) }
        return result
    }

    private func isWrapSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || (scalar.value >= 9 && scalar.value <= 13)
    }

    private func mayBreak(_ line: [Unicode.Scalar], after index: Int) -> Bool {
        func isLetter(_ place: Int) -> Bool {
            line.indices.contains(place) && TextFilters.isWordCharacter(line[place])
                && line[place].properties.numericType == nil
        }
        func isHyphen(_ place: Int) -> Bool { line.indices.contains(place) && line[place] == "-" }
        let before = isLetter(index - 1) && (isLetter(index - 2) || isHyphen(index - 2) && isLetter(index - 3))
        let after = isLetter(index + 1) && (isLetter(index + 2) || isHyphen(index + 2) && isLetter(index + 3))
        return before && after
    }
}
