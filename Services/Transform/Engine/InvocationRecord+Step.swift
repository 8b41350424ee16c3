internal import Execution
internal import Kernel
internal import WarehouseKit

extension InvocationRecord {
    /// - Parameter args: what a pipeline's step says: `command`, `target`, `vars`, `schema`, `full_refresh`.
    init(of args: JSON, id: String, startedAt: Timestamp, on warehouse: any Warehouse) {
        self.init(
            id: id, startedAt: startedAt, command: args["command"]?.stringValue ?? "build", isFullRefresh: args["full_refresh"]?.boolValue ?? false,
            vars: args["vars"]?.objectValue ?? JSONObject(), targetName: args["target"]?.stringValue ?? "sluice",
            targetType: type(of: warehouse).adapter, schema: args["schema"]?.stringValue ?? warehouse.defaultSchema, environment: [:])
    }
}
