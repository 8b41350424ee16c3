import Glibc

/// One connection of a `PlainRouter`: what has come in of it, and what has not gone out yet.
final class Peer {
    let descriptor: Int32
    var session: ZmtpSession
    private var outgoing: [UInt8] = []
    private var sentBytes = 0
    /// Where the messages end that `outgoing` holds, and how many of them have left.
    private var ends: [Int] = [], leftCount = 0
    /// The system takes no more for now; the router waits until it does.
    var isFull = false
    /// It is among those that the router has to flush.
    var isDirty = false
    /// A long queue's memory is given back when it has left.
    private static let keptBytesMax = 1 << 16
    private static let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)

    init(_ descriptor: Int32, identity: [UInt8]) {
        self.descriptor = descriptor
        session = ZmtpSession(identity: identity)
    }
    deinit { close(descriptor) }

    /// Messages that have not left whole, and the bytes that have not left.
    var waiting: Int { ends.count - leftCount }
    var waitingBytes: Int { outgoing.count - sentBytes }

    func append(frame: UnsafeBufferPointer<UInt8>, isLast: Bool) {
        ZmtpHead.append(isLast ? 0 : Zmtp.more, size: frame.count, to: &outgoing)
        outgoing.append(contentsOf: frame)
        if isLast { ends.append(outgoing.count) }
    }
    func append(_ bytes: [UInt8]) { outgoing.append(contentsOf: bytes) }

    /// Gives the system what it takes. False where the connection is broken.
    func flush() -> Bool {
        while waitingBytes > 0 {
            let sent = outgoing.withUnsafeBytes { send(descriptor, $0.baseAddress! + sentBytes, $0.count - sentBytes, Self.flags) }
            guard sent >= 0 else {
                if errno == EINTR { continue }
                guard errno == EAGAIN else { return false }
                isFull = true
                settle()
                return true
            }
            sentBytes += sent
        }
        isFull = false
        outgoing.removeAll(keepingCapacity: outgoing.capacity <= Self.keptBytesMax)
        ends.removeAll(keepingCapacity: ends.capacity <= Self.keptBytesMax)
        (sentBytes, leftCount) = (0, 0)
        return true
    }

    /// Lets go what has left. Who reads, but is always a little behind, never comes to an end of it.
    private func settle() {
        while leftCount < ends.count, ends[leftCount] <= sentBytes { leftCount += 1 }
        guard sentBytes > Self.keptBytesMax, sentBytes > waitingBytes else { return }
        outgoing.removeFirst(sentBytes)
        ends = ends[leftCount...].map { $0 - sentBytes }
        (sentBytes, leftCount) = (0, 0)
    }

    /// Reads once into `buffer`, which is shared by all. Nil where the connection is over; empty where nothing was there.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer? {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, Self.flags)
        if count > 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? UnsafeRawBufferPointer(rebasing: buffer[..<0]) : nil
    }
}
