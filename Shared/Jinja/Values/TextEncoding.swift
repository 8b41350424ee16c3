/// The encodings that Python's `encode` and `decode` know by name, of those in use.
enum TextEncoding {
    case utf8, utf8WithMark, ascii, latin1
    case utf16(isBig: Bool, hasMark: Bool), utf32(isBig: Bool, hasMark: Bool)

    init(named name: String) throws(JinjaError) {
        let plain = PythonText.lowercased(name).map { $0 == "_" || $0 == " " ? "-" : $0 }
        switch String(plain) {
        case "utf-8", "utf8", "u8", "utf", "cp65001": self = .utf8
        case "utf-8-sig": self = .utf8WithMark
        case "ascii", "us-ascii", "646": self = .ascii
        case "latin-1", "latin1", "latin", "iso-8859-1", "iso8859-1", "8859", "l1", "cp819": self = .latin1
        case "utf-16", "utf16", "u16": self = .utf16(isBig: false, hasMark: true)
        case "utf-16-le", "utf-16le": self = .utf16(isBig: false, hasMark: false)
        case "utf-16-be", "utf-16be": self = .utf16(isBig: true, hasMark: false)
        case "utf-32", "utf32", "u32": self = .utf32(isBig: false, hasMark: true)
        case "utf-32-le", "utf-32le": self = .utf32(isBig: false, hasMark: false)
        case "utf-32-be", "utf-32be": self = .utf32(isBig: true, hasMark: false)
        default: throw JinjaError(.value, "unknown encoding: \(name)")
        }
    }

    private var name: String {
        switch self {
        case .utf8, .utf8WithMark: "utf-8"
        case .ascii: "ascii"
        case .latin1: "latin-1"
        case .utf16: "utf-16"
        case .utf32: "utf-32"
        }
    }

    func encode(_ text: String, errors: String) throws(JinjaError) -> [UInt8] {
        switch self {
        case .utf8: return Array(text.utf8)
        case .utf8WithMark: return [0xef, 0xbb, 0xbf] + Array(text.utf8)
        case .ascii: return try encode(text, below: 0x80, errors)
        case .latin1: return try encode(text, below: 0x100, errors)
        case .utf16(let isBig, let hasMark):
            var bytes: [UInt8] = hasMark ? [0xff, 0xfe] : []
            for unit in text.utf16 { bytes += Self.bytes(UInt32(unit), 2, isBig) }
            return bytes
        case .utf32(let isBig, let hasMark):
            var bytes: [UInt8] = hasMark ? [0xff, 0xfe, 0, 0] : []
            for scalar in text.unicodeScalars { bytes += Self.bytes(scalar.value, 4, isBig) }
            return bytes
        }
    }

    private static func bytes(_ value: UInt32, _ count: Int, _ isBig: Bool) -> [UInt8] {
        let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
        return isBig ? little.reversed() : little
    }

    private func encode(_ text: String, below end: UInt32, _ errors: String) throws(JinjaError) -> [UInt8] {
        var bytes: [UInt8] = []
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            if scalar.value < end {
                bytes.append(UInt8(scalar.value))
                continue
            }
            switch errors {
            case "ignore": break
            case "replace": bytes.append(UInt8(ascii: "?"))
            case "xmlcharrefreplace": bytes += "&#\(scalar.value);".utf8
            case "backslashreplace": bytes += PythonText.escape(scalar).utf8
            case "strict", "surrogateescape", "surrogatepass":
                let stop = scalars[index...].firstIndex { $0.value < end } ?? scalars.count
                let place = stop == index + 1
                    ? "character '\(PythonText.escape(scalar))' in position \(index)" : "characters in position \(index)-\(stop - 1)"
                throw JinjaError(.value, "'\(name)' codec can't encode \(place): ordinal not in range(\(end))")
            default: throw JinjaError(.value, "unknown error handler name '\(errors)'")
            }
        }
        return bytes
    }

    func decode(_ bytes: [UInt8], errors: String) throws(JinjaError) -> String {
        switch self {
        case .utf8: return try decodeUTF8(bytes, errors)
        case .utf8WithMark: return try decodeUTF8(bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes, errors)
        case .ascii: return try decode(bytes, errors)
        case .latin1: return PythonText.string(bytes.map { Unicode.Scalar($0) })
        case .utf16(var isBig, let hasMark):
            var units: [UInt16] = []
            for index in stride(from: 0, to: bytes.count - 1, by: 2) { units.append(UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8) }
            if hasMark, units.first == 0xfeff { units.removeFirst() } else if hasMark, units.first == 0xfffe { units.removeFirst(); isBig = true }
            if isBig { units = units.map(\.byteSwapped) }
            guard bytes.count % 2 == 0, let text = String(validating: units, as: UTF16.self) else {
                throw JinjaError(.value, "'utf-16' codec can't decode bytes: truncated data")
            }
            return text
        case .utf32(var isBig, let hasMark):
            var units: [UInt32] = []
            for index in stride(from: 0, to: bytes.count - 3, by: 4) {
                units.append((0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32($1 * 8) })
            }
            if hasMark, units.first == 0xfeff { units.removeFirst() } else if hasMark, units.first == 0xfffe_0000 { units.removeFirst(); isBig = true }
            if isBig { units = units.map(\.byteSwapped) }
            let scalars = units.compactMap(Unicode.Scalar.init)
            guard bytes.count % 4 == 0, scalars.count == units.count else {
                throw JinjaError(.value, "'utf-32' codec can't decode bytes: truncated data")
            }
            return PythonText.string(scalars)
        }
    }

    private func decodeUTF8(_ bytes: [UInt8], _ errors: String) throws(JinjaError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var (text, place) = ("", 0)
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        while true {
            switch parser.parseScalar(from: &rest) {
            case .emptyInput: return text
            case .valid(let scalar):
                text.unicodeScalars.append(UTF8.decode(scalar))
                place += scalar.count
            case .error(let length):
                let wrong = bytes[place..<place + length]
                switch errors {
                case "ignore": break
                case "replace": text += "\u{fffd}"
                case "backslashreplace": text += wrong.map { "\\x" + PythonText.hex(UInt32($0), 2) }.joined()
                default: throw Self.undecodable(wrong, of: bytes.count)
                }
                place += length
            }
        }
    }

    private static func undecodable(_ wrong: ArraySlice<UInt8>, of count: Int) -> JinjaError {
        let first = wrong[wrong.startIndex]
        let what = wrong.count == 1 ? "byte 0x\(PythonText.hex(UInt32(first), 2)) in position \(wrong.startIndex)" : "bytes in position \(wrong.startIndex)-\(wrong.endIndex - 1)"
        let isStart = (0xc2...0xf4).contains(first)
        let reason = !isStart ? "invalid start byte" : wrong.endIndex == count ? "unexpected end of data" : "invalid continuation byte"
        return JinjaError(.value, "'utf-8' codec can't decode \(what): \(reason)")
    }

    private func decode(_ bytes: [UInt8], _ errors: String) throws(JinjaError) -> String {
        var result = String.UnicodeScalarView()
        for (index, byte) in bytes.enumerated() {
            if byte < 0x80 { result.append(Unicode.Scalar(byte)); continue }
            switch errors {
            case "ignore": break
            case "replace": result.append("\u{fffd}")
            case "backslashreplace": result.append(contentsOf: ("\\x" + PythonText.hex(UInt32(byte), 2)).unicodeScalars)
            default:
                throw JinjaError(
                    .value, "'ascii' codec can't decode byte 0x\(PythonText.hex(UInt32(byte), 2)) in position \(index): ordinal not in range(128)")
            }
        }
        return String(result)
    }
}
