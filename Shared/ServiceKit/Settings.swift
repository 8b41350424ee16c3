public import Bus
import Glibc
import Kernel
import Platform
public import Wire

/// What every program reads from its environment and command line.
///
/// | variable | meaning | default |
/// |---|---|---|
/// | `SLUICE_HOME` | everything that a run leaves lies here | `.sluice` |
/// | `SLUICE_PORT_BASE` | the probes listen from +10 on; 0 takes free ports | 5560 |
/// | `SLUICE_BUS_COMMANDS`, `SLUICE_BUS_FEED` | the broker's endpoints | `ipc://` in `SLUICE_HOME/run` |
/// | `SLUICE_KEYS` | the folder of the bus's keys; a bus over TCP is encrypted where it holds one for this program | `SLUICE_HOME/keys` |
/// | `SLUICE_INSTANCE` | the replica's name: letters, digits, `-`, `_` and `.`; `auto` makes it of program and host | the program's |
/// | `SLUICE_PROBE_HOST` | the IPv4 address of the probes | 127.0.0.1 |
/// | `SLUICE_PROBE_PORT` | their port, whatever the base says | by the base |
/// | `SLUICE_SLOTS` | tasks that a worker does at once, 1 to 64 | 1 |
public struct Settings: Sendable {
    public let program: String
    public let home: String
    public let portBase: Int
    public let instance: String
    public let bus: BusEndpoints
    /// Tasks that a worker does at once.
    public let slots: Int
    private let givenProbePort: Int?
    /// The process's environment, with `SLUICE_HOME` made absolute.
    public let environment: [String: String]

    /// Where the keys of a bus over TCP lie.
    public let keyFolder: String

    /// - Parameter needsKeys: false for the command that makes them.
    public init(program: String, environment: [String: String], needsKeys: Bool = true) throws {
        self.program = program
        let home = Files.absolute(Self.filled(environment["SLUICE_HOME"]) ?? ".sluice")
        self.home = home
        self.environment = environment.merging(["SLUICE_HOME": home]) { _, new in new }
        portBase = try Self.number("SLUICE_PORT_BASE", environment, "a port from 1024 to 65000, or 0 for free ports") {
            $0 == 0 || (1024...65_000).contains($0)
        } ?? 5560
        slots = try Self.number("SLUICE_SLOTS", environment, "a number from 1 to 64") { (1...64).contains($0) } ?? 1
        givenProbePort = try Self.number("SLUICE_PROBE_PORT", environment, "a port up to 65535, or 0 for a free one") { (0...65_535).contains($0) }
        let name = Self.filled(environment["SLUICE_INSTANCE"]) ?? program
        instance = name == "auto" ? "\(program)-\(Self.hostName)" : name
        // It becomes the name of files: of the log, of the probe's port.
        guard instance.utf8.count <= 100, !instance.hasPrefix("."), instance.utf8.allSatisfy(Self.isFileNameByte) else {
            throw PlainProblem(
                "settings.instance", "SLUICE_INSTANCE is '\(instance)'", at: .named("SLUICE_INSTANCE"),
                remedy: "use letters, digits, -, _ and ., for example load-2")
        }
        let folder = Self.socketFolder(home: home)
        keyFolder = Self.filled(environment["SLUICE_KEYS"]).map { Files.absolute($0) } ?? "\(home)/keys"
        var bus = BusEndpoints(
            commands: Self.filled(environment["SLUICE_BUS_COMMANDS"]) ?? "ipc://\(folder)/commands",
            feed: Self.filled(environment["SLUICE_BUS_FEED"]) ?? "ipc://\(folder)/feed")
        if needsKeys, program != KeyFolder.broker, bus.commands.hasPrefix("tcp://") {
            // A folder that was named must hold the key; the default one may be empty, on a bus without keys.
            let keys = KeyFolder(keyFolder), name = program == "sluice" ? "cli" : program
            let isNamed = Self.filled(environment["SLUICE_KEYS"]) != nil, isThere = Files.exists(keys.file(of: name))
            guard isThere || !isNamed else {
                throw PlainProblem(
                    "keys.missing", "the bus has keys, and there is none of \(name) here", at: .file(keys.file(of: name)),
                    remedy: "make it with sluice keys\(program == "sluice" ? ", or speak from where it lies: among containers that is the broker's" : " and give it to this program")")
            }
            if isThere { bus.keys = try keys.client(name) }
        }
        self.bus = bus
    }

    /// The broker's own keys and its allow-list; nil for a bus without keys.
    public func brokerKeys() throws -> (own: CurveKeys, allowList: String, path: String)? {
        let keys = KeyFolder(keyFolder)
        guard bus.commands.hasPrefix("tcp://") || bus.feed.hasPrefix("tcp://") else { return nil }
        guard Self.filled(environment["SLUICE_KEYS"]) != nil || Files.exists(keys.file(of: KeyFolder.broker)) else { return nil }
        let path = "\(keyFolder)/\(KeyFolder.allowList)"
        return (try keys.pair(of: KeyFolder.broker), try Files.secret(path), path)
    }

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "host" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func number(_ name: String, _ environment: [String: String], _ remedy: String, _ isAllowed: (Int) -> Bool) throws -> Int? {
        guard let text = filled(environment[name]) else { return nil }
        guard let number = Int(text), isAllowed(number) else {
            throw PlainProblem("settings.number", "\(name) is '\(text)'", at: .named(name), remedy: "set \(remedy)")
        }
        return number
    }

    private static func isFileNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    /// A socket's path holds at most 107 bytes; a deeper home gets a short folder of its own below `/tmp`.
    private static func socketFolder(home: String) -> String {
        let folder = "\(home)/run"
        guard folder.utf8.count > 90 else { return folder }
        return "/tmp/sluice-\(getuid())-\(shortHash(home))"
    }

    /// The folder of the bus's sockets where it speaks `ipc://`; nil over TCP.
    public var socketFolder: String? {
        guard bus.commands.hasPrefix("ipc://") else { return nil }
        return String(bus.commands.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
    }

    public var runFolder: String { "\(home)/run" }
    public var logFolder: String { "\(home)/logs" }

    /// Makes what is not there of the home and of the folders that every program writes to.
    public func makeFolders() throws {
        // It holds raw data and reports: nobody else's business.
        try Files.createFolder(home, mode: 0o700)
        for folder in [runFolder, logFolder] { try Files.createFolder(folder) }
    }

    /// The programs in the order of their probe ports.
    public static let programs = ["broker", "orchestrator", "extract", "load", "transform", "quality", "notify", "console"]

    /// Where the probes of a local installation listen; empty where the system chooses the ports.
    public var probePorts: [(program: String, port: Int)] {
        portBase == 0 ? [] : Self.programs.enumerated().map { ($1, portBase + 10 + $0) }
    }

    /// 0 where the system shall choose: for free ports, and for every replica but the first.
    var probePort: Int {
        if let givenProbePort { return givenProbePort }
        guard portBase > 0, instance == program, let place = Self.programs.firstIndex(of: program) else { return 0 }
        return portBase + 10 + place
    }
}
