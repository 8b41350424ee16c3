internal import CPostgres
internal import Glibc
internal import Kernel

/// One connection of libpq. Used from one thread at a time; its calls block.
final class Connection {
    let pointer: OpaquePointer
    private let settings: ConnectionSettings
    /// `host:port/database`
    var place: String { settings.place }
    /// Told what the server says besides results: `NOTICE:  …`.
    var onNotice: (String) -> Void = { _ in }

    init(_ settings: ConnectionSettings) throws {
        self.settings = settings
        pointer = try Self.connect(settings)
        _ = libpq.PQsetNoticeReceiver(pointer, Self.receiveNotice, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { libpq.PQfinish(pointer) }

    private static let receiveNotice: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?) -> Void = { context, result in
        guard let context, let result else { return }
        // Alive: libpq calls only from within calls on this connection.
        let connection = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
        // That a transaction is open already, or none is, tells a person nothing: a macro that says begin and commit is heard.
        if let code = libpq.PQresultErrorField(result, 0x43), ["25001", "25P01"].contains(String(cString: code)) { return }
        guard let text = libpq.PQresultErrorMessage(result) else { return }
        connection.onNotice(Lines.trimmed(String(cString: text)))
    }

    // MARK: Opening

    /// libpq's blocking call says why a server refused only in words of the server's language; this one shows the code too.
    private static func connect(_ settings: ConnectionSettings) throws -> OpaquePointer {
        try LibPQ.require()
        let keys = settings.parameters.map { strdup($0.key) }
        let values = settings.parameters.map { strdup($0.value) }
        defer { for text in keys + values { free(text) } }
        let keyPointers = keys.map { UnsafePointer<CChar>($0) } + [nil]
        let valuePointers = values.map { UnsafePointer<CChar>($0) } + [nil]
        guard let pointer = libpq.PQconnectStartParams(keyPointers, valuePointers, 0) else {
            throw PostgreSQLProblem(connecting: "out of memory", to: settings.place)
        }
        do {
            _ = libpq.PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
            try poll(pointer, settings) { libpq.PQconnectPoll($0) }
            _ = libpq.PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
            return pointer
        } catch {
            libpq.PQfinish(pointer)
            throw error
        }
    }

    /// Makes a lost connection anew. Whatever the session had set is gone.
    func reset() throws {
        guard libpq.PQresetStart(pointer) == 1 else { throw PostgreSQLProblem(self) }
        try Self.poll(pointer, settings) { libpq.PQresetPoll($0) }
    }

    /// What one call can wait for, which counts milliseconds in 32 bits.
    private static let pollSecondsMax: Int64 = 1_000_000

    private static func poll(
        _ pointer: OpaquePointer, _ settings: ConnectionSettings, _ goOn: (OpaquePointer) -> PostgresPollingStatusType
    ) throws {
        func failed() -> PostgreSQLProblem {
            PostgreSQLProblem(connecting: libpq.PQerrorMessage(pointer).map { String(cString: $0) } ?? "", to: settings.place)
        }
        guard libpq.PQstatus(pointer) != CONNECTION_BAD else { throw failed() }
        let deadline = ContinuousClock.now.advanced(by: .seconds(settings.connectSeconds))
        var status = PGRES_POLLING_WRITING
        while status != PGRES_POLLING_OK {
            guard status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING else { throw failed() }
            var waiting = pollfd(fd: libpq.PQsocket(pointer), events: Int16(status == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0)
            let left = ContinuousClock.now.duration(to: deadline).components.seconds
            let ready = left < 0 ? 0 : Glibc.poll(&waiting, 1, Int32(min(left, Self.pollSecondsMax) * 1_000 + 999))
            if ready < 0, errno == EINTR { continue }
            if ready == 0, left >= Self.pollSecondsMax { continue }
            guard ready != 0 else {
                throw PostgreSQLProblem(connecting: "no answer within \(settings.connectSeconds) s", to: settings.place)
            }
            status = goOn(pointer)
        }
    }

    // MARK: Statements

    var isLost: Bool { libpq.PQstatus(pointer) == CONNECTION_BAD }
    var transactionStatus: PGTransactionStatusType { libpq.PQtransactionStatus(pointer) }

    /// Runs SQL text as it is, one statement or more.
    func send(_ sql: String) throws {
        guard libpq.PQsendQuery(pointer, sql) == 1 else { throw PostgreSQLProblem(self) }
    }

    /// Runs one statement with values for `$1`, `$2`, …; the server finds out their types.
    func send(_ sql: String, _ values: Parameters) throws {
        let isSent = values.bytes.withUnsafeBufferPointer { bytes in
            let pointers = values.places.map { $0.flatMap { place in bytes.baseAddress.map { $0 + place } } }
            return libpq.PQsendQueryParams(pointer, sql, Int32(pointers.count), values.types, pointers, values.lengths, values.formats, 0)
        }
        guard isSent == 1 else { throw PostgreSQLProblem(self) }
    }

    /// Takes all results of what was sent; nil where there was none. The first error is thrown after the last result.
    func results(of sql: String, _ body: (Result) throws -> Void = { _ in }) throws {
        var failure: (any Error)?
        while let pointer = libpq.PQgetResult(self.pointer) {
            let result = Result(pointer)
            switch result.status {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                failure = failure ?? PostgreSQLProblem(result, self, sql: sql)
                // A connection that is gone would say so for ever.
                if isLost { throw failure ?? PostgreSQLProblem(self) }
            case PGRES_COPY_IN:
                failure = failure ?? Self.noCopy(place)
                _ = libpq.PQputCopyEnd(self.pointer, "not supported here")
            case PGRES_COPY_OUT, PGRES_COPY_BOTH:
                failure = failure ?? Self.noCopy(place)
                var line: UnsafeMutablePointer<CChar>?
                while libpq.PQgetCopyData(self.pointer, &line, 0) > 0 { libpq.PQfreemem(line) }
            default:
                guard failure == nil else { continue }
                do { try body(result) } catch { failure = error }
            }
        }
        if let failure { throw failure }
    }

    private static func noCopy(_ place: String) -> PlainProblem {
        PlainProblem("warehouse.sql", "COPY with the client's data is not for statements", at: .named(place), remedy: "load the data with a pipeline or a seed")
    }
}
