public import Kernel
internal import Project

/// `run_results.json` in dbt's shape, version 6.
public struct RunResults {
    private let results: [NodeResult]
    private let metadata: JSON
    private let arguments: JSON
    private let seconds: Double

    public init(
        _ results: [NodeResult], invocationID: String, generatedAt: Timestamp, startedAt: Timestamp, command: String, arguments: JSON = [:], environment: JSONObject = JSONObject()
    ) {
        self.results = results
        metadata = [
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "dbt_version": .string(ManifestWriter.dbtVersion),
            "generated_at": .string(generatedAt.description), "invocation_id": .string(invocationID), "env": .object(environment),
            "invocation_started_at": .string(startedAt.description),
        ]
        var arguments = arguments
        arguments["which"] = .string(command)
        if arguments["invocation_command"] == nil { arguments["invocation_command"] = .string("dbt \(command)") }
        self.arguments = arguments
        seconds = generatedAt - startedAt
    }

    /// The file in pieces: each result as a value takes many times the memory of its text.
    func write(_ take: ([UInt8]) throws -> Void) rethrows {
        var bytes = Array("{\"metadata\":".utf8)
        metadata.write(to: &bytes)
        bytes += ",\"results\":[".utf8
        for (index, result) in results.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            result.json.write(to: &bytes)
            guard bytes.count >= 65_536 else { continue }
            try take(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        bytes += "],\"elapsed_time\":".utf8
        JSON.double(seconds).write(to: &bytes)
        bytes += ",\"args\":".utf8
        arguments.write(to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        try take(bytes)
    }
}
