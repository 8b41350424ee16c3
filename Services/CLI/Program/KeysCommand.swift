import ArgumentParser
import Bus
import Kernel
import Platform
import ServiceKit

/// `sluice keys`: a key pair for each program, so that a bus over TCP knows who speaks.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make the key pairs of a bus over TCP, and the broker's allow-list.",
        discussion: """
            Makes what is missing and leaves what is there, so it may be run again. Each program is given its own .key file and \
            broker.pub, the broker the allow-list 'clients' too. A program's key is renewed by removing its file first. Programs that \
            share no disk, as containers do, have a folder each: --hand-out fills them.
            """)

    @Option(help: ArgumentHelp("Also make a key for a program of your own, which may ask for runs and follow them.", valueName: "name")) var client: [String] = []

    @Option(help: ArgumentHelp("Copy what each program needs into FOLDER/<program>; the command line's key lies with the broker's.", valueName: "folder"))
    var handOut: String?

    func run() throws {
        for name in client where !Name.isValid(name) { throw ValidationError("'\(name)' is no name: use lower-case letters, digits and _") }
        let folder = KeyFolder(try Settings(program: "sluice", environment: Environment.current(), needsKeys: false).keyFolder)
        let made = try folder.make(clients: client)
        if let handOut { try folder.handOut(to: Files.absolute(handOut)) }
        Terminal.say(made.isEmpty ? "all keys are there: \(folder.path)" : "made \(made.joined(separator: ", ")) in \(folder.path)")
    }
}
