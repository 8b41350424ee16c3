internal import Kernel
internal import Project

/// How many failing rows a test bears.
struct TestLimits {
    let warnIf: String
    let errorIf: String
    let isError: Bool

    init(_ config: NodeConfig) {
        warnIf = config["warn_if"]?.stringValue ?? "!= 0"
        errorIf = config["error_if"]?.stringValue ?? "!= 0"
        isError = (config["severity"]?.stringValue ?? "ERROR").uppercased() == "ERROR"
    }

    func judge(_ failures: Int, isAboveWarning: Bool, isAboveError: Bool) -> (NodeResult.Status, String) {
        let results = "Got \(failures) result\(failures == 1 ? "" : "s")"
        if isError, isAboveError { return (.fail, "\(results), configured to fail if \(errorIf)") }
        if isAboveWarning { return (.warn, "\(results), configured to warn if \(warnIf)") }
        return (.pass, "")
    }
}
