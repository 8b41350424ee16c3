import CLinux
import Glibc
import Platform

/// A ROUTER without keys, on the caller's own thread: what its peers said is read where it is wanted, and what they are told leaves
/// with `flush`, one call of the system for each peer.
///
/// libzmq does the same on a thread of its own; handing each message over, there and back, costs more than the message.
final class PlainRouter: Router {
    private let listener: Listener
    private let queueMax: Int
    private let epoll: Int32
    private var happened = [epoll_event](repeating: epoll_event(), count: eventsMax)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 16)

    /// By descriptor.
    private var peers: [Peer?] = []
    /// By the number that a given identity is made of, and by the name that a peer asked for.
    private var numbered: [UInt32: Peer] = [:], named: [[UInt8]: Peer] = [:]
    private var lastNumber = UInt32.random(in: 0 ... .max)
    /// Those that have not said who they are, and until when they may.
    private var arriving: [Int32: Double] = [:]
    /// What was heard and not asked for yet. One that was is held no longer: it may be large.
    private var arrivals: [Message?] = [], taken = 0
    private var dirty: [Peer] = []
    /// Whom the message goes to that is being sent; the peer may have gone since its first frame.
    private var addressee: Peer?
    private var sweptAt = 0.0
    private var isDeaf = false

    private static let eventsMax = 512
    /// Read of a peer at once, so that who says much does not keep the others waiting.
    private static let bufferBytes = 1 << 18
    private static let handshakeSeconds = 30.0
    private static let sweepSeconds = 1.0
    private static let acceptedMax = 64

    init(_ endpoint: String, queueMax: Int) throws(WireError) {
        self.queueMax = queueMax
        listener = try Listener(endpoint)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw WireError(number: errno, action: "poll", endpoint: endpoint) }
        watch(listener.descriptor, EPOLLIN, EPOLL_CTL_ADD)
    }

    deinit {
        close(epoll)
        buffer.deallocate()
    }

    var boundEndpoint: String { listener.endpoint }
    var sender: String? { nil }
    var holdsMessages: Bool { taken < arrivals.count }
    var pollItem: PollItem { PollItem(descriptor: epoll) }

    // MARK: In

    func receiveMessage() -> Message? {
        if taken == arrivals.count {
            arrivals.removeAll(keepingCapacity: true)
            taken = 0
            hear()
        }
        guard taken < arrivals.count else { return nil }
        defer { taken += 1 }
        return arrivals[taken].take()
    }

    /// Reads once of everybody who has something to say.
    private func hear() {
        sweep()
        let count = epoll_wait(epoll, &happened, Int32(Self.eventsMax), 0)
        for index in 0..<max(0, Int(count)) {
            let descriptor = happened[index].data.fd, events = happened[index].events
            if descriptor == listener.descriptor {
                admit()
            } else if Int(descriptor) < peers.count, let peer = peers[Int(descriptor)] {
                if events & EPOLLOUT.rawValue != 0 { flush(peer) }
                if events & ~EPOLLOUT.rawValue != 0 { hear(peer) }
            }
        }
    }

    private func hear(_ peer: Peer) {
        guard let bytes = peer.read(into: buffer) else { return drop(peer) }
        guard !bytes.isEmpty else { return }
        let wasReady = peer.session.isReady
        var replies: [UInt8] = []
        do { try peer.session.take(bytes, replies: &replies) { arrivals.append($0) } } catch { return drop(peer) }
        if !wasReady, peer.session.isReady { greet(peer) }
        guard !replies.isEmpty else { return }
        peer.append(replies)
        flush(peer)
    }

    // MARK: Coming and going

    private func admit() {
        var isShort = false
        for _ in 0..<Self.acceptedMax {
            guard let descriptor = listener.accept(isShort: &isShort) else { break }
            lastNumber &+= 1
            let peer = Peer(descriptor, identity: withUnsafeBytes(of: lastNumber.bigEndian) { [0] + $0 })
            while peers.count <= Int(descriptor) { peers.append(nil) }
            peers[Int(descriptor)] = peer
            arriving[descriptor] = SystemClock.monotonicSeconds() + Self.handshakeSeconds
            watch(descriptor, EPOLLIN, EPOLL_CTL_ADD)
            peer.append(Zmtp.greeting)
            flush(peer)
        }
        guard isShort else { return }
        // Who waits at the door would wake us again and again; the next sweep looks whether there is room.
        isDeaf = true
        watch(listener.descriptor, EPOLLIN, EPOLL_CTL_DEL)
    }

    /// The peer has said who it is. A name goes to who asked for it last, for its holder may have vanished without a word.
    private func greet(_ peer: Peer) {
        arriving[peer.descriptor] = nil
        if let number = Self.number(of: peer.session.identity) {
            numbered[number] = peer
        } else {
            if let former = named[peer.session.identity] { drop(former) }
            named[peer.session.identity] = peer
        }
    }

    private func drop(_ peer: Peer) {
        guard peers[Int(peer.descriptor)] === peer else { return }
        watch(peer.descriptor, EPOLLIN, EPOLL_CTL_DEL)
        peers[Int(peer.descriptor)] = nil
        arriving[peer.descriptor] = nil
        let identity = peer.session.identity
        if let number = Self.number(of: identity) { numbered[number] = nil } else if named[identity] === peer { named[identity] = nil }
    }

    private func sweep() {
        let now = SystemClock.monotonicSeconds()
        guard now >= sweptAt + Self.sweepSeconds else { return }
        sweptAt = now
        for (descriptor, deadline) in arriving where deadline < now { if let peer = peers[Int(descriptor)] { drop(peer) } }
        guard isDeaf else { return }
        isDeaf = false
        watch(listener.descriptor, EPOLLIN, EPOLL_CTL_ADD)
    }

    private func watch(_ descriptor: Int32, _ events: EPOLL_EVENTS, _ operation: Int32) {
        var event = epoll_event(events: events.rawValue, data: epoll_data_t(fd: descriptor))
        epoll_ctl(epoll, operation, descriptor, &event)
    }

    // MARK: Out

    func send(frame: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Bool {
        guard let peer = addressee else {
            guard !isLast, let peer = self.peer(frame), peer.waiting < queueMax else { return false }
            addressee = peer
            return true
        }
        peer.append(frame: frame, isLast: isLast)
        guard isLast else { return true }
        addressee = nil
        if !peer.isDirty, !peer.isFull {
            peer.isDirty = true
            dirty.append(peer)
        }
        return true
    }

    func send(_ frames: [[UInt8]]) -> Bool {
        for (index, frame) in frames.enumerated() {
            guard frame.withUnsafeBufferPointer({ send(frame: $0, isLast: index == frames.count - 1) }) else { return false }
        }
        return true
    }

    func flush() {
        for peer in dirty {
            peer.isDirty = false
            flush(peer)
        }
        dirty.removeAll(keepingCapacity: true)
    }

    private func flush(_ peer: Peer) {
        let wasFull = peer.isFull
        guard peer.flush() else { return drop(peer) }
        if peer.isFull != wasFull { watch(peer.descriptor, peer.isFull ? EPOLL_EVENTS(EPOLLIN.rawValue | EPOLLOUT.rawValue) : EPOLLIN, EPOLL_CTL_MOD) }
    }

    func waitingBytes(for peer: [UInt8]) -> Int { peer.withUnsafeBufferPointer { self.peer($0)?.waitingBytes ?? 0 } }

    private func peer(_ identity: UnsafeBufferPointer<UInt8>) -> Peer? {
        if let number = Self.number(of: identity) { numbered[number] } else { named[Array(identity)] }
    }

    /// Of an identity that was given here: a zero, and four bytes that count up.
    private static func number(of identity: some RandomAccessCollection<UInt8>) -> UInt32? {
        guard identity.count == 5, identity.first == 0 else { return nil }
        return identity.dropFirst().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
