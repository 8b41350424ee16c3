internal import Kernel

/// What a target of `profiles.yml` has to look like, by the adapter.
enum ProfileShape {
    struct Fault {
        var message: String
        /// Of the adapter's own words.
        var isOfCredentials: Bool
    }

    static func fault(in output: YAMLValue) -> Fault? {
        guard let type = output["type"]?.string else { return Fault(message: "\(PythonText.representation(output["type"]?.json ?? .null)) is not of type 'string'", isOfCredentials: true) }
        guard type == "postgres" || type == "sqlite" else { return Fault(message: "Could not find adapter type \(type)!", isOfCredentials: true) }
        // These may be texts, as what comes from the environment is.
        func settled(_ key: String, _ value: JSON) -> JSON { ["port", "threads"].contains(key) ? value.stringValue.flatMap { Int($0) }.map { JSON($0) } ?? value : value }
        var values = JSONObject()
        for (written, value) in output.json.objectValue?.pairs ?? [] where written != "type" {
            let key = aliases[type]?[written] ?? written
            if key != written, output[key] != nil || values[key] != nil { return Fault(message: "Got duplicate keys: (\(written)) all map to \"\(key)\"", isOfCredentials: true) }
            values[key] = settled(key, value)
        }
        // A secret is not shown, whatever it is.
        if let password = values["password"], password.stringValue == nil { return Fault(message: "the password is not of type 'string'", isOfCredentials: true) }
        if let fault = shapes[type]?.fault(in: .object(values)) { return Fault(message: fault.message, isOfCredentials: true) }
        if let threads = values["threads"], let fault = Shape.whole.fault(in: threads) { return Fault(message: "at path ['threads']: \(fault.message)", isOfCredentials: false) }
        return nil
    }

    private static let aliases = ["postgres": ["dbname": "database", "pass": "password"]]
    private static let shapes: [String: Shape] = [
        "postgres": .object(
            [Shape.must("database", .text), Shape.must("schema", .text), Shape.must("host", .text), Shape.must("user", .text), Shape.must("port", .whole), Shape.must("password", .text), Shape.may("connect_timeout", .whole)]
                + Shape.texts("role", "search_path") + [Shape.may("keepalives_idle", .whole)] + Shape.texts("sslmode", "sslcert", "sslkey", "sslrootcert", "application_name")
                + Shape.truths("autocommit") + [Shape.may("retries", .whole)], isOpen: true)
    ]
}
