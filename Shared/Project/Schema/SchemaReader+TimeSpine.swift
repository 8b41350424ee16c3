internal import Kernel

extension SchemaReader {
    /// dbt's rules for a model that is a calendar: its columns are described, the standard one with a granularity.
    func checkTimeSpine(of entry: YAMLValue, _ name: String) -> Bool {
        guard let spine = entry["time_spine"], spine.isMap, let standard = spine["standard_granularity_column"]?.text else { return true }
        let columns = columns(ofLatest: entry)
        let names = PythonList.list(columns.map(\.name))
        func wrong(_ message: String, _ remedy: String) -> Bool {
            problems.add("project.bad_entry", message, at: spine.location, remedy: remedy)
            return false
        }
        guard let column = columns.first(where: { $0.name == standard }) else {
            let version = entry["latest_version"]?.isNull == false ? " for latest version" : ""
            return wrong(
                "Time spine standard granularity column must be defined on the model. Got invalid column name '\(standard)' for model '\(name)'. Valid names\(version): \(names).",
                "describe the column '\(standard)'")
        }
        guard let granularity = column.granularity, !granularity.isEmpty else {
            return wrong(
                "Time spine standard granularity column must have a granularity defined. Please add one for column '\(standard)' in model '\(name)'.", "add granularity: day to the column '\(standard)'")
        }
        let customs = (spine["custom_granularities"]?.items ?? []).compactMap { ($0["column_name"]?.text).flatMap { $0.isEmpty ? nil : $0 } ?? $0["name"]?.text }
        let missing = customs.filter { custom in !columns.contains { $0.name == custom } }
        guard missing.isEmpty else {
            return wrong(
                "Time spine custom granularity columns do not exist in the model. Columns not found: \(PythonList.list(missing)); Available columns: \(names)", "describe these columns")
        }
        for column in columns {
            guard let granularity = column.granularity, !SemanticWord.timeGranularity.words.contains(granularity.lowercased()) else { continue }
            return wrong("Invalid enum value: `\(granularity)` in enum TimeGranularity", "choose one of: \(SemanticWord.timeGranularity.words.joined(separator: ", "))")
        }
        return true
    }

    private func columns(ofLatest entry: YAMLValue) -> [Column] {
        guard let latest = entry["latest_version"]?.text, let version = entry["versions"]?.items.first(where: { $0["v"]?.text == latest }) else { return columns(of: entry) }
        return columns(of: version, from: entry, columns(of: entry)).0
    }
}
