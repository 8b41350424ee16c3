/// A Python list: mutable, shared by reference.
public final class ListValue {
    public var items: [Value]

    public init(_ items: [Value] = []) { self.items = items }

    deinit { Teardown.release(&items) }
}

/// A Python tuple: fixed once made.
public final class TupleValue {
    public private(set) var items: [Value]

    public init(_ items: [Value]) { self.items = items }

    deinit { Teardown.release(&items) }

    fileprivate func takeItems() -> [Value] {
        defer { items = [] }
        return items
    }
}

/// Frees nested containers one after the other.
///
/// A template can nest lists a million deep (`set x = [x]` in a loop); freed by recursion, they would exhaust the stack.
enum Teardown {
    static func release(_ items: inout [Value]) {
        guard items.contains(where: \.isContainer) else { return }
        var pending: [Value] = []
        swap(&pending, &items)
        while let value = pending.popLast() { open(value, into: &pending) }
    }

    private static func open(_ value: consuming Value, into pending: inout [Value]) {
        switch consume value {
        case .list(var list):
            if isKnownUniquelyReferenced(&list) { take(&list.items, into: &pending) }
        case .tuple(var tuple):
            if isKnownUniquelyReferenced(&tuple) {
                var items = tuple.takeItems()
                take(&items, into: &pending)
            }
        case .dict(var dict):
            if isKnownUniquelyReferenced(&dict) {
                var items = dict.takeValues()
                take(&items, into: &pending)
            }
        case .object(let object):
            if var namespace = object as? NamespaceObject {
                _ = consume object
                if isKnownUniquelyReferenced(&namespace) {
                    var items = namespace.takeValues()
                    take(&items, into: &pending)
                }
            }
        default: break
        }
    }

    private static func take(_ items: inout [Value], into pending: inout [Value]) {
        for item in items where item.isContainer { pending.append(item) }
        items = []
    }
}

extension Value {
    fileprivate var isContainer: Bool {
        switch self {
        case .list, .tuple, .dict, .object: true
        default: false
        }
    }
}
