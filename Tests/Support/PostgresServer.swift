internal import Foundation

/// A PostgreSQL server of this test process: one cluster in a folder of its own, on a unix socket and a free port of loopback,
/// without syncs. It ends with the process, however that ends. Each test takes a database of its own.
public final class PostgresServer: Sendable {
    public static let isInstalled = programs != nil
    /// The one of this process, started at the first use.
    public static let shared: Swift.Result<PostgresServer, Failure> = {
        do { return .success(try PostgresServer()) } catch { return .failure(error as? Failure ?? Failure(description: "\(error)")) }
    }()

    public struct Failure: Error, CustomStringConvertible { public let description: String }

    /// Holds the socket, the server's log, its certificate.
    public let folder: String
    public let port: Int
    public static let user = "sluice"
    /// What `user` is asked for on loopback; on the socket everyone is trusted.
    public static let password = "planted p@ss/word?&"
    // Its input is held open: the watchdog ends the server when it closes.
    private let watchdog: Child

    /// Debian's newest: `/usr/lib/postgresql/15/bin`.
    private static let programs: String? = {
        let base = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).compactMap { Int($0) }.sorted()
        return versions.last { FileManager.default.isExecutableFile(atPath: "\(base)/\($0)/bin/postgres") }.map { "\(base)/\($0)/bin" }
    }()

    /// PostgreSQL refuses to run as root, so there it runs as the user that its package made. The watchdog traps what a terminal
    /// sends to all: it ends when its input does, takes the server down without ceremony and removes the folder.
    private static let script = """
        trap '' INT TERM HUP
        programs=$1 folder=$2 port=$3 user=$4
        as=(); [ "$(id -u)" != 0 ] || { chown postgres "$folder"; as=(setpriv --reuid postgres --regid postgres --clear-groups --); }
        cd "$folder"
        "${as[@]}" "$programs/initdb" -D data -U "$user" -A trust --pwfile password -E UTF8 --locale C.UTF-8 --no-sync >setup.log 2>&1 || exit
        printf 'local all all trust\\nhost all all 127.0.0.1/32 scram-sha-256\\n' >data/pg_hba.conf
        "${as[@]}" cp server.pem server.key data/ && chmod 600 data/server.key
        "${as[@]}" "$programs/postgres" -D data -k "$folder" -h 127.0.0.1 -p "$port" -c fsync=off -c synchronous_commit=off \\
          -c full_page_writes=off -c max_connections=200 -c shared_buffers=128MB -c max_wal_size=4GB -c ssl=on -c ssl_cert_file=server.pem \\
          -c ssl_key_file=server.key -c timezone=America/New_York >server.log 2>&1 </dev/null &
        server=$!
        cat >/dev/null
        kill -QUIT $server; wait $server
        cd /; rm -rf "$folder"
        """

    private init() throws {
        guard let programs = Self.programs else { throw Failure(description: "there is no PostgreSQL; deploy/setup --tests installs it") }
        folder = "/tmp/sluice-postgres-\(UInt32.random(in: 0 ... .max))"
        port = try Self.freePort()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.password.write(toFile: "\(folder)/password", atomically: true, encoding: .utf8)
        try Companion.makeCertificates(in: folder)
        _ = try Tool.run("sh", ["-c", "cd \(folder) && cp cert.pem server.pem && cp key.pem server.key && chmod 755 . && chmod 644 server.key password"])
        // In a session of its own: whoever ends the test's whole process group must not end the tidying up.
        watchdog = try Child(
            "setsid", ["--wait", "/bin/bash", "-c", Self.script, "postgres-watchdog", programs, folder, "\(port)", Self.user], input: .pipe, errors: nil,
            secondsMax: nil)
        let deadline = Date().addingTimeInterval(60)
        while try Tool.run("sh", ["-c", "\(programs)/pg_isready -q -h \(folder) -p \(port) && echo yes || true"]) != "yes\n" {
            guard watchdog.isRunning, Date() < deadline else { throw Failure(description: "PostgreSQL does not start: \(log)") }
            usleep(20_000)
        }
    }

    private static func freePort() throws -> Int {
        let server = try LocalServer(script: "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)")
        return server.port
    }

    private var log: String {
        ["setup.log", "server.log"].map { (try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)) ?? "" }.joined(separator: "\n")
    }

    /// An address on the socket. `parameters` begin with `&`.
    public func address(_ database: String, _ parameters: String = "") -> String {
        "postgresql:///\(database)?host=\(folder)&port=\(port)&user=\(Self.user)\(parameters)"
    }

    /// A new, empty database.
    public func makeDatabase() throws -> String {
        let name = "test_\(UInt64.random(in: 0 ... .max))"
        try psql("postgres", "create database \(name) template template0")
        return name
    }

    /// Runs SQL through `psql`, a client that is not ours, and returns the rows with `|` between columns.
    @discardableResult public func psql(_ database: String, _ sql: String, as user: String = PostgresServer.user) throws -> String {
        let output = try Tool.run(
            "sh", ["-c", "psql -X -q -A -t -v ON_ERROR_STOP=1 -h \(folder) -p \(port) -U \(user) -d \(database) 2>&1 || echo FAILED"], input: sql)
        guard !output.hasSuffix("FAILED\n") else { throw Failure(description: output) }
        return output
    }
}
