internal import Jinja
internal import Kernel
internal import Project
internal import WarehouseKit

/// What is being rendered now, and what that has brought to light so far.
final class Frame {
    enum Mode { case parse, execute }
    let node: Node?
    let package: String
    let mode: Mode
    var capture = Capture()
    /// Ephemeral models that the text refers to, in order.
    var ephemerals: [String] = []
    /// Results by name, for `load_result`.
    var results: [String: Value] = [:]
    /// Names that only this text sees, for example a hook's `results`.
    var variables: [String: Value] = [:]

    init(_ node: Node?, package: String, mode: Mode) {
        self.node = node
        self.package = package
        self.mode = mode
    }
}
