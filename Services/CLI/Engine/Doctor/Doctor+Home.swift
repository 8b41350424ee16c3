import Bus
import Glibc
import Kernel
import Platform
import ServiceKit

extension Doctor {
    /// Below this the journal soon stops taking events; below ten times as much somebody should look.
    static let freeBytesMin = 100 << 20

    var homeChecks: [Check] { [{ folder + disk }, journal, { ports }] }

    private var folder: [Finding] {
        let home = settings.home
        let place = FileSystem.nearestExisting(home)
        let remedy = "let this user write there, or set SLUICE_HOME to another folder"
        guard Files.isWritable(place) else {
            return [Finding("folder", .fail, "\(place) is not writable", location: home, remedy: remedy, code: "cli.home", cause: .environment)]
        }
        guard (try? Files.list(place)) != nil else {
            return [Finding("folder", .fail, "\(place) is no folder that can be read", location: home, remedy: remedy, code: "cli.home", cause: .environment)]
        }
        return [Finding("folder", .ok, place == home ? "\(home) is writable" : "\(home) will be made")]
    }

    private var disk: [Finding] {
        guard let system = FileSystem(at: settings.home) else { return [] }
        var findings = [Finding("disk", .ok, "\(Self.size(system.freeBytes)) free")]
        if system.freeBytes < Self.freeBytesMin * 10 {
            findings[0].state = system.freeBytes < Self.freeBytesMin ? .fail : .warn
            findings[0].remedy = "free some space, or set SLUICE_HOME to a folder on another disk"
            findings[0].cause = .environment
        }
        if system.isNetwork {
            findings.append(Finding(
                "file system", .fail, "the home lies on a network file system (\(system.kind)), on which the journal is not safe", location: settings.home,
                remedy: "set SLUICE_HOME to a folder on a disk of this machine", code: "cli.network_file_system", cause: .environment))
        }
        return findings
    }

    static func size(_ bytes: Int) -> String {
        let tenths = bytes / ((1 << 30) / 10)
        return tenths >= 10 ? "\(tenths / 10).\(tenths % 10) GiB" : "\(bytes >> 20) MiB"
    }

    private var journal: Check {
        {
            guard settings.socketFolder != nil else { return [Finding("journal", .skipped, "with the broker of \(settings.bus.commands)")] }
            guard Files.exists("\(settings.home)/journal/journal.db") else { return [Finding("journal", .skipped, "none yet; the first start makes it")] }
            if case .up = state(of: "broker") { return [Finding("journal", .ok, "held by the running broker")] }
            return await sibling.examine("broker", ["home": .string(settings.home)], check: "journal")
        }
    }

    /// Only where nothing runs here: else they are taken by the programs themselves. Over TCP each program is a machine's or a
    /// container's own, with ports of its own.
    private var ports: [Finding] {
        guard settings.socketFolder != nil, !Settings.programs.contains(where: { if case .down = state(of: $0) { false } else { true } }) else { return [] }
        var wanted = settings.probePorts.map { (name: "the probe of \($0.program)", port: $0.port, variable: "SLUICE_PORT_BASE") }
        if let port = consolePort { wanted.append(("the console", port, "SLUICE_CONSOLE_PORT")) }
        guard !wanted.isEmpty else { return [] }
        let taken = wanted.filter { !Self.isFree($0.port) }
        guard let first = taken.first else { return [Finding("ports", .ok, "\(wanted.map { String($0.port) }.joined(separator: ", ")) are free")] }
        return [Finding(
            "ports", .fail, "port \(first.port), of \(first.name), is taken\(taken.count > 1 ? ", and \(taken.count - 1) more" : "")", location: "127.0.0.1:\(first.port)",
            remedy: "stop what listens there, or set \(first.variable) (0 takes free ports)", code: "cli.port_taken", cause: .environment)]
    }

    private var consolePort: Int? {
        if let text = settings.environment["SLUICE_CONSOLE_PORT"], !text.isEmpty { return Int(text).flatMap { $0 == 0 ? nil : $0 } }
        return settings.portBase == 0 ? nil : 8080
    }

    private static func isFree(_ port: Int) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }

    // MARK: Programs

    enum ProgramState { case up(isReady: Bool, words: String), down }

    func state(of instance: String) -> ProgramState {
        guard let file = try? JSON(parsing: Files.readAll("\(settings.runFolder)/\(instance).json")), let port = file["probe"]?.intValue,
            let answer = ProbeClient.get("/readyz", port: port)
        else { return .down }
        return .up(isReady: answer.status == 200, words: answer.body.split(separator: "\n").first.map(String.init) ?? "")
    }

    /// Of each program whether it is there, and how it does where it runs. That none runs is said once. Over TCP only those that have
    /// run on this home are asked: where the others are nobody knows here.
    var programChecks: [Check] {
        [{
            let replicas = ((try? Files.list(settings.runFolder)) ?? []).filter { $0.hasSuffix(".json") && $0 != "ports.json" }.map { String($0.dropLast(5)) }
            let own = settings.socketFolder == nil ? [] : Settings.programs
            let findings = (own + replicas.filter { !own.contains($0) }.sorted()).map(program)
            guard findings.contains(where: { $0.state != .skipped }) else {
                return [Finding("programs", .skipped, own.isEmpty ? "none is running on this home" : "none is running; sluice up starts them")]
            }
            return findings
        }]
    }

    private func program(_ instance: String) -> Finding {
        switch state(of: instance) {
        case .up(true, _): return Finding(instance, .ok, "running and ready")
        case .up(false, let words): return Finding(instance, .warn, "running, \(words)", remedy: "read \(settings.logFolder)/\(instance).log", cause: .environment)
        case .down:
            let path = "\(sibling.folder)/sluice-\(instance)"
            guard Files.exists(path) || !Settings.programs.contains(instance) else {
                return Finding(
                    instance, .fail, "the program is not there", location: path, remedy: "build it (swift build -c release), or put it beside the program sluice",
                    code: "cli.not_installed", cause: .environment)
            }
            return Finding(instance, .skipped, "not running")
        }
    }
}
