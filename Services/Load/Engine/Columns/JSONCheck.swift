internal import Kernel

/// Whether a text is JSON that every engine can hold as such.
///
/// Beyond RFC 8259 it is none where PostgreSQL's `jsonb` refuses it: `\u0000`, half a surrogate pair, a number beyond its `numeric`.
enum JSONCheck {
    /// `numeric` has 131,072 digits before the point.
    private static let exponentDigitsMax = 4

    static func isJSON(_ bytes: Bytes) -> Bool { (try? JSON(parsing: Array(bytes))) != nil && fits(bytes) }

    private static func fits(_ bytes: Bytes) -> Bool {
        var isText = false
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""): isText.toggle()
            case UInt8(ascii: "\\"):
                let kind = bytes[place]
                place += 1
                guard kind == UInt8(ascii: "u") else { continue }
                guard let unit = unit(bytes, place), unit != 0, unit & 0xfc00 != 0xdc00 else { return false }
                place += 4
                guard unit & 0xfc00 == 0xd800 else { continue }
                guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u"),
                    let low = self.unit(bytes, place + 2), low & 0xfc00 == 0xdc00
                else { return false }
                place += 6
            case UInt8(ascii: "e") where !isText, UInt8(ascii: "E") where !isText:
                // The words true and false have an e too, and no digit behind it.
                var digits = 0
                if place < bytes.count, bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-") { place += 1 }
                while place < bytes.count, bytes[place] &- 0x30 <= 9 { digits += 1; place += 1 }
                if digits > exponentDigitsMax { return false }
            default: continue
            }
        }
        return true
    }

    private static func unit(_ bytes: Bytes, _ start: Int) -> UInt16? {
        guard start + 4 <= bytes.count else { return nil }
        return UInt16(String(decoding: bytes[start..<start + 4], as: UTF8.self), radix: 16)
    }
}
