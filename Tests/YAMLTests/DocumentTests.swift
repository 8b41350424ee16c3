import Kernel
import Testing
@testable import YAML

@Suite struct DocumentTests {
    /// The document as JSON, maps by the texts of their keys.
    private func json(_ text: String) throws -> JSON {
        func json(_ node: Node) -> JSON {
            switch node.kind {
            case .scalar(let scalar): scalar.json
            case .sequence(let items): .array(items.map(json))
            case .mapping(let pairs): JSON(pairs.map { ($0.key.text ?? "", json($0.value)) })
            }
        }
        return json(try #require(try Document.read(text)))
    }
    private func error(_ text: String) -> YAMLError? {
        do { _ = try Document.read(text); return nil } catch { return error }
    }

    @Test func `a quoted scalar is text, and a tag has the last word`() throws {
        #expect(try json("a: '5'\nb: !!str 5\nc: !!int '5'\nd: >-\n  7\ne: |\n  x\n   y\nf: ! 5\n") == ["a": "5", "b": "5", "c": 5, "d": "7", "e": "x\n y\n", "f": "5"])
    }

    @Test func `a text of every kind is read, bytes beyond ASCII and escapes too`() throws {
        #expect(try json("{a: [1, -2.5, {b: ~}], 'ä': \"\\u00e9\\t\", c: no}") == ["a": [1, -2.5, ["b": .null]], "ä": "é\t", "c": false])
        #expect(try json("# only\n- x: 1\n  y:\n    - z\n-\n") == [["x": 1, "y": ["z"]], .null])
    }

    @Test func `nothing but comments is no document`() throws {
        for text in ["", "\n", "# a comment\n"] { #expect(try Document.read(text) == nil) }
    }

    @Test func `each value tells where it stands`() throws {
        let root = try #require(try Document.read("a: 1\nlist:\n  - x\n  - {b: y}\n"))
        guard case .mapping(let pairs) = root.kind, case .sequence(let items) = pairs[1].value.kind, case .mapping(let inner) = items[1].kind else { Issue.record("another shape"); return }
        #expect(pairs[1].key.mark == Mark(line: 2, column: 1) && items[0].mark == Mark(line: 3, column: 5) && inner[0].value.mark == Mark(line: 4, column: 9))
    }

    @Test func `an alias stands for the last value of its anchor`() throws {
        #expect(try json("a: &x [1]\nb: *x\nc: &x {d: 2}\ne: *x\n") == ["a": [1], "b": [1], "c": ["d": 2], "e": ["d": 2]])
        #expect(error("a: *none\n") == .syntax("found undefined alias", Mark(line: 1, column: 4)))
    }

    @Test func `what is no YAML tells its place`() throws {
        #expect(error("a: [1\nb: 2\n")?.mark.line == 2)
        #expect(error("a: 1\n b: 2\n") == .syntax("mapping values are not allowed in this context", Mark(line: 2, column: 3)))
        #expect(error("a: 1\nb\u{7}: 2\n") == .syntax("control characters are not allowed", Mark(line: 2, column: 2)))
        #expect(error("a: 1\n---\nb: 2\n") == .syntax("but found another document", Mark(line: 2, column: 1)))
        #expect(error("x: {a: 1, b: 2, a: 3, b: 4}\n") == .duplicateKeys(["a", "b"], Mark(line: 1, column: 5)))
    }

    @Test func `what is short to write and endless to read is refused`() throws {
        let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + (1...9).map { n in "a\(n): &a\(n) [" + Array(repeating: "*a\(n - 1)", count: 10).joined(separator: ", ") + "]\n" }.joined()
        #expect(error(bomb)?.summary.contains("aliases stand for more than") == true)
        let deep = (0..<2_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(error(deep)?.summary.contains("levels deep") == true)
        #expect(error(String(repeating: "[", count: 100_000)) != nil)
    }
}

@Suite struct RepeatedKeysTests {
    @Test func `keys that are there twice are found level by level, and the later place is theirs`() throws {
        var repeats = false
        let root = try #require(try Document.read("a: {x: 1, x: 2}\nb: &b {y: 1, y: 2, y: 3}\na: 3\nc: *b\nd:\n  <<: *b\n  z: 1\n  z: 2\n", repeats: &repeats))
        #expect(repeats)
        #expect(root.repeatedKeys.map { "\($0.key) \($0.mark.line):\($0.mark.column)" } == ["a 3:1", "x 1:11", "y 2:14", "y 2:20"])
    }

    @Test func `without one there is none`() throws {
        var repeats = false
        _ = try Document.read("a: {x: 1}\nb: {x: 2}\n", repeats: &repeats)
        #expect(!repeats)
    }
}
