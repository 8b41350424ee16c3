public import Kernel
import Platform

/// A rule's options with their references filled, over the variables that stand in for what it leaves out.
///
/// Read anew for each message, so that a mounted secret that has been changed is seen.
public struct ChannelSettings: Sendable {
    private let options: JSON
    private let environment: [String: String]

    /// - Throws: where the rule has an option that the channel does not know.
    public init(_ options: JSON, known: [String], of channel: String, environment: [String: String]) throws(PlainProblem) {
        try Self.refuse(options, beyond: known, of: channel)
        self.options = options
        self.environment = environment
    }

    static func refuse(_ options: JSON, beyond known: [String], of channel: String) throws(PlainProblem) {
        for name in options.objectValue?.keys ?? [] where !known.contains(name) {
            throw PlainProblem(
                "notify.unknown_option", "the channel '\(channel)' has no option '\(name)'", at: .named(name),
                remedy: known.isEmpty ? "leave it out" : "it knows \(known.joined(separator: ", "))")
        }
    }

    /// The option, else the variable; nil where neither has a value.
    public func text(_ option: String, _ variable: String) throws(PlainProblem) -> String? {
        guard let value = options[option], !value.isNull else { return try filled("${\(variable):-}") }
        guard let text = value.stringValue ?? value.intValue.map(String.init) ?? value.doubleValue.map({ "\($0)" }) else {
            throw PlainProblem("notify.bad_option", "the option '\(option)' is no text", at: .named(option), remedy: "write one word or number")
        }
        return try filled(text)
    }

    private func filled(_ text: String) throws(PlainProblem) -> String? {
        let filled = try Substitution.expand(text, environment: environment, file: Files.secret)
        return filled.isEmpty ? nil : filled
    }

    public func required(_ option: String, _ variable: String) throws(PlainProblem) -> String {
        guard let text = try text(option, variable) else {
            throw PlainProblem(
                "notify.missing_setting", "\(variable) is not set, and the rule has no '\(option)'", at: .named(variable),
                remedy: "set \(variable), or \(variable)_FILE to a file that holds it, in the environment of sluice-notify and start it again")
        }
        return text
    }

    /// A list in the rule, or one text with commas.
    public func list(_ option: String, _ variable: String) throws(PlainProblem) -> [String] {
        var texts: [String] = []
        if let values = options[option]?.arrayValue {
            for value in values { texts += [try filled(value.stringValue ?? "")].compactMap(\.self) }
        } else if let text = try text(option, variable) {
            texts = [text]
        }
        return texts.flatMap { $0.split(separator: ",").map { String($0.drop { $0 == " " }) } }.filter { !$0.isEmpty }
    }

    /// Seconds from 1 to 120.
    public func seconds(_ option: String, _ variable: String, default value: Double) throws(PlainProblem) -> Double {
        guard let text = try text(option, variable) else { return value }
        guard let seconds = Double(text), (1...120).contains(seconds) else {
            throw PlainProblem("notify.bad_option", "'\(option)' is no number of seconds from 1 to 120", at: .named(option), remedy: "write 20")
        }
        return seconds
    }
}
