internal import Glibc

/// Names that are looked for in texts. Whatever a text does with a name, it must hold it; that it holds it may mean nothing.
struct Mentions {
    private(set) var names: Set<String> = []
    private var needles: [[UInt8]] = []

    init(_ names: some Sequence<String> = []) { for name in names { insert(name) } }

    mutating func insert(_ name: String) {
        guard !name.isEmpty, names.insert(name).inserted else { return }
        needles.append(Array(name.utf8))
    }

    func occur(in text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in occur(in: UnsafeRawBufferPointer(bytes)) }
    }
    func occur(in bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { occur(in: $0) } }
    private func occur(in bytes: UnsafeRawBufferPointer) -> Bool { needles.contains { Self.occurs($0, in: bytes) } }

    private static func occurs(_ needle: [UInt8], in bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, needle.count <= bytes.count else { return false }
        var place = 0
        let last = bytes.count - needle.count
        while place <= last, let found = memchr(start + place, Int32(needle[0]), last - place + 1) {
            if memcmp(found, needle, needle.count) == 0 { return true }
            place = UnsafeRawPointer(found) - start + 1
        }
        return false
    }
}
