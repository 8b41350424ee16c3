import Testing
@testable import Compilation

/// Numbers of query results, as Python's `decimal` has them: the expected texts are Python's.
@Suite struct DecimalTests {
    @Test(arguments: [
        ("12.50", "+", "0.5", "13.00"), ("12.50", "-", "12.5", "0.00"), ("3.00", "*", "2", "6.00"), ("1", "/", "3", "0.3333333333333333333333333333"),
        ("10.00", "/", "4", "2.50"), ("2", "/", "3", "0.6666666666666666666666666667"), ("-7.5", "//", "2", "-3"), ("-7.5", "%", "2", "-1.5"),
        ("0.10", "*", "0.10", "0.0100"), ("12345678901234567890.5", "*", "98765432109876543210", "1.219326311370217952286846517E+39"), ("1", "/", "8", "0.125"),
        ("100", "/", "10", "10"), ("0.000001", "/", "10", "1E-7"), ("1e+20", "+", "1", "100000000000000000001"), ("5", "/", "0.0003", "16666.66666666666666666666667"),
        ("99999999999999999999999999999", "+", "1", "1.000000000000000000000000000E+29"), ("0", "/", "7.00", "0E+2"), ("-0.5", "+", "0.5", "0.0"),
    ])
    func `results have Python's digits`(_ left: String, _ operation: String, _ right: String, _ expected: String) throws {
        let (a, b) = (try #require(DecimalNumber(left)), try #require(DecimalNumber(right)))
        let result = switch operation {
        case "+": a + b
        case "-": a - b
        case "*": a * b
        case "/": a / b
        case "//": a.whole(by: b)?.quotient
        default: a.whole(by: b)?.rest
        }
        #expect(result?.text == expected)
    }

    @Test(arguments: [("2.345", 2, "2.34"), ("2.355", 2, "2.36"), ("0.5", 0, "0"), ("1.5", 0, "2"), ("12.5", 3, "12.500"), ("-2.675", 2, "-2.68"), ("0.004", 2, "0.00"), ("99.95", 1, "100.0")])
    func `a half is rounded to the even neighbour`(_ text: String, _ places: Int, _ expected: String) throws {
        #expect(try #require(DecimalNumber(text)).rounded(places: places).text == expected)
    }

    @Test func `what is no number is none, and nothing divides by zero`() throws {
        for text in ["", "-", ".", "1.2.3", "1e", "NaN", "infinity", "1 "] { #expect(DecimalNumber(text) == nil, "\(text)") }
        for text in ["1e-9223372036854775808", "1e9223372036854775807", "1e99999999999999999999", "1e-10001"] { #expect(DecimalNumber(text) == nil, "\(text)") }
        let one = DecimalNumber(1)
        for places in [.max, .min, 28, 1_000_000_000] { #expect(throws: (any Error).self) { try one.quantized(places: places) } }
        #expect(try one.quantized(places: 27).text == "1.000000000000000000000000000")
        #expect(one / DecimalNumber(0) == nil && one.whole(by: DecimalNumber(0)) == nil)
        #expect(try #require(DecimalNumber("1.50")).order(against: #require(DecimalNumber("1.5"))) == 0)
        #expect(try #require(DecimalNumber("-12345678901234567890.9")).integer == nil)
        #expect(try #require(DecimalNumber("-12.9")).integer == -12)
    }

    @Test(arguments: [("1234567.125", 3, "1,234,567.125"), ("2.5", 3, "2.500"), ("-1234.5", 1, "-1,234.5"), ("0.05", 2, "0.05"), ("999", 0, "999"), ("1000", 0, "1,000")])
    func `people read thousands apart`(_ text: String, _ places: Int, _ expected: String) throws {
        #expect(try #require(DecimalNumber(text)).grouped(places: places) == expected)
    }
}
