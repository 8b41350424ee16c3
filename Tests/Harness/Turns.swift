/// How many homes stand at one time.
///
/// Each is up to nine programs, and the machine may have two cores: with every test's programs side by side a deadline of three seconds
/// says how many tests there are, not how long a program takes.
actor Turns {
    static let shared = Turns(capacity: 4)

    private let capacity: Int
    private var taken = 0
    private var waiting: [(places: Int, turn: CheckedContinuation<Void, Never>)] = []

    init(capacity: Int) { self.capacity = capacity }

    /// - Parameter alone: with no other home beside it: for a test that measures time.
    func with<Value: Sendable>(alone: Bool, _ body: @Sendable () async throws -> Value) async rethrows -> Value {
        let places = alone ? capacity : 1
        await take(places)
        defer { leave(places) }
        return try await body()
    }

    /// First come, first served, so that one who wants all places gets them.
    private func take(_ places: Int) async {
        if waiting.isEmpty, taken + places <= capacity {
            taken += places
        } else {
            await withCheckedContinuation { waiting.append((places, $0)) }
        }
    }

    private func leave(_ places: Int) {
        taken -= places
        while let next = waiting.first, taken + next.places <= capacity {
            taken += next.places
            waiting.removeFirst()
            next.turn.resume()
        }
    }
}
