internal import Kernel

/// What no line, log file or record of a command's arguments may show: values of variables whose names say that they are secret.
/// https://docs.getdbt.com/reference/dbt-jinja-functions/env_var#secrets
struct DbtSecrets {
    /// Longest first, as one may be part of another.
    private let values: [String]

    init(environment: [String: String], vars: JSONObject) {
        func isSecret(_ name: String) -> Bool { name.hasPrefix("DBT_ENV_SECRET") }
        let ours = environment.filter { isSecret($0.key) }.map(\.value)
        let said = vars.pairs.filter { isSecret($0.key) }.compactMap { $0.value.stringValue ?? $0.value.text() }
        values = (ours + said).filter { !$0.allSatisfy(\.isWhitespace) }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    func masked(_ text: String) -> String { values.reduce(text) { $0.replacing($1, with: "*****") } }

    func masked(_ json: JSON) -> JSON {
        guard !values.isEmpty else { return json }
        return switch json {
        case .string(let text): .string(masked(text))
        case .array(let items): .array(items.map(masked))
        case .object(let object): .object(JSONObject(distinct: object.pairs.map { ($0.key, masked($0.value)) }))
        default: json
        }
    }
}
