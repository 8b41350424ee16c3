import Markup
import Testing

@Suite struct LayeredLayoutTests {
    @Test func `a box stands one column behind the last of those before it, and shortcuts are left out`() {
        // 0 → 1 → 2, and 0 → 2 past the middle one.
        let layout = LayeredLayout(before: [[], [0], [0, 1]])
        #expect(layout.places.map(\.column) == [0, 1, 2])
        #expect(layout.places.map(\.before) == [[], [0], [1]])
    }

    @Test func `a column is in the order of what its boxes hang on`() {
        let layout = LayeredLayout(before: [[], [], [1], [0]])
        #expect(layout.places.map(\.row) == [0, 1, 1, 0])
    }

    @Test func `a circle ends, and an empty graph is a picture too`() {
        #expect(LayeredLayout(before: [[1], [0]]).places.count == 2)
        #expect(LayeredPicture(LayeredLayout(before: [])).svg(label: "\"") { _ in "" }.text.contains("aria-label=\"&quot;\""))
    }
}
