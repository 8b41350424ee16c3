internal import HTTP
internal import Kernel

/// Texts that must not be shown or kept, and what takes them out of what a source says: vendors do quote tokens, in their
/// errors and in the addresses of next pages.
public struct Secrets: Sendable {
    static let mark = Array("REDACTED".utf8)
    private let forms: [[UInt8]]

    /// Texts shorter than 6 bytes would blot out words.
    public init(_ values: [String]) {
        var forms: Set<[UInt8]> = []
        for value in values where value.utf8.count >= 6 {
            // As it is, in a URL, and in JSON, where a slash may be escaped.
            forms.insert(Array(value.utf8))
            forms.insert(Array(PercentCoding.encode(value).utf8))
            forms.insert(Array(JSON.string(value).bytes.dropFirst().dropLast()))
            forms.insert(value.utf8.flatMap { $0 == UInt8(ascii: "/") ? [UInt8(ascii: "\\"), $0] : [$0] })
        }
        self.forms = forms.sorted { $0.count > $1.count }
    }

    public func blot(_ text: String) -> String { String(decoding: blot(Array(text.utf8)), as: UTF8.self) }

    public func blot(_ bytes: [UInt8]) -> [UInt8] { forms.reduce(bytes) { Self.replace($1, in: $0) } }

    private static func replace(_ form: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= form.count else { return bytes }
        var out: [UInt8] = []
        var kept = 0
        var place = 0
        let last = bytes.count - form.count
        let first = form[0]
        bytes.withUnsafeBufferPointer { bytes in
            while place <= last {
                guard bytes[place] == first, bytes[place..<place + form.count].elementsEqual(form) else { place += 1; continue }
                out += bytes[kept..<place]
                out += mark
                place += form.count
                kept = place
            }
            if kept > 0 { out += bytes[kept...] }
        }
        return kept > 0 ? out : bytes
    }
}
