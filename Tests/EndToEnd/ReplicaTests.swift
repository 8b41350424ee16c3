import Contracts
import Foundation
import Harness
import Kernel
import Runs
import Support
import Testing

/// Replicas of transform and quality share one dbt project on PostgreSQL: 500 models with `deploy/test --long`, 60 otherwise.
@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed")) struct ReplicaTests {
    static let models = ProcessInfo.processInfo.environment["SLUICE_TEST_LONG"] == nil ? 60 : 500

    /// Layers of ten models; each sleeps in the database for as long as is asked for, each fifth has tests. Whatever is built leaves a
    /// line in `public.built`, in the transaction that builds it.
    static func project(in folder: String, models: Int, sleepSeconds: Double) throws {
        func write(_ text: String, _ path: String) throws {
            let file = "\(folder)/\(path)"
            try FileManager.default.createDirectory(atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        }
        try write(
            """
            name: replicas
            profile: replicas
            on-run-start: ["create table if not exists public.built (model text)"]
            on-run-end: ["create table public.ended as select {{ results | length }} as results"]
            models:
              +materialized: table
              +post-hook: ["insert into public.built values ('{{ this.identifier }}')"]
            """, "dbt_project.yml")
        for number in 0..<models {
            let parents = number < 10 ? [] : [number - 10, (number / 10 - 1) * 10 + (number * 7 + 3) % 10]
            let rows = parents.isEmpty
                ? "select n, n * \(number) as amount from generate_series(1, 50) as s (n)"
                : "select a.n, (a.amount + b.amount) % 9973 + \(number) as amount from {{ ref('m\(parents[0])') }} as a join {{ ref('m\(parents[1])') }} as b on a.n = b.n"
            // Once for the whole statement, not for each row.
            try write("with pause as materialized (select pg_sleep(\(sleepSeconds)))\n\(rows), pause\n", "models/m\(number).sql")
        }
        let tested = stride(from: 0, to: models, by: 5).map { "  - {name: m\($0), columns: [{name: n, data_tests: [unique, not_null]}]}" }
        try write("models:\n" + tested.joined(separator: "\n") + "\n", "models/schema.yml")
    }

    /// Runs the project by `replicas` of each role; how long from the plan's end to the close's, and the folder of its artifacts.
    private static func run(_ home: TestHome, replicas: Int, whilePlanned: () async throws -> Void = {}) async throws -> (RunState, seconds: Double, artifacts: String) {
        for program in ["broker", "orchestrator"] { try await home.start(program) }
        for number in 1...replicas {
            for role in ["transform", "quality"] { try await home.start(role, instance: "\(role)-\(number)") }
        }
        let run = try await home.request("replicas")
        try await home.until("the plan is made", seconds: 60) { try await home.state(of: run)?.tasks["build.open"]?.report != nil }
        try await whilePlanned()
        let state = try await home.finish(run, seconds: 240)
        #expect(state.end?.isSuccess == true, "\(state.end?.summary.summary ?? "")")
        let times = state.tasks.values.filter { ["node", "test"].contains($0.spec.kind) }.compactMap(\.report)
        let begin = try #require(times.map(\.startedAt).min()), end = try #require(times.map(\.finishedAt).max())
        let artifacts = try #require(state.tasks["build.close"]?.report?.details["artifacts"]?.stringValue)
        return (state, end - begin, artifacts)
    }

    private static func with(_ sleepSeconds: Double, _ body: @escaping @Sendable (TestHome, PostgresServer, String) async throws -> Void) async throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        try await TestHome.with(["REPLICAS_WAREHOUSE": server.address(database)], alone: true) { home in
            try home.write("name: replicas\nwarehouse: ${REPLICAS_WAREHOUSE}\nsteps:\n  - {name: build, dbt: build, project: dbt}\n", to: "pipelines/replicas/pipeline.yml")
            try project(in: "\(home.path)/pipelines/replicas/dbt", models: models, sleepSeconds: sleepSeconds)
            try await body(home, server, database)
        }
    }

    /// What must not depend on who ran it: by node, without times and names of databases.
    private static func results(_ folder: String, of database: String) throws -> [String: [String]] {
        let json = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: "\(folder)/run_results.json"))))
        var found: [String: [String]] = [:]
        for result in json["results"]?.arrayValue ?? [] {
            found[result["unique_id"]?.stringValue ?? ""] = ["status", "message", "failures", "adapter_response", "compiled", "compiled_code", "relation_name"].map {
                (result[$0] ?? .null).text().replacing("\\\"\(database)\\\".", with: "")
            }
        }
        return found
    }

    /// Every row of every model.
    private static func rows(_ server: PostgresServer, _ database: String) throws -> String {
        let query = (0..<models).map { "select \($0) as model, count(*), sum(n * amount), min(amount) from m\($0)" }.joined(separator: " union all ")
        return try server.psql(database, query + " order by 1")
    }

    @Test func `two replicas build each model once, to what one process builds, whatever is edited meanwhile`() async throws {
        try await Self.with(0) { home, server, database in
            let project = "\(home.path)/pipelines/replicas/dbt"
            let before = "\(home.path)/before"
            try FileManager.default.copyItem(atPath: project, toPath: before)
            let last = Self.models - 1
            let (state, _, artifacts) = try await Self.run(home, replicas: 2) {
                try "select 1 as n, 'edited' as amount".write(toFile: "\(project)/models/m\(last).sql", atomically: true, encoding: .utf8)
                try FileManager.default.removeItem(atPath: "\(project)/models/m\(last - 1).sql")
                try "select nonsense".write(toFile: "\(project)/models/added.sql", atomically: true, encoding: .utf8)
            }
            let workers = Set(state.tasks.values.compactMap { $0.report?.worker })
            #expect(workers.isSuperset(of: ["transform-1", "transform-2", "quality-1", "quality-2"]), "\(workers)")
            #expect(try server.psql(database, "select count(*), count(distinct model) from public.built") == "\(Self.models)|\(Self.models)\n")

            let alone = try server.makeDatabase()
            try """
                replicas:
                  target: dev
                  outputs:
                    dev: {type: postgres, host: 127.0.0.1, port: \(server.port), user: \(PostgresServer.user), pass: "{{ env_var('PG_PASSWORD') }}", dbname: \(alone), schema: public, threads: 1}
                """.write(toFile: "\(before)/profiles.yml", atomically: true, encoding: .utf8)
            let built = try await home.run("sluice-transform", ["dbt", "build", "--project-dir", before, "--profiles-dir", before], ["PG_PASSWORD": PostgresServer.password])
            #expect(built.status == 0, "\(built.output.suffix(2_000))")
            #expect(try Self.rows(server, database) == Self.rows(server, alone))
            let ours = try Self.results(artifacts, of: database), expected = try Self.results("\(before)/target", of: alone)
            #expect(expected.count == Self.models + Self.models / 5 * 2 + 2)
            for (id, result) in expected where ours[id] != result { Issue.record("\(id): \(ours[id] ?? []) instead of \(result)") }
            #expect(ours.count == expected.count)
            #expect(try server.psql(database, "select results from public.ended") == server.psql(alone, "select results from public.ended"))
        }
    }

    @Test func `where the database is what takes the time, two replicas need less than two thirds of it`() async throws {
        let sleepSeconds = 6.0 / Double(Self.models) * (Self.models > 60 ? 4 : 1)
        // The machine may be busy with something else meanwhile: the best of three tries counts.
        nonisolated(unsafe) var best = 0.0
        for _ in 0..<3 where best < 1.5 {
            nonisolated(unsafe) var seconds: [Double] = []
            for replicas in 1...2 {
                try await Self.with(sleepSeconds) { home, _, _ in
                    let time = try await Self.run(home, replicas: replicas).seconds
                    // Safe: one home after the other.
                    seconds.append(time)
                }
            }
            best = max(best, seconds[0] / seconds[1])
            print("\(Self.models) models of \(sleepSeconds) s each: one replica \(seconds[0]) s, two \(seconds[1]) s, \(seconds[0] / seconds[1]) times as fast")
        }
        #expect(best >= 1.5)
    }
}
