internal import Landing
internal import WarehouseKit

/// Whether a text is JSON that every engine can hold as such.
///
/// Beyond RFC 8259 it is none where PostgreSQL's `jsonb` refuses it: `\u0000`, half a surrogate pair, a number beyond its `numeric`, and
/// what is so long that a part of it might be.
struct JSONCheck {
    /// A part of a `jsonb` has 256 MiB at most, and a list of digits is six times as long there.
    private static let bytesMax = 32 << 20
    /// Of what is not declared: reading it takes up to eight times its length of memory.
    static let nestedBytesMax = 4 << 20
    private static let exponentDigitsMax = 4
    /// So many members of an object are compared with each other.
    private static let comparedMax = 16

    private let bytes: Bytes
    private var tape = JSONTape()

    /// What a column may hold that is declared as JSON.
    ///
    /// Neither is a part of the loop over all cells, which is to stay small.
    @inline(never) static func isJSON(_ bytes: Bytes) -> Bool { JSONCheck(bytes)?.fits == true }

    /// What makes a column JSON that is not declared: an object or a list, in no object of which a member comes twice, as `jsonb` would keep one.
    @inline(never) static func isNested(_ bytes: Bytes) -> Bool {
        guard bytes.count <= nestedBytesMax, mayBeNested(bytes), let check = JSONCheck(bytes) else { return false }
        return check.fits && !check.repeatsMember
    }

    /// By the first byte: nearly all columns are decided here.
    @inline(__always) private static func mayBeNested(_ bytes: Bytes) -> Bool {
        for byte in bytes {
            if byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { continue }
            return byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
        }
        return false
    }

    private init?(_ bytes: Bytes) {
        // A text that is one by its length only is refused before it is read. The mark of a byte order is no part of JSON.
        guard bytes.count <= Self.bytesMax, bytes.first != 0xef else { return nil }
        self.bytes = bytes
        guard (try? tape.read(bytes)) != nil else { return nil }
    }

    private func text(_ node: JSONTape.Node) -> Bytes { Bytes(rebasing: bytes[Int(node.start)..<Int(node.end)]) }

    private var fits: Bool {
        tape.nodes.allSatisfy { node in
            switch node.kind {
            case .number: Self.fitsNumber(text(node))
            case .key, .string: !node.hasEscapes || Self.fitsText(text(node))
            case .object, .array, .boolean, .null: true
            }
        }
    }

    private static func fitsNumber(_ bytes: Bytes) -> Bool {
        guard bytes.count <= FieldParser.decimalDigitsMax else { return false }
        guard let place = bytes.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return true }
        return bytes[(place + 1)...].count { $0 &- 0x30 <= 9 } <= exponentDigitsMax
    }

    private static func fitsText(_ bytes: Bytes) -> Bool {
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "\\") else { place += 1; continue }
            guard bytes[place + 1] == UInt8(ascii: "u") else { place += 2; continue }
            guard let unit = JSONText.unit(bytes, place + 2), unit != 0, unit & 0xfc00 != 0xdc00 else { return false }
            place += 6
            guard unit & 0xfc00 == 0xd800 else { continue }
            guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u"),
                let low = JSONText.unit(bytes, place + 2), low & 0xfc00 == 0xdc00
            else { return false }
            place += 6
        }
        return true
    }

    // MARK: Members

    private var repeatsMember: Bool {
        tape.nodes.indices.contains { tape.nodes[$0].kind == .object && repeatsMember(of: $0) }
    }

    private func repeatsMember(of object: Int) -> Bool {
        var count = 0
        var seen: Set<[UInt8]> = []
        var key = object + 1
        let end = Int(tape.nodes[object].next)
        while key < end {
            defer { count += 1; key = Int(tape.nodes[key + 1].next) }
            if count < Self.comparedMax {
                var other = object + 1
                while other < key {
                    if isSameText(tape.nodes[other], tape.nodes[key]) { return true }
                    other = Int(tape.nodes[other + 1].next)
                }
                continue
            }
            if seen.isEmpty {
                var other = object + 1
                while other < key {
                    seen.insert(plain(tape.nodes[other]))
                    other = Int(tape.nodes[other + 1].next)
                }
            }
            if !seen.insert(plain(tape.nodes[key])).inserted { return true }
        }
        return false
    }

    private func isSameText(_ one: JSONTape.Node, _ other: JSONTape.Node) -> Bool {
        if one.hasEscapes || other.hasEscapes { return plain(one) == plain(other) }
        return one.end - one.start == other.end - other.start && text(one).elementsEqual(text(other))
    }

    private func plain(_ node: JSONTape.Node) -> [UInt8] {
        let inner = Bytes(rebasing: text(node).dropFirst().dropLast())
        return [UInt8](unsafeUninitializedCapacity: inner.count) { out, count in
            count = inner.isEmpty ? 0 : JSONText.unescape(inner, into: out.baseAddress!)
        }
    }
}
