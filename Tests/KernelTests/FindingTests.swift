import Kernel
import Testing

@Suite struct FindingTests {
    @Test func `a finding survives its line of JSON`() {
        let finding = Finding("page 1", .fail, "no", location: "GET x", remedy: "ask", code: "extract.refused", cause: .environment)
        #expect(Finding(finding.json) == finding)
        #expect(Finding(["check": "x", "state": "sideways"]) == nil && Finding("text") == nil)
    }

    @Test func `what may pass is the environment's, what waits for a person the settings'`() {
        func cause(_ response: ProblemResponse) -> Finding.Cause { Finding("x", failed: PlainProblem("a.b", "no", remedy: "", response: response)).cause }
        #expect(cause(.retry(afterSeconds: nil)) == .environment && cause(.stop) == .settings)
        #expect(Finding("x", failed: PlainProblem("a.b", "no", remedy: ""), cause: .environment).cause == .environment)
    }

    @Test func `each mistake of a list is a finding with its place`() {
        let list = ProblemList([PlainProblem("a.b", "one", at: .file("f", line: 2), remedy: ""), PlainProblem("a.b", "two", at: .file("f", line: 3), remedy: "")])
        #expect(Finding.failures("definition", list).map { "\($0.summary) \($0.location)" } == ["one f:2", "two f:3"])
    }
}
