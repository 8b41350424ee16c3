import ArgumentParser
import CLIEngine
import Kernel
import Platform
import ServiceKit

/// `sluice doctor [PIPELINE…]`: what lacks, before the first run.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check every connection and permission that the pipelines need, and say what to do.",
        discussion: "Runs nothing and changes nothing. Ends with 0 where nothing failed, 2 where settings are wrong, 3 where something cannot be reached.")

    @Argument(help: "The pipelines to look at; all without a name.") var pipeline: [String] = []
    @Option(help: "The folder of <name>/pipeline.yml.") var pipelines = Environment.current()["SLUICE_PIPELINES"] ?? "pipelines"
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        let installation = try Installation()
        let doctor = Doctor(folder: installation.folder, settings: installation.settings, pipelinesFolder: pipelines)
        let sections = await doctor.examine(pipeline) { done, all in
            if Terminal.isInteractive { Terminal.show(done == all ? "" : "  \(done) of \(all) checks") }
        }
        let log = Log(name: "doctor", environment: installation.settings.environment)
        Terminal.say(log.redact(json ? DoctorText.json(sections).text(isPretty: true) : DoctorText(isColoured: Terminal.isColoured).report(sections)))
        let status = Doctor.status(of: sections)
        if status != 0 { throw ExitCode(status) }
    }
}
