import Kernel
import Testing

@Suite struct SubstitutionTests {
    @Test(arguments: [
        ("a${X}b", "a1b"), ("${Y:-d}", "d"), ("${Y:-s/${X}/t}", "s/1/t"), ("$X ${", "$X ${"), ("${EMPTY:-d}", "d"), ("${EMPTY}", ""),
    ])
    func `references are filled`(text: String, expected: String) throws {
        #expect(try Substitution.expand(text, environment: ["X": "1", "EMPTY": ""]) == expected)
    }
    @Test func `a variable that is not set is named`() {
        #expect { try Substitution.expand("${TOKEN}", environment: [:]) } throws: { "\($0)".contains("TOKEN is not set") }
    }

    @Test func `a variable that is not set may be in a file that NAME_FILE names`() throws {
        func file(_ path: String) throws(PlainProblem) -> String {
            guard path == "/run/secrets/t" else { throw PlainProblem("x", "no file", remedy: "") }
            return "s3cret\n"
        }
        let environment = ["TOKEN": "", "TOKEN_FILE": "/run/secrets/t", "SET": "1", "SET_FILE": "/nowhere", "LOST_FILE": "/nowhere"]
        #expect(try Substitution.expand("a ${TOKEN} ${SET} ${TOKEN:-d}", environment: environment, file: file) == "a s3cret 1 s3cret")
        #expect(try Substitution.expand(["t": "${TOKEN}"], environment: environment, file: file) == ["t": "s3cret"])
        #expect(throws: PlainProblem.self) { try Substitution.expand("${LOST}", environment: environment, file: file) }
        #expect { try Substitution.expand("${NONE}", environment: environment, file: file) } throws: { "\($0)".contains("NONE_FILE") }
        // Without a reader of files there are none.
        #expect(throws: PlainProblem.self) { try Substitution.expand("${LOST}", environment: environment) }
    }

    @Test func `all variables that a value lacks are named at once`() {
        let value: JSON = ["page": "${PAGE}", "list": ["${TOKEN}", "${PAGE}"], "set": "${X}"]
        #expect { try Substitution.expand(value, environment: ["X": "1"]) } throws: {
            let summary = ($0 as? PlainProblem)?.summary ?? ""
            return summary == "the environment variable PAGE is not set; the environment variable TOKEN is not set"
        }
    }

    @Test func `the variables that a definition lacks are found without filling it`() {
        let value: JSON = ["a": "${ONE}/${TWO:-${THREE}}", "b": ["${FOUR:-4}", "${ONE}"], "c": "${FIVE} ${SET} ${EMPTY} ${EMPTY:-${SIX}}", "d": 7]
        #expect(Substitution.unset(in: value, environment: ["SET": "1", "EMPTY": "", "FIVE_FILE": "/x"]) == ["ONE", "THREE", "SIX"])
        #expect(Substitution.unset(in: value, environment: ["ONE": "1", "TWO": "2", "FIVE": "", "SET": "", "EMPTY": "e"]) == [])
    }
}
