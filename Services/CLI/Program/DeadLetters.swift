import ArgumentParser
import CLIEngine
import Contracts
import Kernel
import Runs

/// `sluice dead-letters`: tasks that no worker reported on.
struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List tasks that were given up, look at one, or offer it again.", subcommands: [List.self, Show.self, Requeue.self], defaultSubcommand: List.self)

    /// A number that is none is the reader's to mend, not the broker's.
    private static func named<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let refusal as Refusal where refusal.reason == .badRequest {
            throw PlainProblem("cli.unknown_dead_letter", refusal.message, at: .named("sluice dead-letters"), remedy: "sluice dead-letters lists them with their numbers")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The dead letters.")
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            let letters = try await Installation().withBroker { try await $0.inspect(.deadLetters) }.arrayValue ?? []
            if letters.isEmpty, !json { Terminal.say("no dead letters") }
            for letter in letters { Terminal.say(json ? letter.text() : DeadLetterText.line(letter)) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One dead letter, with the task as it was announced.")
        @Argument(help: "Its number.") var entry: UInt64

        func run() async throws {
            let letter = try await DeadLetters.named { try await Installation().withBroker { try await $0.inspect(.deadLetter, entry: entry) } }
            Terminal.say(letter.text(isPretty: true))
        }
    }

    struct Requeue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer a dead letter again.",
            discussion: "Its work is done and reported. A run that has failed for it stays failed: run it again from the step that failed.")
        @Argument(help: "Its number.") var entry: UInt64

        func run() async throws {
            try await DeadLetters.named { try await Installation().withBroker(needsPrograms: true) { try await $0.requeue(entry, by: "cli") } }
            Terminal.say("\(entry) is offered again")
        }
    }
}

/// `sluice readers`: who reads the log, and how far.
struct Readers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who reads the log durably and how far, or take one off the list.", subcommands: [List.self, Forget.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The readers, each with what it has yet to read.")
        func run() async throws {
            let readers = try await Installation().withBroker { try await $0.inspect(.readers) }.arrayValue ?? []
            if readers.isEmpty { Terminal.say("no readers") }
            for reader in readers { Terminal.say("  \(reader["name"]?.stringValue ?? "")  at \(reader["position"]?.intValue ?? 0), \(reader["behind"]?.intValue ?? 0) behind") }
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep nothing for a reader any more: for a program that is gone for good.")
        @Argument(help: "The reader's name.") var reader: String
        func run() async throws {
            try await Installation().withBroker { try await $0.forget(reader: reader) }
            Terminal.say("'\(reader)' is forgotten")
        }
    }
}
