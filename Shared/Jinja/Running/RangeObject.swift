/// `range(…)`: numbers that are not stored.
final class RangeObject: JinjaObject {
    private let start: Int
    private let stop: Int
    private let step: Int
    private let length: Int

    /// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`
    static func range(_ arguments: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> any JinjaObject {
        guard arguments.named.isEmpty else { throw JinjaError(.type, "range() takes no keyword arguments") }
        var numbers: [BigInt] = []
        for value in arguments.positional {
            guard let number = value.wholeNumber else {
                if case .undefined(let undefined) = value { throw undefined.failure }
                throw JinjaError(.type, "'\(value.typeName)' object cannot be interpreted as an integer")
            }
            numbers.append(number)
        }
        guard (1...3).contains(numbers.count) else { throw JinjaError(.type, "range expected 1 to 3 arguments, got \(numbers.count)") }
        if numbers.count == 1 { numbers.insert(0, at: 0) }
        if numbers.count == 2 { numbers.append(1) }
        guard !numbers[2].isZero else { throw JinjaError(.value, "range() arg 3 must not be zero") }
        let far = FarRangeObject(numbers[0], numbers[1], numbers[2])
        guard let most = interpreter.environment.limits.rangeMax else { return RangeObject(numbers) ?? far }
        guard far.length.small != nil else { throw FarRangeObject.tooLong }
        guard far.length <= BigInt(most) else {
            throw JinjaError(.arithmetic, "Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(most)).")
        }
        return RangeObject(numbers) ?? far
    }

    /// nil where a number or the distance between two needs more than 64 bits.
    private init?(_ numbers: [BigInt]) {
        guard let start = numbers[0].small, let stop = numbers[1].small, let step = numbers[2].small else { return nil }
        let (distance, overflow) = step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
        guard !overflow, step != .min, distance < .max / 2 else { return nil }
        self.start = start
        self.stop = stop
        self.step = step
        length = distance <= 0 ? 0 : (distance - 1) / abs(step) + 1
    }

    /// A part of it is a range too.
    func slice(_ span: (start: Int, end: Int, step: Int)) -> any JinjaObject {
        func place(_ index: Int) -> BigInt { BigInt(start) + BigInt(index) * BigInt(step) }
        let numbers = [place(span.start), place(span.end), BigInt(step) * BigInt(span.step)]
        return RangeObject(numbers) ?? FarRangeObject(numbers[0], numbers[1], numbers[2])
    }

    var typeName: String { "range" }
    var isSequence: Bool { true }
    var count: Int? { length }

    func text(_ interpreter: Interpreter) throws -> String {
        step == 1 ? "range(\(start), \(stop))" : "range(\(start), \(stop), \(step))"
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "start": .int(start)
        case "stop": .int(stop)
        case "step": .int(step)
        case "count":
            .function("count") { arguments, _ in
                let value = try arguments.bound("count", required: 1, "value")[0] ?? .none
                return .int(try self.contains(value) == true ? 1 : 0)
            }
        case "index":
            .function("index") { arguments, _ in
                let value = try arguments.bound("index", required: 1, "value")[0] ?? .none
                guard let number = value.asInt, self.holds(number) else { throw JinjaError(.value, "value is not in range") }
                return .int((number - self.start) / self.step)
            }
        default: nil
        }
    }

    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        guard let index = key.asInt else { return nil }
        let place = index < 0 ? index + length : index
        return place >= 0 && place < length ? .int(start + place * step) : nil
    }

    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? {
        var index = 0
        return ValueIterator(count: length) {
            guard index < self.length else { return nil }
            defer { index += 1 }
            return .int(self.start + index * self.step)
        }
    }

    func contains(_ value: Value) throws -> Bool? {
        guard case .double(let double) = value else {
            guard let number = value.asInt else { return false }
            return holds(number)
        }
        return Int(exactly: double).map(holds) ?? false
    }

    private func holds(_ number: Int) -> Bool {
        guard length > 0 else { return false }
        let last = start + (length - 1) * step
        guard number >= min(start, last), number <= max(start, last) else { return false }
        return (number - start) % step == 0
    }

    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let range = object as? RangeObject else { return false }
        return length == range.length && (length == 0 || start == range.start && (length == 1 || step == range.step))
    }

    func hash(into hasher: inout Hasher) { hasher.combine(length) }
}

/// A range that reaches beyond 64 bits.
final class FarRangeObject: JinjaObject {
    private let start: BigInt
    private let stop: BigInt
    private let step: BigInt
    let length: BigInt

    init(_ start: BigInt, _ stop: BigInt, _ step: BigInt) {
        (self.start, self.stop, self.step) = (start, stop, step)
        let distance = step.sign == .plus ? stop - start : start - stop
        length = distance.sign == .minus || distance.isZero ? 0 : (distance - 1).quotientAndRemainder(dividingBy: BigInt(step.magnitude)).quotient + 1
    }

    static var tooLong: JinjaError { JinjaError(.arithmetic, "Python int too large to convert to C ssize_t") }

    var typeName: String { "range" }
    var isSequence: Bool { true }
    var count: Int? { length.small }
    func isTrue() throws -> Bool { !length.isZero }

    func text(_ interpreter: Interpreter) throws -> String {
        let parts = try (step == 1 ? [start, stop] : [start, stop, step]).map { try interpreter.text(of: BigInteger.value($0)) }
        return "range(\(parts.joined(separator: ", ")))"
    }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "start": try BigInteger.value(start)
        case "stop": try BigInteger.value(stop)
        case "step": try BigInteger.value(step)
        default: nil
        }
    }

    func item(_ key: Value, _ interpreter: Interpreter) throws -> Value? {
        guard let index = key.wholeNumber else { return nil }
        let place = index.sign == .minus ? index + length : index
        return place.sign == .plus && place < length ? try BigInteger.value(start + place * step) : nil
    }

    func iterator(_ interpreter: Interpreter) throws -> ValueIterator? {
        var index = BigInt(0)
        return ValueIterator(count: count) {
            guard index < self.length else { return nil }
            defer { index = index + 1 }
            return try BigInteger.value(self.start + index * self.step)
        }
    }

    func isEqual(to other: Value) -> Bool {
        guard case .object(let object) = other, let range = object as? FarRangeObject else { return false }
        return length == range.length && (length.isZero || start == range.start && (length == 1 || step == range.step))
    }
    func hash(into hasher: inout Hasher) { hasher.combine(length) }

    func contains(_ value: Value) throws -> Bool? {
        guard let number = value.wholeNumber ?? value.asDouble.flatMap({ $0 == $0.rounded() ? BigInteger.number(of: $0) : nil }) else { return false }
        let (place, rest) = (number - start).quotientAndRemainder(dividingBy: step)
        return rest.isZero && place.sign == .plus && place < length
    }
}
