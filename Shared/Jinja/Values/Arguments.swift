/// What a call passes.
public struct Arguments {
    public var positional: [Value]
    public var named: [(name: String, value: Value)]

    public init(_ positional: [Value] = [], named: [(name: String, value: Value)] = []) {
        self.positional = positional
        self.named = named
    }

    public subscript(_ name: String) -> Value? { named.first { $0.name == name }?.value }

    /// Sorts the arguments into the places of `names`, as a Python function of these parameters would. The first
    /// `required` must be given; an unknown, repeated or surplus argument fails.
    public func bound(_ function: String, required: Int = 0, _ names: String...) throws(JinjaError) -> [Value?] {
        guard positional.count <= names.count else {
            throw JinjaError(
                .type, "\(function)() takes at most \(names.count) arguments (\(positional.count) given)")
        }
        var places = [Value?](repeating: nil, count: names.count)
        for (index, value) in positional.enumerated() { places[index] = value }
        for (name, value) in named {
            guard let index = names.firstIndex(of: name) else {
                throw JinjaError(.type, "\(function)() got an unexpected keyword argument '\(name)'")
            }
            guard places[index] == nil else {
                throw JinjaError(.type, "\(function)() got multiple values for argument '\(name)'")
            }
            places[index] = value
        }
        for index in 0..<required where places[index] == nil {
            throw JinjaError(.type, "\(function)() missing required argument: '\(names[index])'")
        }
        return places
    }
}
