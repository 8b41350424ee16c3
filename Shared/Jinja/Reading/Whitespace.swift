/// White space as Python sees it, over UTF-8 bytes.
enum Whitespace {
    /// The first index at or after `start` that does not stand on white space.
    static func skipped(in bytes: [UInt8], from start: Int, to end: Int) -> Int {
        var index = start
        while index < end {
            let byte = bytes[index]
            if isASCIISpace(byte) {
                index += 1
            } else if byte >= 0xc2, let length = wideSpaceLength(bytes, index, end) {
                index += length
            } else {
                break
            }
        }
        return index
    }

    /// The end of `start..<end` without the white space it ends with.
    static func trimmedEnd(of bytes: [UInt8], from start: Int, to end: Int) -> Int {
        var index = end
        while index > start {
            if isASCIISpace(bytes[index - 1]) {
                index -= 1
            } else if bytes[index - 1] >= 0x80, index - 2 >= start, wideSpaceLength(bytes, index - 2, index) == 2 {
                index -= 2
            } else if bytes[index - 1] >= 0x80, index - 3 >= start, wideSpaceLength(bytes, index - 3, index) == 3 {
                index -= 3
            } else {
                break
            }
        }
        return index
    }

    static func isASCIISpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) || (byte >= 0x1c && byte <= 0x1f)
    }

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20, 0x09...0x0d, 0x1c...0x1f, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
            true
        default: false
        }
    }

    private static func wideSpaceLength(_ bytes: [UInt8], _ index: Int, _ end: Int) -> Int? {
        guard index + 1 < end else { return nil }
        if bytes[index] == 0xc2 { return bytes[index + 1] == 0x85 || bytes[index + 1] == 0xa0 ? 2 : nil }
        guard index + 2 < end, bytes[index] >= 0xe1, bytes[index] <= 0xe3 else { return nil }
        let value =
            UInt32(bytes[index] & 0x0f) << 12 | UInt32(bytes[index + 1] & 0x3f) << 6 | UInt32(bytes[index + 2] & 0x3f)
        guard let scalar = Unicode.Scalar(value), isSpace(scalar) else { return nil }
        return 3
    }
}
