/// The bytes of ZMTP 3.0 (RFC 23 of ZeroMQ).
enum Zmtp {
    static let more: UInt8 = 1, long: UInt8 = 2, command: UInt8 = 4

    static let greetingBytes = 64
    /// NULL, with zeros up to 20 bytes.
    static let mechanism = padded(Array("NULL".utf8), to: 20)
    /// Signature, version 3.0, mechanism, and no claim to be the server, which NULL has none of.
    static let greeting = padded([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0] + mechanism, to: greetingBytes)
    static let readyRouter = ready("ROUTER")

    /// What a socket of that kind says when it has been greeted.
    static func ready(_ kind: String) -> [UInt8] { command("READY", property("Socket-Type", kind)) }

    /// A frame that is a command of at most 255 bytes.
    static func command(_ name: String, _ data: some Collection<UInt8>) -> [UInt8] {
        [command, UInt8(1 + name.utf8.count + data.count), UInt8(name.utf8.count)] + Array(name.utf8) + Array(data)
    }

    private static func property(_ name: String, _ value: String) -> [UInt8] {
        [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 0, UInt8(value.utf8.count)] + Array(value.utf8)
    }

    private static func padded(_ bytes: [UInt8], to count: Int) -> [UInt8] { bytes + [UInt8](repeating: 0, count: count - bytes.count) }
}

/// The head of a frame, however it arrives: flags, and a size of one byte or of eight.
struct ZmtpHead {
    private var flags: UInt8?
    private var size: UInt64 = 0, sizeBytes = 0

    /// Flags and size once they are whole; nil where `rest` ends before that.
    mutating func take(_ rest: inout UnsafeRawBufferPointer) -> (flags: UInt8, size: UInt64)? {
        // Nearly always.
        if flags == nil, rest.count >= 2, rest[0] & Zmtp.long == 0 {
            defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(2)) }
            return (rest[0], UInt64(rest[1]))
        }
        var place = 0
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(place)) }
        while place < rest.count {
            let byte = rest[place]
            place += 1
            guard let flags else {
                flags = byte
                continue
            }
            size = size << 8 | UInt64(byte)
            sizeBytes += 1
            guard sizeBytes == (flags & Zmtp.long == 0 ? 1 : 8) else { continue }
            defer { self = ZmtpHead() }
            return (flags, size)
        }
        return nil
    }

    /// Writes the head of a frame.
    static func append(_ flags: UInt8, size: Int, to bytes: inout [UInt8]) {
        if size < 256 {
            bytes.append(flags)
            bytes.append(UInt8(size))
        } else {
            bytes.append(flags | Zmtp.long)
            withUnsafeBytes(of: UInt64(size).bigEndian) { bytes.append(contentsOf: $0) }
        }
    }
}
