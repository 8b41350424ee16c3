import ArgumentParser
import Kernel
import Pipelines
import Platform

/// `sluice validate`: the mistakes of a definition, before anything runs.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check pipeline.yml files and files of routes, and print every mistake with its line.",
        discussion: """
            Of a folder every <name>/pipeline.yml in it is checked, and what they say together: chains without an end, names that nobody has. Whether \
            each notify rule leads to somebody is said by sluice-notify, which links the channels.
            """)
    @Argument(help: "The files, or a folder of <name>/pipeline.yml.") var files: [String]

    func run() throws {
        let files = try files.flatMap { path -> [String] in
            guard Files.isFolder(path) else { return [path] }
            let folder = try PipelineFolder(path)
            guard DefinitionsText.tell(of: folder) == 0 else { throw ExitCode(2) }
            guard !folder.definitions.isEmpty else {
                throw PlainProblem("cli.no_pipelines", "the folder holds no <name>/pipeline.yml", at: .file(path), remedy: "name the folder of pipelines, or one file")
            }
            return folder.definitions.map(\.path)
        }
        for file in files {
            switch try PipelineReader.definition(file) {
            case .pipeline(let pipeline): Terminal.say("\(file): \(pipeline.name), steps \(pipeline.steps.map(\.name).joined(separator: ", "))")
            case .routes(let routes): Terminal.say("\(file): \(routes.count) \(routes.count == 1 ? "route" : "routes")")
            }
        }
        try Installation().become("sluice-notify", ["check"] + files)
    }
}
