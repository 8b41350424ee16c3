/// Where the members of a written manifest lie, counted from behind its `metadata`: what is not there to be told again can be copied.
public struct ManifestPlaces: Sendable {
    /// By part, then by unique id: from the name to the end of the value.
    fileprivate(set) var members: [String: [String: Range<Int>]] = [:]

    init() {}

    /// As it is kept beside the manifest.
    public var bytes: [UInt8] {
        var writer = ArchiveWriter()
        writer.write(members) { $0.write($1) { $0.write($1.lowerBound); $0.write($1.count) } }
        return writer.bytes
    }

    /// nil where these are no such bytes.
    public init?(_ bytes: ArraySlice<UInt8>) {
        let read = try? bytes.withUnsafeBytes { bytes in
            var reader = ArchiveReader(bytes)
            let members = try reader.map { try $0.map { reader in
                let (start, count) = (try reader.int(), try reader.int())
                guard start >= 0, count >= 0, start <= Int.max - count else { throw ArchiveReader.Broken() }
                return start..<start + count
            } }
            guard reader.isAtEnd else { throw ArchiveReader.Broken() }
            return members
        }
        guard let read else { return nil }
        members = read
    }
}

extension ManifestWriter {
    /// A manifest on its way out: new members as bytes, old ones as stretches of the earlier file.
    struct Output {
        private static let pieceBytes = 65_536
        private static let copiedBytes = 1 << 18
        /// Of the others there are few, or something else than themselves is in them.
        private static let kept: Set<String> = ["nodes", "sources", "macros", "functions", "parent_map", "child_map"]

        var bytes: [UInt8] = []
        private(set) var places = ManifestPlaces()
        private let earlier: ManifestPlaces?
        private let difference: Manifest.Difference?
        private var part = ""
        private var old: [String: Range<Int>] = [:]
        private var changed: Set<String> = []
        private var own: [String: Range<Int>] = [:]
        /// A stretch of the earlier file that comes behind `bytes`.
        private var stretch: Range<Int>?
        /// How much has gone out, and how much of that was `metadata`.
        private var taken = 0
        private var start: Int?

        init(earlier: ManifestPlaces?, difference: Manifest.Difference?) {
            self.earlier = difference == nil ? nil : earlier
            self.difference = difference
        }

        private var place: Int { taken + bytes.count + (stretch?.count ?? 0) - (start ?? 0) }

        mutating func begin(_ name: String, _ read: (Range<Int>) throws -> [UInt8], _ take: ([UInt8]) throws -> Void) rethrows {
            if start == nil { start = bytes.count }
            end()
            try put(",\"\(name)\":", read, take)
            part = name
            guard Self.kept.contains(name) else { return old = [:] }
            old = earlier?.members[name] ?? [:]
            changed = switch name { case "parent_map": difference?.parents ?? []; case "child_map": difference?.children ?? []; default: difference?.resources ?? [] }
        }

        private mutating func end() {
            if Self.kept.contains(part) { places.members[part] = own }
            own = [:]
        }

        mutating func put(_ text: String, _ read: (Range<Int>) throws -> [UInt8], _ take: ([UInt8]) throws -> Void) rethrows {
            try settle(read, take)
            bytes += text.utf8
        }

        mutating func member(
            _ id: String, isFirst: Bool, _ read: (Range<Int>) throws -> [UInt8], _ take: ([UInt8]) throws -> Void, _ write: (inout [UInt8]) -> Void
        ) rethrows {
            // Hooks are made of the project's own file.
            if let range = old[id], !changed.contains(id), !id.hasPrefix("operation.") {
                if let stretch, !isFirst, range.lowerBound == stretch.upperBound + 1 {
                    // Next to each other there too, with their comma.
                    self.stretch = stretch.lowerBound..<range.upperBound
                } else {
                    try settle(read, take)
                    if !isFirst { bytes.append(UInt8(ascii: ",")) }
                    stretch = range
                }
                own[id] = place - range.count..<place
                return
            }
            try settle(read, take)
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            let begin = place
            write(&bytes)
            own[id] = begin..<place
            if bytes.count >= Self.pieceBytes { try flush(take) }
        }

        private mutating func flush(_ take: ([UInt8]) throws -> Void) rethrows {
            try take(bytes)
            taken += bytes.count
            bytes.removeAll(keepingCapacity: true)
        }

        private mutating func settle(_ read: (Range<Int>) throws -> [UInt8], _ take: ([UInt8]) throws -> Void) rethrows {
            guard let whole = stretch else { return }
            stretch = nil
            try flush(take)
            for place in Swift.stride(from: whole.lowerBound, to: whole.upperBound, by: Self.copiedBytes) {
                try take(try read(place..<min(place + Self.copiedBytes, whole.upperBound)))
            }
            taken += whole.count
        }
    }
}
