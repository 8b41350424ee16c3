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

    @Test(arguments: [("1e3", "1000"), ("15.00", "15"), ("1.5e1", "15"), ("-2.0", "-2")]) func `a whole number may be written with places`(text: String, whole: String) throws {
        #expect(try #require(SeedNumber(text)).whole == whole)
    }
}
