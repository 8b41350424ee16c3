/// The variable `loop`.
final class LoopObject: JinjaObject {
    private var iterator: ValueIterator
    private let loop: Statement.ForLoop
    private let scope: Scope
    private let depth: Int
    private var index0 = -1
    private var current: Value?
    private var before: Value?
    /// An item fetched early, for `last` and `nextitem`.
    private var after: Value?
    private var length: Int?
    private var lastChanged: [Value]?

    init(_ iterator: ValueIterator, _ loop: Statement.ForLoop, _ scope: Scope, depth: Int) {
        self.iterator = iterator
        self.loop = loop
        self.scope = scope
        self.depth = depth
        length = iterator.count
    }

    func advance() throws(JinjaError) -> Value? {
        guard let item = try peek() else { return nil }
        after = nil
        index0 += 1
        before = current
        current = item
        return item
    }

    private func peek() throws(JinjaError) -> Value? {
        if after == nil { after = try iterator.next() }
        return after
    }

    private func fullLength() throws(JinjaError) -> Int {
        if let length { return length }
        var rest: [Value] = []
        while let item = try iterator.next() { rest.append(item) }
        iterator = ValueIterator(rest)
        let total = rest.count + index0 + 1 + (after == nil ? 0 : 1)
        length = total
        return total
    }

    var typeName: String { "LoopContext" }
    var isCallable: Bool { true }
    func isTrue() throws -> Bool { try fullLength() > 0 }
    func text(_ interpreter: Interpreter) throws -> String { "<LoopContext \(index0 + 1)/\(try fullLength())>" }

    func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        switch name {
        case "index": .int(index0 + 1)
        case "index0": .int(index0)
        case "first": .bool(index0 == 0)
        case "last": .bool(try peek() == nil)
        case "length": .int(try fullLength())
        case "revindex": .int(try fullLength() - index0)
        case "revindex0": .int(try fullLength() - index0 - 1)
        case "depth": .int(depth + 1)
        case "depth0": .int(depth)
        case "previtem": before ?? interpreter.undefined(message: "there is no previous item")
        case "nextitem": try peek() ?? interpreter.undefined(message: "there is no next item")
        case "cycle": .function("cycle") { arguments, _ in try self.cycle(arguments) }
        case "changed": .function("changed") { arguments, interpreter in try self.changed(arguments, interpreter) }
        default: nil
        }
    }

    private func cycle(_ arguments: Arguments) throws(JinjaError) -> Value {
        guard !arguments.positional.isEmpty else { throw JinjaError(.type, "no items for cycling given") }
        return arguments.positional[index0 % arguments.positional.count]
    }

    private func changed(_ arguments: Arguments, _ interpreter: Interpreter) throws(JinjaError) -> Value {
        let values = arguments.positional
        if let lastChanged, try interpreter.equal(.tuple(lastChanged), .tuple(values)) { return .bool(false) }
        lastChanged = values
        return .bool(true)
    }

    func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
        guard loop.isRecursive else {
            throw JinjaError(.type, "the loop must have the 'recursive' marker to be called recursively")
        }
        guard let iterable = try arguments.bound("loop", required: 1, "iterable")[0] else { return .none }
        try interpreter.enter()
        defer { interpreter.depth -= 1 }
        return .string(
            try interpreter.capture { () throws(JinjaError) in
                try interpreter.runLoop(loop, over: iterable, scope, depth: depth + 1)
            })
    }
}
