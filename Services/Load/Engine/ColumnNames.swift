/// Names of columns as every engine takes them unquoted: lower-case words joined by `_`.
enum ColumnNames {
    static let batch = "_sluice_batch"
    static let row = "_sluice_row"

    /// One name for each column of a header, all different: `arrDelay` and `Arr Delay` become `arr_delay` and `arr_delay_2`.
    static func canonical(_ header: [String], bytesMax: Int = .max) -> [String] {
        var taken: Set<String> = []
        return header.enumerated().map { index, title in
            // Only letters and digits of ASCII are left, so any byte is a place to cut.
            func cut(_ text: String, _ count: Int) -> String { text.utf8.count <= count ? text : String(decoding: text.utf8.prefix(count), as: UTF8.self) }
            let base = canonical(title) ?? "column_\(index + 1)"
            var name = cut(base, bytesMax)
            var copy = 1
            while !taken.insert(name).inserted {
                copy += 1
                name = "\(cut(base, bytesMax - "_\(copy)".utf8.count))_\(copy)"
            }
            return name
        }
    }

    /// Nil where nothing of the title is left. A leading `_` goes, so that no column takes the name of one of ours.
    static func canonical(_ title: String) -> String? {
        var name: [UInt8] = []
        var wasLower = false
        for byte in title.utf8 {
            let isUpper = byte >= 0x41 && byte <= 0x5a
            let isLower = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39)
            guard isUpper || isLower else {
                if name.last != UInt8(ascii: "_"), !name.isEmpty { name.append(UInt8(ascii: "_")) }
                wasLower = false
                continue
            }
            if isUpper, wasLower { name.append(UInt8(ascii: "_")) }
            name.append(isUpper ? byte | 0x20 : byte)
            wasLower = isLower
        }
        while name.last == UInt8(ascii: "_") { name.removeLast() }
        guard let first = name.first else { return nil }
        if first >= 0x30 && first <= 0x39 { name.insert(UInt8(ascii: "c"), at: 0); name.insert(UInt8(ascii: "_"), at: 1) }
        return String(decoding: name, as: UTF8.self)
    }
}
