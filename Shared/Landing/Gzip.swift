internal import CZlib
internal import Glibc
internal import Platform

enum Gzip {
    static let chunkBytes = 1 << 20
    /// A file that would inflate above this is refused: it is more likely a bomb than data.
    static let inflatedBytesMax = 64 << 30

    /// Inflates into a file without a name in `folder`, so that memory stays bounded; it is gone when its descriptor is closed.
    static func inflated(_ packed: MappedFile, path: String, folder: String) throws -> MappedFile {
        try packed.withBytes { try inflated($0, path, folder) }
    }

    private static func inflated(_ packed: UnsafeRawBufferPointer, _ path: String, _ folder: String) throws -> MappedFile {
        let output = Descriptors.unnamedFile(in: folder)
        guard output >= 0 else { throw LandingProblem.disk(folder, "create a file") }
        defer { close(output) }
        var stream = z_stream()
        // 15 bits of window, and 16 more for the gzip header.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw LandingProblem.damaged(path, "zlib does not start")
        }
        defer { inflateEnd(&stream) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
        defer { buffer.deallocate() }
        var place = 0
        var total = 0
        var isWhole = false
        while place < packed.count || !isWhole {
            let step = min(packed.count - place, 1 << 30)
            stream.next_in = packed.baseAddress.map { UnsafeMutablePointer(mutating: ($0 + place).assumingMemoryBound(to: UInt8.self)) }
            stream.avail_in = UInt32(step)
            stream.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(buffer.count)
            let status = inflate(&stream, Z_NO_FLUSH)
            place += step - Int(stream.avail_in)
            let made = buffer.count - Int(stream.avail_out)
            total += made
            guard total <= inflatedBytesMax else { throw LandingProblem.damaged(path, "the gzip file inflates to more than \(inflatedBytesMax) bytes") }
            try Disk.writeAll(output, UnsafeRawBufferPointer(rebasing: buffer[..<made]), path)
            switch status {
            case Z_STREAM_END:
                // Members may follow one another, as `cat a.gz b.gz` makes them.
                isWhole = true
                if place < packed.count { isWhole = false; inflateReset(&stream) }
            case Z_OK: isWhole = false
            default: throw LandingProblem(
                    code: "landing.damaged", summary: "the gzip file is torn or is none", location: .file(path),
                    remedy: "look at it with gzip -t; have it delivered or restored whole, or name it without .gz if it is not compressed", response: .stop)
            }
        }
        return try MappedFile(descriptor: output, path: path)
    }
}
