import Kernel
import Testing
@testable import YAML

/// The right sides are what PyYAML 6.0.3 reads; dates stay text here.
@Suite struct PlainScalarTests {
    @Test(arguments: [
        ("0", 0), ("7", 7), ("-12", -12), ("+5", 5), ("1_000", 1000), ("0b101", 5), ("-0x1F", -31), ("017", 15), ("190:20:30", 685_230),
        ("9223372036854775807", .max), ("1_", 1), ("1__0", 10), ("0_7", 7), ("1:30", 90),
    ] as [(String, Int64)])
    func `whole numbers in every base are numbers`(_ text: String, _ number: Int64) { #expect(PlainScalar.value(text) == .integer(number)) }

    @Test(arguments: [
        ("9223372036854775808", "9223372036854775808"), ("-9223372036854775809", "-9223372036854775809"), ("+1_000_000_000_000_000_000_000", "1000000000000000000000"),
        ("0xffffffffffffffffffff", "1208925819614629174706175"), ("-0b1\(String(repeating: "0", count: 70))", "-1180591620717411303424"),
        ("0777777777777777777777777777", "2417851639229258349412351"),
    ])
    func `beyond 64 bits a whole number keeps its digits`(_ text: String, _ digits: String) { #expect(PlainScalar.value(text) == .large(digits)) }

    @Test func `the least number of 64 bits is no larger than they`() { #expect(PlainScalar.value("-9223372036854775808") == .integer(.min)) }

    @Test(arguments: [
        ("1.5", 1.5), ("1.", 1), (".5", 0.5), ("+1.5", 1.5), ("1.5e+3", 1500), ("1.5E-3", 0.0015), (".5e+2", 50), ("190:20:30.15", 685_230.15),
        ("20:30.5", 1230.5), (".inf", .infinity), ("-.INF", -.infinity),
    ] as [(String, Double)])
    func `a float needs its point, and an exponent its sign`(_ text: String, _ number: Double) { #expect(PlainScalar.value(text) == .double(number)) }

    @Test(arguments: [
        "08", "0o17", "01:30", "1:60", "-.5", "1e5", "1.5e3", "-.nan", "~x", "nULL", "yES", "y", "2024-01-31", "1.2.3", "+", ".", "..", "-x", "0x", "0b2",
        "_1", "12abc", "true ", "1.5e", "1.e", "--1", "0x-1", "-0b-1", "+-.5", "1:-30",
    ])
    func `what only resembles a number or a word is text`(_ text: String) { #expect(PlainScalar.value(text) == .string(text)) }

    @Test func `words of nothing, yes and no have three spellings`() {
        for text in ["", "~", "null", "Null", "NULL"] { #expect(PlainScalar.value(text) == .null) }
        for text in ["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] { #expect(PlainScalar.value(text) == .bool(true)) }
        for text in ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] { #expect(PlainScalar.value(text) == .bool(false)) }
        guard case .double(let nan) = PlainScalar.value(".nan") else { Issue.record("not a number"); return }
        #expect(nan.isNaN)
    }
}
