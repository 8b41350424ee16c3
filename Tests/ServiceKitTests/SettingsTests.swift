import Glibc
import Kernel
import Platform
@testable import ServiceKit
import Support
import Testing

@Suite struct SettingsTests {
    func settings(_ environment: [String: String], program: String = "load") throws -> Settings { try Settings(program: program, environment: environment) }

    @Test func `an empty environment gives the defaults`() throws {
        let settings = try settings([:])
        let home = Files.absolute(".sluice")
        #expect(settings.home == home)
        #expect(settings.environment["SLUICE_HOME"] == home)
        #expect(settings.portBase == 5560 && settings.probePort == 5573)
        #expect(settings.instance == "load" && settings.slots == 1)
        // An empty variable is one that is not set.
        #expect(try self.settings(["SLUICE_HOME": "", "SLUICE_PORT_BASE": "", "SLUICE_INSTANCE": "", "SLUICE_SLOTS": ""]).probePort == 5573)
    }

    @Test func `the bus is in the home, and a home too deep for a socket's path gets a short folder`() throws {
        let near = try settings(["SLUICE_HOME": "/srv/sluice"])
        #expect(near.bus.commands == "ipc:///srv/sluice/run/commands" && near.bus.feed == "ipc:///srv/sluice/run/feed")
        #expect(near.socketFolder == "/srv/sluice/run")
        let deep = "/srv/" + String(repeating: "x", count: 100)
        let far = try settings(["SLUICE_HOME": deep])
        #expect(far.bus.commands.utf8.count < 107 && far.bus.commands.hasPrefix("ipc:///tmp/sluice-\(getuid())-"))
        #expect(try settings(["SLUICE_HOME": deep + "/"]).bus == far.bus)
        #expect(try settings(["SLUICE_HOME": deep + "y"]).bus != far.bus)
        #expect(try settings(["SLUICE_BUS_COMMANDS": "tcp://10.0.0.1:5560"]).socketFolder == nil)
    }

    @Test(arguments: [
        ("SLUICE_PORT_BASE", "high"), ("SLUICE_PORT_BASE", "80"), ("SLUICE_PORT_BASE", "65001"), ("SLUICE_PORT_BASE", "-1"),
        ("SLUICE_SLOTS", "0"), ("SLUICE_SLOTS", "65"), ("SLUICE_SLOTS", "two"), ("SLUICE_PROBE_PORT", "70000"), ("SLUICE_PROBE_PORT", "-1"),
        ("SLUICE_INSTANCE", "../load"), ("SLUICE_INSTANCE", ".load"), ("SLUICE_INSTANCE", "a b"),
    ])
    func `a setting that cannot be is a problem that names it`(name: String, value: String) {
        #expect { try settings([name: value]) } throws: { error in
            guard let problem = error as? PlainProblem else { return false }
            return problem.summary == "\(name) is '\(value)'" && problem.location.description == name && !problem.remedy.isEmpty
        }
    }

    @Test func `each program has its probe's port and each further replica takes a free one`() throws {
        let ports = try Settings.programs.map { try settings([:], program: $0).probePort }
        #expect(ports == Array(5570..<5570 + ports.count))
        #expect(try settings(["SLUICE_INSTANCE": "load-2"]).probePort == 0)
        #expect(try settings(["SLUICE_PORT_BASE": "0"]).probePort == 0)
        #expect(try settings(["SLUICE_INSTANCE": "load-2", "SLUICE_PROBE_PORT": "9000"]).probePort == 9000)
    }
}

@Suite struct LogTests {
    @Test func `the values of secret variables are blotted out, the longer one first`() {
        let log = Log(name: "load", environment: [
            "API_TOKEN": "abcdef", "my_password": "abcdefgh", "PATH": "/usr/bin", "KEY_SECRET_FILE": "/run/secrets/key", "SHORT_TOKEN": "ab",
        ])
        #expect(log.redact("with abcdefgh and abcdef in /run/secrets/key, /usr/bin, ab") == "with ••• and ••• in /run/secrets/key, /usr/bin, ab")
    }

    @Test func `a secret that is mounted as a file is blotted out too`() throws {
        let folder = try TemporaryFolder("log")
        let path = try folder.write("mounted-secret\n", to: "token")
        let log = Log(name: "extract", environment: ["FB_ACCESS_TOKEN_FILE": path, "LOG_FILE": path, "OTHER_TOKEN_FILE": "/nowhere"])
        #expect(log.redact("it is mounted-secret in \(path)") == "it is ••• in \(path)")
    }
}

@Suite struct CrashPointsTests {
    @Test(arguments: [":", ":3", "a:b", "a:0", "a:-1", "a:1:2"])
    func `a point that is none is refused`(text: String) {
        #expect(throws: PlainProblem.self) { try CrashPoints(environment: ["SLUICE_CRASH_AT": text, "SLUICE_TEST": "1"], runFolder: "/tmp") }
    }

    @Test func `outside a test a point is refused with the way out`() throws {
        #expect { try CrashPoints(environment: ["SLUICE_CRASH_AT": "load.before_complete"], runFolder: "/tmp") } throws: { "\($0)".contains("unset it") }
        _ = try CrashPoints(environment: ["SLUICE_CRASH_AT": ""], runFolder: "/tmp")
    }

    /// A child process passes points until it is killed or has passed them all.
    /// - Returns: the points passed and survived; nil where it ended otherwise than expected.
    private func survive(_ setting: String, _ points: [String], _ folder: String) throws -> Int? {
        let crash = try CrashPoints(environment: ["SLUICE_CRASH_AT": setting, "SLUICE_TEST": "1"], runFolder: folder)
        let counts = UnsafeMutablePointer<Int>(OpaquePointer(mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)!))
        defer { munmap(counts, 4096) }
        counts.pointee = 0
        let child = try #require(forked {
            for point in points {
                crash.reach(point)
                counts.pointee += 1
            }
        })
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        guard signal == SIGKILL || status == 0, (signal == 0) == (counts.pointee == points.count) else { return nil }
        return counts.pointee
    }

    /// `fork` is not for Swift to call by name, for most of what follows is forbidden in the child. This child does next to nothing.
    private func forked(_ body: () -> Void) -> Int32? {
        typealias Fork = @convention(c) () -> Int32
        guard let symbol = dlsym(nil, "fork") else { return nil }
        let child = unsafeBitCast(symbol, to: Fork.self)()
        if child == 0 {
            body()
            _exit(0)
        }
        return child > 0 ? child : nil
    }

    @Test func `a point kills at its time and only once for each home`() throws {
        let folder = try TemporaryFolder("crash")
        let points = ["load.a", "load.b", "load.a", "load.a", "load.b"]
        #expect(try survive("load.a:2", points, folder.path) == 2)
        #expect(String(decoding: try folder.read("crashed"), as: UTF8.self) == "load.a")
        #expect(try survive("load.a:2", points, folder.path) == points.count)
        let other = try TemporaryFolder("crash")
        #expect(try survive("load.b", points, other.path) == 1)
        #expect(try survive("load.none", points, try TemporaryFolder("crash").path) == points.count)
    }
}
