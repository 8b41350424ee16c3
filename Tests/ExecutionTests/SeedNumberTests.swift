import Testing

@testable import Execution

/// Numbers of seeds as they are written.
@Suite struct SeedNumberTests {
    @Test(arguments: ["1e9223372036854775807", "1.5e-9223372036854775807", "-1e-9223372036854775807", "0.00e9223372036854775807", "1e1000000000000000000"])
    func `an exponent beyond those of Python's decimals makes no number`(text: String) { #expect(SeedNumber(text) == nil) }

    @Test(arguments: ["1e1000000000", "1.5e-999999999999999999", "0.00e999999999999999999"])
    func `a large exponent makes no whole number, but of nothing`(text: String) throws {
        #expect(try #require(SeedNumber(text)).whole == (text.hasPrefix("0") ? "0" : nil))
    }

    @Test(arguments: [
        ("5 %", "5"), ("€ 12.50", "12.50"), ("- 5", "-5"), ("$ -5", "-5"), ("-$5", "-5"), ("--5", "5"), ("-+5", "-5"), ("5$ ", "5"), ("$-5", "-5"), ("%5", "5"),
        ("1,234.5", "1234.5"), ("2020_01", "202001"), ("_7", "7"), ("1_e5", "1e5"), ("1e_5", "1e5"), ("5. ", "5"), ("１２", "12"), ("5\u{a0}%", "5"), ("+.5", "0.5"),
    ]) func `signs of money and of parts are left out, and what divides digits`(text: String, number: String) throws {
        #expect(try #require(SeedNumber(text)).text == number)
    }

    @Test(arguments: ["5 $ %", "- $ 5", "1 000", ". 5", "%%", "$", "_", "", "-", "1.2.3", "1e", "a5", "5a", "++5"])
    func `what Python's decimals do not read is no number`(text: String) { #expect(SeedNumber(text) == nil) }

    @Test(arguments: [("1e3", "1000"), ("15.00", "15"), ("1.5e1", "15"), ("-2.0", "-2")]) func `a whole number may be written with places`(text: String, whole: String) throws {
        #expect(try #require(SeedNumber(text)).whole == whole)
    }
}
