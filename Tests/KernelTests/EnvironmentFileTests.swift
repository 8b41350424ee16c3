import Kernel
import Testing

@Suite struct EnvironmentFileTests {
    @Test(arguments: [
        ("A=1", "1"), ("A = 1 ", "1"), ("export A=1", "1"), ("export\tA=1", "1"), ("A=", ""), ("A=  # nothing", ""), ("A=x # why", "x"), ("A=x#y", "x#y"),
        ("A=b=c==", "b=c=="), ("A='x # \\n \"y\"'", "x # \\n \"y\""), ("A=\"x # y\"", "x # y"), ("A=\"l\\nm\\t\\\"q\\\" \\\\ \\$ \\d\"", "l\nm\t\"q\" \\ $ \\d"),
        ("A=\"two\nlines\"", "two\nlines"), ("A=1\nA=2", "2"), ("\u{feff}A=1", "1"), ("\r\n# c\r\n  A=1 2\r\n", "1 2"), ("A='' # empty", ""), ("A=${B}", "${B}"),
        ("export=1\nA=2", "2"), ("A=ünï", "ünï"),
    ])
    func `a value is read as people mean it`(_ text: String, _ value: String) throws {
        #expect(try EnvironmentFile.parse(text, file: ".env")["A"] == value)
    }

    @Test(arguments: [
        ("A=1\nnonsense s3cret\n", ".env:2"), ("A=1\n\n1B=s3cret", ".env:3"), ("=s3cret", ".env:1"), ("B='s3cret", ".env:1"), ("A=\"x\ny\"\nB=\"s3\" cret", ".env:3"),
        ("export\nA=s3cret", ".env:1"), ("A-B=s3cret", ".env:1"),
    ])
    func `a line that is none is named by its place and never shown`(_ text: String, _ place: String) {
        #expect { try EnvironmentFile.parse(text, file: ".env") } throws: { error in
            "\(error)".contains(place) && !"\(error)".contains("s3")
        }
    }

    @Test func `a later quoted value counts its lines`() throws {
        #expect(try EnvironmentFile.parse("K='a\nb\nc'\nL=2", file: ".env") == ["K": "a\nb\nc", "L": "2"])
    }
}
