internal import Contracts
internal import Kernel
internal import Landing
internal import Platform
internal import WarehouseKit

/// One file into one table, in this process, by the steps of a pipeline's stream: landed, loaded with books and ledger, sealed.
///
/// - The same bytes are the same window of an `append`: a script that runs twice leaves the rows once. Two loads of one table at
///   a time may overtake one another; the one that was overtaken fails and says so, and doing it again is safe.
/// - It needs no broker and moves no pipeline's cursor.
struct FileLoad {
    /// No pipeline has a name with a `-`.
    static let pipeline = "sluice-load"

    let loader: Loader
    let store: LandingStore
    let warehouse: any Warehouse
    let now: @Sendable () -> Timestamp

    func run(_ command: LoadCommand) throws -> TaskReport {
        let startedAt = now()
        // Before the file is copied: a password that is refused is found at once.
        var arguments = StreamArguments(
            stream: command.table, config: command.config, warehouse: command.warehouse, schema: command.schema ?? warehouse.defaultSchema,
            pool: nil, generation: 0, cursorToken: 0)
        let relation = "\(arguments.schema).\(arguments.stream)"
        (arguments.generation, arguments.cursorToken) = try {
            let ledger = try Ledger(on: warehouse.open())
            return (try ledger.newestToken(of: relation) + 1, try ledger.cursor(pipeline: Self.pipeline, stream: arguments.stream).token)
        }()
        let run = RunID("\(Self.pipeline)@\(startedAt.description.filter { $0 != "-" && $0 != ":" })-\(Entropy.hex(4))")
        let task: TaskID = "load"
        var attempt = try store.attempt(run: run, task: task, pipeline: Self.pipeline, stream: arguments.stream, date: startedAt)
        do {
            if let window = command.window {
                try attempt.land(file: command.file.path, format: command.file.format, window: window, source: command.file.name)
            } else {
                try attempt.land(contentOf: command.file.path, format: command.file.format, source: command.file.name)
            }
        } catch {
            attempt.discard()
            throw error
        }
        let path = attempt.manifestPath
        let manifest = try attempt.seal(cursor: .null)
        let header = manifest.batches.first?.header ?? []
        do {
            try command.file.check(header)
        } catch {
            store.remove(manifest, at: path)
            throw error
        }

        func perform(_ kind: String, _ id: TaskID) throws -> TaskReport {
            var args = arguments.json
            args["manifest"] = .string(path)
            args["ordinal"] = 0
            let spec = TaskSpec(id: id, step: "load", role: .load, kind: kind, title: arguments.stream, args: args)
            let report = try loader.load(
                Assignment(
                    run: run, pipeline: Self.pipeline, spec: spec, attempt: 1, logicalDate: startedAt, isFullRefresh: false, token: arguments.generation,
                    worker: Self.pipeline)
            ).report
            guard report.details["superseded"] != true else { throw Self.overtaken(relation) }
            return report
        }
        var report: TaskReport
        do {
            report = try perform("load_batch", "load")
        } catch {
            // What no warehouse knows needs no copy. Where that cannot be asked, the copy stays.
            if let isLoaded = try? Ledger(on: warehouse.open()).stored(run: run, task: "load") != nil, !isLoaded { store.remove(manifest, at: path) }
            throw error
        }
        let seal = try perform("seal", "seal")
        let notes = [Self.unknownColumns(command, header)].compactMap(\.self) + [report, seal].flatMap { report in
            ["notes", "warnings"].flatMap { report.details[$0]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        }
        report.details["notes"] = .array(notes.map(JSON.string))
        return report
    }

    /// A type for a column that is not there does nothing. In lines of JSON it may be one that no record has this time.
    private static func unknownColumns(_ command: LoadCommand, _ header: [String]) -> String? {
        let names = ColumnNames.canonical(header)
        let unknown = (command.config["types"]?.objectValue?.keys ?? []).filter { !names.contains($0) }
        return unknown.isEmpty ? nil : "there is no column '\(unknown.sorted().joined(separator: "', '"))' for --type; the columns are: \(names.joined(separator: ", "))"
    }

    private static func overtaken(_ relation: String) -> PlainProblem {
        PlainProblem(
            "load.overtaken", "another load has written \(relation) meanwhile", at: .named(relation),
            remedy: "load the file again; it takes its own place, so nothing is there twice")
    }
}
