internal import Kernel

/// The engines that a program knows, by the scheme of their addresses.
public struct WarehouseRegistry: Sendable {
    private let types: [String: any Warehouse.Type]

    /// Two engines of one scheme are a mistake in the program's own list, so they stop it.
    public init(_ types: [any Warehouse.Type]) {
        var known: [String: any Warehouse.Type] = [:]
        for type in types {
            for scheme in [type.scheme] + type.schemeAliases {
                precondition(known.updateValue(type, forKey: scheme) == nil, "two warehouses have the scheme '\(scheme)'")
            }
        }
        self.types = known
    }

    public var schemes: [String] { types.keys.sorted() }

    /// The warehouse at `url`; nothing is opened yet.
    public func warehouse(at url: String) throws -> any Warehouse {
        let address = try WarehouseAddress(url)
        guard let type = types[address.scheme] else {
            throw PlainProblem(
                "warehouse.unknown_scheme", "no warehouse has the scheme '\(address.scheme)'", at: .named(address.description),
                remedy: "this program knows: " + schemes.map { "\($0)://" }.joined(separator: ", "))
        }
        return try type.init(address: address)
    }
}
