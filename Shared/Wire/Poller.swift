import CZeroMQ
import Glibc

/// Wakes a thread that waits for its sockets: a descriptor that the poll listens to as well.
public final class Wakeup: Sendable {
    let descriptor: Int32

    public init() {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(descriptor >= 0, "the system gives no eventfd")
    }
    deinit { close(descriptor) }

    public func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }
    func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}

/// What a poll listens to: a socket of libzmq's, or a descriptor.
public struct PollItem {
    let item: zmq_pollitem_t

    init(socket: UnsafeMutableRawPointer) { item = zmq_pollitem_t(socket: socket, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0) }
    init(descriptor: Int32) { item = zmq_pollitem_t(socket: nil, fd: descriptor, events: Int16(ZMQ_POLLIN), revents: 0) }
}

/// What may have a message.
public protocol Pollable {
    var pollItem: PollItem { get }
}

/// Waits for sockets and a wake-up at once.
public enum Poller {
    /// Returns when one of `sockets` has a message, `wakeup` was signalled, or `timeoutSeconds` (nil: never) have passed.
    public static func wait(_ sockets: [any Pollable], _ wakeup: Wakeup, timeoutSeconds: Double?) {
        var items = sockets.map(\.pollItem.item)
        items.append(PollItem(descriptor: wakeup.descriptor).item)
        // Rounded up: waking a fraction of a millisecond early would turn the wait into a busy loop.
        let milliseconds = timeoutSeconds.map { Int(max(0, min($0, 3600)) * 1000 + 0.999) } ?? -1
        _ = zmq_poll(&items, Int32(items.count), milliseconds)
        if items[items.count - 1].revents != 0 { wakeup.drain() }
    }
}
