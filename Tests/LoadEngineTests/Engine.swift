import Support
import Testing
import WarehouseKit
import WarehousePostgreSQL
import WarehouseSQLite

/// The engine that a test runs on. Tests write SQLite's names of relations, `raw__t`; a `Desk` knows the other engines'.
enum Engine: String, Sendable {
    case sqlite, postgresql
    @TaskLocal static var current = Engine.sqlite

    /// Those that are here. Without PostgreSQL its half is left out, as its own tests say.
    static let all: [Engine] = PostgresServer.isInstalled ? [.sqlite, .postgresql] : [.sqlite]
}

/// Runs each test of a suite once on every engine, and says on which one it failed.
struct EveryEngine: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func scopeProvider(for test: Test, testCase: Test.Case?) -> EveryEngine? { testCase == nil ? nil : self }

    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        for engine in Engine.all {
            // Recorded here, where it is known which engine it is.
            await Engine.$current.withValue(engine) { do { try await function() } catch { Issue.record(error) } }
        }
    }
}

extension Trait where Self == EveryEngine {
    static var everyEngine: EveryEngine { EveryEngine() }
}

extension Trait where Self == IssueHandlingTrait {
    static var namesEngine: IssueHandlingTrait {
        .compactMapIssues { issue in
            let words = "on \(Engine.current.rawValue)"
            guard !issue.comments.contains(where: { $0.rawValue == words }) else { return issue }
            var issue = issue
            issue.comments.append(Comment(rawValue: words))
            return issue
        }
    }
}
