internal import Jinja

/// The ways to choose of lists, in the order of Python's `itertools`. Python makes them one by one; here all are made at once, so that
/// their values together are bounded.
struct Choices {
    let itemsMax: Int
    init(_ itemsMax: Int) { self.itemsMax = itemsMax }

    /// - Parameter count: as a double, which has no bound that matters.
    private func check(_ count: Double, of length: Int) throws {
        guard count * Double(max(1, length)) <= Double(itemsMax) else { throw JinjaError(.limit, "more than \(itemsMax) items") }
    }

    func product(_ lists: [[Value]], _ repeats: Int) throws -> [[Value]] {
        guard Double(lists.count) * Double(repeats) <= Double(itemsMax) else { throw JinjaError(.arithmetic, "repeat argument too large") }
        let pools = lists.isEmpty ? [] : Array(repeating: lists, count: repeats).flatMap { $0 }
        guard !pools.contains(where: \.isEmpty) else { return [] }
        try check(pools.reduce(1.0) { $0 * Double($1.count) }, of: pools.count)
        var places = Array(repeating: 0, count: pools.count)
        var found: [[Value]] = []
        while true {
            found.append(zip(pools, places).map { $0[$1] })
            guard let last = places.indices.last(where: { places[$0] + 1 < pools[$0].count }) else { return found }
            places[last] += 1
            for place in places.indices.dropFirst(last + 1) { places[place] = 0 }
        }
    }

    func permutations(_ items: [Value], _ length: Int) throws -> [[Value]] {
        let count = items.count
        guard length <= count else { return [] }
        try check((0..<length).reduce(1.0) { $0 * Double(count - $1) }, of: length)
        var places = Array(0..<count)
        // How many are left to come to each place.
        var left = (0..<length).map { count - $0 }
        var found = [Array(items.prefix(length))]
        var place = length - 1
        while place >= 0 {
            left[place] -= 1
            if left[place] == 0 {
                places.append(places.remove(at: place))
                left[place] = count - place
                place -= 1
            } else {
                places.swapAt(place, count - left[place])
                found.append(places.prefix(length).map { items[$0] })
                place = length - 1
            }
        }
        return found
    }

    func combinations(_ items: [Value], _ length: Int) throws -> [[Value]] {
        let count = items.count
        guard length <= count else { return [] }
        try check(Self.binomial(count, length), of: length)
        var places = Array(0..<length)
        var found = [places.map { items[$0] }]
        while let last = places.indices.last(where: { places[$0] != $0 + count - length }) {
            places[last] += 1
            for place in places.indices.dropFirst(last + 1) { places[place] = places[place - 1] + 1 }
            found.append(places.map { items[$0] })
        }
        return found
    }

    func combinationsWithReplacement(_ items: [Value], _ length: Int) throws -> [[Value]] {
        guard !items.isEmpty || length == 0 else { return [] }
        guard length <= itemsMax else { throw JinjaError(.limit, "more than \(itemsMax) items") }
        try check(items.isEmpty ? 1 : Self.binomial(items.count + length - 1, length), of: length)
        var places = Array(repeating: 0, count: length)
        var found = [places.map { items[$0] }]
        while let last = places.indices.last(where: { places[$0] != items.count - 1 }) {
            let next = places[last] + 1
            for place in places.indices.dropFirst(last) { places[place] = next }
            found.append(places.map { items[$0] })
        }
        return found
    }

    /// In how many ways so many can be chosen; infinite beyond what a double holds.
    private static func binomial(_ count: Int, _ length: Int) -> Double {
        (0..<min(length, count - length)).reduce(1.0) { $0 * Double(count - $1) / Double($1 + 1) }
    }
}
