import FlyingSocks
import Glibc
import Kernel
import ServiceKit

/// Where the console listens.
struct ConsoleAddress {
    static let portDefault = 8080
    let host: String
    /// 0 lets the system choose.
    let port: Int
    let socket: sockaddr_in

    init(_ settings: Settings) throws {
        host = settings.environment["SLUICE_CONSOLE_HOST"].flatMap { $0.isEmpty ? nil : $0 } ?? "127.0.0.1"
        if let text = settings.environment["SLUICE_CONSOLE_PORT"], !text.isEmpty {
            guard let number = Int(text), (0...65_535).contains(number) else {
                throw PlainProblem(
                    "settings.console_port", "SLUICE_CONSOLE_PORT is '\(text)'", at: .named("SLUICE_CONSOLE_PORT"), remedy: "set a port from 1 to 65535, or 0 for a free one")
            }
            port = number
        } else {
            // Only the first replica has the known port.
            port = settings.portBase == 0 || settings.instance != settings.program ? 0 : Self.portDefault
        }
        do { socket = try .inet(ip4: host, port: UInt16(port)) } catch {
            throw PlainProblem(
                "settings.console_host", "SLUICE_CONSOLE_HOST is '\(host)', which is no IPv4 address", at: .named("SLUICE_CONSOLE_HOST"), remedy: "set 127.0.0.1, or 0.0.0.0 for every network")
        }
    }

    var isLoopback: Bool { host.hasPrefix("127.") }

    func taken(_ reason: String) -> PlainProblem {
        PlainProblem(
            "settings.console_taken", "the console cannot listen on \(host):\(port): \(reason)", at: .named("SLUICE_CONSOLE_PORT"),
            remedy: "stop the program that listens there, or set SLUICE_CONSOLE_PORT to another port (0 takes a free one)")
    }
}
