/// Breaks long texts into lines, as dbt does for its warnings.
enum LineWrap {
    /// Each paragraph by itself, the empty lines between them left out.
    static func paragraphs(_ text: String, width: Int) -> String {
        text.split(separator: "\n\n", omittingEmptySubsequences: false).map { lines(String($0), width: width).joined(separator: "\n") }.joined(separator: "\n")
    }

    /// Words that fit a line together; one that fits none is cut.
    static func lines(_ text: String, width: Int) -> [String] {
        // Where there is no room at all a line holds one letter.
        let width = max(1, width)
        var lines: [String] = []
        var line = ""
        // Spaces between words stay as they are written, but for those where a line ends.
        for chunk in chunks(text) {
            var chunk = chunk
            if chunk.first == " " {
                if !line.isEmpty || lines.isEmpty { line += chunk }
                continue
            }
            if line.unicodeScalars.count + chunk.unicodeScalars.count <= width { line += chunk; continue }
            if chunk.unicodeScalars.count <= width {
                lines.append(trimmed(line))
                line = chunk
                continue
            }
            while chunk.unicodeScalars.count > max(width - line.unicodeScalars.count, 0) || chunk.unicodeScalars.count > width {
                let room = max(width - line.unicodeScalars.count, 0)
                if room > 0 { line.unicodeScalars.append(contentsOf: chunk.unicodeScalars.prefix(room)) }
                chunk = String(String.UnicodeScalarView(chunk.unicodeScalars.dropFirst(room)))
                lines.append(trimmed(line))
                line = ""
            }
            line = chunk
        }
        if !trimmed(line).isEmpty { lines.append(trimmed(line)) }
        return lines
    }

    private static func trimmed(_ line: String) -> String { String(line.reversed().drop { $0 == " " }.reversed()) }

    /// Words and the spaces between them, in turn.
    private static func chunks(_ text: String) -> [String] {
        var chunks: [String] = []
        for scalar in text.unicodeScalars {
            let isSpace = scalar.properties.isWhitespace && scalar.isASCII
            if let last = chunks.last, (last.first == " ") == isSpace { chunks[chunks.count - 1].unicodeScalars.append(isSpace ? " " : scalar) } else { chunks.append(isSpace ? " " : String(scalar)) }
        }
        return chunks
    }
}
