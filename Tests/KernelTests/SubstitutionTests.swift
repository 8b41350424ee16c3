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
    @Test func `all variables that a value lacks are named at once`() {
        let value: JSON = ["page": "${PAGE}", "list": ["${TOKEN}", "${PAGE}"], "set": "${X}"]
        #expect { try Substitution.expand(value, environment: ["X": "1"]) } throws: {
            let summary = ($0 as? PlainProblem)?.summary ?? ""
            return summary == "the environment variable PAGE is not set; the environment variable TOKEN is not set"
        }
    }
}
