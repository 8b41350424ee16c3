/// A value that holds other values by reference.
///
/// A template can nest lists a million deep (`set x = [x]` in a loop). Freed by recursion they would exhaust the
/// stack, so whatever holds values frees what is below it one after the other, with `release`.
public class ContainerValue {
    init() {}

    /// Moves the values it holds to the end of `items`.
    func giveUp(to items: inout [Value]) {}

    /// For `deinit`: frees what the container held.
    func releaseItems() {
        var items: [Value] = []
        giveUp(to: &items)
        guard !items.isEmpty else { return }
        var pending: [ContainerValue] = []
        Self.move(&items, to: &pending)
        while !pending.isEmpty {
            // One that somebody else holds as well lives on, with all it holds.
            if isKnownUniquelyReferenced(&pending[pending.count - 1]) {
                pending[pending.count - 1].giveUp(to: &items)
                pending.removeLast()
                Self.move(&items, to: &pending)
            } else {
                pending.removeLast()
            }
        }
    }

    /// Empties `items`, so that `pending` holds the last reference to what nobody else holds.
    private static func move(_ items: inout [Value], to pending: inout [ContainerValue]) {
        for item in items {
            switch item {
            case .list(let list): pending.append(list)
            case .tuple(let tuple): pending.append(tuple)
            case .dict(let dict): pending.append(dict)
            case .object(let object): if let namespace = object as? NamespaceObject { pending.append(namespace) }
            default: break
            }
        }
        items.removeAll()
    }
}

/// A Python list: mutable, shared by reference.
public final class ListValue: ContainerValue {
    public var items: [Value]

    public init(_ items: [Value] = []) { self.items = items }

    deinit { releaseItems() }

    override func giveUp(to taken: inout [Value]) {
        taken += items
        items = []
    }
}

/// A Python tuple: fixed once made.
public final class TupleValue: ContainerValue {
    public private(set) var items: [Value]
    /// The attributes under which a named tuple's items are found as well.
    let names: [String]
    /// The type by which a named tuple is printed; nil where it is printed as any tuple.
    let type: String?

    public init(_ items: [Value], names: [String] = [], type: String? = nil) {
        self.items = items
        self.names = names
        self.type = type
    }

    deinit { releaseItems() }

    override func giveUp(to taken: inout [Value]) {
        taken += items
        items = []
    }
}
