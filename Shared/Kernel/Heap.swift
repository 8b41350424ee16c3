/// A binary heap: the least element first. Push and pop cost the logarithm of the count.
public struct Heap<Element: Comparable & Sendable>: Sendable {
    @usableFromInline var items: [Element] = []

    @inlinable public init() {}

    @inlinable public var first: Element? { items.first }
    @inlinable public var isEmpty: Bool { items.isEmpty }

    @inlinable public mutating func push(_ element: Element) {
        items.append(element)
        var place = items.count - 1
        while place > 0, items[place] < items[(place - 1) / 2] {
            items.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    @inlinable @discardableResult public mutating func pop() -> Element? {
        guard let least = items.first, let last = items.popLast() else { return nil }
        guard !items.isEmpty else { return least }
        items[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < items.count && items[child] < items[least] { least = child }
            guard least != place else { break }
            items.swapAt(place, least)
            place = least
        }
        return least
    }
}
