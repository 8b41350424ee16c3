import Harness
import Testing

@Suite struct InitTests {
    @Test func `what a file of settings names is made once, and found the second time`() async throws {
        try await TestHome.with { home in
            try home.write("export SLUICE_HOME='\(home.path)/made' # where\nSLUICE_PIPELINES=\"\(TestHome.repository)/deploy/pipelines\"\n", to: "settings.env")
            // The environment goes before the file, so the harness's own home is left out of it.
            let words = ["--env-file", "\(home.path)/settings.env", "init"]
            let first = try await home.run("sluice", words, ["SLUICE_HOME": "", "SLUICE_PIPELINES": ""])
            #expect(first.status == 0 && first.output.contains("made   \(home.path)/made/journal/journal.db"), "\(first)")
            #expect(first.output.contains("valid  \(TestHome.repository)/deploy/pipelines/karaoke_social/pipeline.yml"), "\(first)")
            let second = try await home.run("sluice", words, ["SLUICE_HOME": "", "SLUICE_PIPELINES": ""])
            #expect(second.status == 0 && second.output.contains("nothing to do: all was there") && !second.output.contains("made "), "\(second)")
            // Raw data and reports are nobody else's business; what somebody has opened by hand is told and left.
            #expect(try await home.run("/usr/bin/stat", ["-c", "%a", "\(home.path)/made"]).output == "700\n" && !second.output.contains("chmod"))
            #expect(try await home.run("/bin/chmod", ["755", "\(home.path)/made"]).status == 0)
            let opened = try await home.run("sluice", words, ["SLUICE_HOME": "", "SLUICE_PIPELINES": ""])
            #expect(opened.status == 0 && opened.output.contains("chmod 700 \(home.path)/made"), "\(opened)")
            #expect(try await home.run("/usr/bin/stat", ["-c", "%a", "\(home.path)/made"]).output == "755\n")
        }
    }

    @Test func `over TCP the journal is left to the broker, and its folder too`() async throws {
        try await TestHome.with { home in
            let bus = ["SLUICE_HOME": "\(home.path)/made", "SLUICE_BUS_COMMANDS": "tcp://127.0.0.1:1", "SLUICE_BUS_FEED": "tcp://127.0.0.1:2"]
            let answer = try await home.run("sluice", ["init"], bus)
            #expect(answer.status == 0 && answer.output.contains("left   the journal to the broker of tcp://127.0.0.1:1"), "\(answer)")
            #expect(try await home.run("/bin/ls", ["\(home.path)/made"]).output == "logs\nprojects\nraw\nrun\nwarehouse\n")
        }
    }

    @Test func `a file of settings with a mistake is one error with its place and without its value`() async throws {
        try await TestHome.with { home in
            try home.write("A=1\nFB_ACCESS_TOKEN 's3cret\n", to: "settings.env")
            let answer = try await home.run("sluice", ["--env-file", "\(home.path)/settings.env", "init"])
            #expect(answer.status == 2 && answer.output.contains("settings.env:2") && !answer.output.contains("s3cret"), "\(answer)")
            #expect(try await home.run("sluice", ["--env-file", "\(home.path)/nowhere.env", "init"]).status == 2)
        }
    }

    @Test func `each definition with a mistake is told before anything runs`() async throws {
        try await TestHome.with { home in
            try home.write("name: a\nstepz: []\n", to: "pipelines/a/pipeline.yml")
            try home.write("name: b\nsteps: 5\n", to: "pipelines/b/pipeline.yml")
            let answer = try await home.run("sluice", ["init", "--pipelines", "\(home.path)/pipelines"])
            #expect(answer.status == 2 && answer.output.contains("a/pipeline.yml:") && answer.output.contains("b/pipeline.yml:"), "\(answer)")
        }
    }
}
