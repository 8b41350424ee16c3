internal import Compilation
internal import Project
internal import WarehouseKit

/// What templates and the server have to say while a node is worked on, on whichever thread; whoever owns the log tells it.
enum DbtMessage: Sendable {
    case logged(String)
    case unpinned(String)
    case warned(String)
    case noticed(String)
    case printed(String)
    case deprecated(event: String, text: String)
    case sent(sql: String, Node?)

    /// Lets a compiler and its session say what they have to say to `listener`.
    static func connect(
        _ compiler: Compiler, _ session: any WarehouseSession, _ judge: DbtWarnings.Judge, tellsStatements: Bool, to listener: @escaping (DbtMessage) -> Void
    ) {
        compiler.onMessage = { listener(.logged($0)) }
        compiler.onUnpinned = { listener(.unpinned($0)) }
        compiler.onWarning = { listener(.warned($0)) }
        compiler.onPrint = { listener(.printed($0)) }
        compiler.onDeprecation = { listener(.deprecated(event: $0, text: try judge.deprecation($1, $0))) }
        compiler.onOverride = { listener(.deprecated(event: DbtWarnings.Judge.overrideEvent, text: try judge.override(of: $1, by: $0))) }
        if tellsStatements { compiler.onStatement = { listener(.sent(sql: $0, $1)) } }
        session.onNotice = { if $0.hasPrefix("WARNING") { listener(.noticed($0)) } }
    }
}
