internal import Kernel

/// `dbt init NAME`: a folder with a project that builds. Without a name, or with one that is none, it asks.
struct DbtInit {
    let arguments: DbtArguments
    let log: DbtLog
    /// What is answered; nil where nobody answers any more.
    let ask: (_ question: String) -> String?

    func run() throws -> Int32 {
        var name = arguments.words.first ?? ""
        while !Self.isName(name) {
            if !name.isEmpty { log("\(name) is not a valid project name.") }
            guard let answer = ask("Enter a name for your project (letters, digits, underscore): ") else {
                throw DbtArguments.wrong("init has no name for the project", "write init and a name of letters, digits and underscores")
            }
            name = answer
        }
        let folder = arguments.value("project-dir").map { "\($0)/\(name)" } ?? name
        guard !DbtFiles.exists(folder) else {
            log("A project called \(name) already exists here.")
            return 0
        }
        for (path, text) in Self.files(name, DbtFiles.absolute(folder)) { try DbtFiles.write(text, to: "\(folder)/\(path)") }
        for path in ["analyses", "macros", "seeds", "snapshots", "tests"] { try DbtFiles.write("", to: "\(folder)/\(path)/.gitkeep") }
        log("Your new dbt project \"\(name)\" was created!")
        if !arguments.flag("skip-profile-setup") { log("It has a profiles.yml for SQLite in the same folder; change it for another warehouse.") }
        return 0
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) } && !(0x30...0x39).contains(name.utf8.first ?? 0)
            && !["dbt", "dbt_sqlite", "dbt_postgres"].contains(name)
    }

    private static func files(_ name: String, _ folder: String) -> [(String, String)] {
        [
            (".gitignore", "target/\ndbt_packages/\nlogs/\n*.db\n"),
            ("README.md", "# \(name)\n\nBuild it with `sluice dbt build`.\n"),
            (
                "dbt_project.yml",
                """
                name: \(name)
                version: 1.0.0
                profile: \(name)
                model-paths: [models]
                analysis-paths: [analyses]
                test-paths: [tests]
                seed-paths: [seeds]
                macro-paths: [macros]
                snapshot-paths: [snapshots]
                clean-targets: [target, dbt_packages]
                models:
                  \(name):
                    example:
                      +materialized: view

                """
            ),
            (
                "profiles.yml",
                """
                \(name):
                  target: dev
                  outputs:
                    dev: {type: sqlite, threads: 1, database: \(name), schema: main, schemas_and_paths: {main: "\(folder)/\(name).db"}, schema_directory: "\(folder)/schemas"}

                """
            ),
            ("models/example/first.sql", "{{ config(materialized='table') }}\n\nselect 1 as id\nunion all\nselect 2 as id\n"),
            ("models/example/second.sql", "select *\nfrom {{ ref('first') }}\nwhere id = 1\n"),
            (
                "models/example/schema.yml",
                """
                models:
                  - name: first
                    description: two rows to start from
                    columns:
                      - {name: id, description: the key, data_tests: [unique, not_null]}
                  - name: second
                    description: the first of them
                    columns:
                      - {name: id, description: the key, data_tests: [unique, not_null]}

                """
            ),
        ]
    }
}
