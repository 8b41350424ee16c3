import FoundationEssentials
import Kernel
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"b":1,"a":[true,false,null],"c":{"d":"é\n\"x\""}}"#, "[]", "{}", "-12", "1.5", #""""#, "9223372036854775807",
        "123456789012345678901234567890", "[-9223372036854775809]",
    ])
    func `text survives reading and writing with its order of keys`(text: String) throws {
        #expect(try JSON(parsing: text).text() == text)
    }

    @Test(arguments: ["12345678901234567890", "-170141183460469231731687303715884105728", "9223372036854775807", "1.5", "-0.25"])
    func `a number survives the coders to the last digit`(text: String) throws {
        let number = try JSON(parsing: "{\"a\":[\(text)]}")
        #expect(try JSONDecoder().decode(JSON.self, from: JSONEncoder().encode(number)) == number)
    }

    @Test func `the digits of what no coder knows are kept as a text`() throws {
        let digits = String(repeating: "9", count: 60)
        #expect(try JSONDecoder().decode(JSON.self, from: JSONEncoder().encode(JSON.large(digits))) == .string(digits))
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "9", count: 4_301)) }
    }

    @Test(arguments: ["", "{", "[1,]", "01", "+1", "nul", "\"\u{1}\"", "{\"a\"}", "1 2", #""\u12"#, #""\u+0fc""#, #"{"a":1,}"#, "-", "1."])
    func `broken text is an error with its place`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test func `deep nesting is refused rather than exhausting the stack`() {
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
    }

    @Test func `escapes become the characters that they name`() throws {
        #expect(try JSON(parsing: #""\u00e9\ud83d\ude00\/\t""#) == .string("é😀/\t"))
    }

    @Test func `no bytes make the reader trap`() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array(#"{}[]",:\u0123456789eE+-.truefalsn "#.utf8) + [0xff, 0xc3, 0]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<24, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
            _ = try? JSON(parsing: bytes)
        }
    }
}
