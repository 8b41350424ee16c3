import Kernel
import Platform
public import Wire

/// Where keys lie: `<name>.key` for each program (both halves, for its owner's eyes only), `broker.pub`, and `clients`, the
/// broker's allow-list.
public struct KeyFolder: Sendable {
    public static let allowList = "clients"
    public static let brokerPublic = "broker.pub"
    public static let broker = "broker"

    public let path: String
    public init(_ path: String) { self.path = path }

    public func file(of name: String) -> String { "\(path)/\(name).key" }

    // MARK: Reading

    /// - Throws: `PlainProblem` where the file is not there, can be read by others, or holds no pair. Names no key.
    public func pair(of name: String) throws -> CurveKeys {
        let path = file(of: name)
        guard try Files.mode(path) & 0o077 == 0 else {
            throw PlainProblem("keys.open_file", "others may read this key", at: .file(path), remedy: "chmod 600 it; if anybody may have read it, remove it and run sluice keys")
        }
        let words = try Files.secret(path).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
        func half(_ name: String) -> String { words.first { $0.count == 2 && $0[0] == name }?[1] ?? "" }
        do { return try CurveKeys(publicKey: half("public"), secretKey: half("secret")) } catch {
            throw PlainProblem("keys.bad_file", "the file holds no key pair", at: .file(path), remedy: "remove it and run sluice keys")
        }
    }

    /// What a client named `name` needs.
    public func client(_ name: String) throws -> BusKeys {
        let path = "\(self.path)/\(Self.brokerPublic)"
        let broker = try Files.secret(path).split(separator: "\n").first.map(String.init) ?? ""
        guard CurveKeys.isKey(broker) else {
            throw PlainProblem("keys.bad_file", "the file holds no public key", at: .file(path), remedy: "run sluice keys, and give every program the same file")
        }
        return BusKeys(own: try pair(of: name), broker: broker)
    }

    // MARK: Making

    /// Makes what is missing: a pair for the broker and one for each role, and a client of each further name. What is there stays.
    /// - Returns: the names for which a pair was made.
    public func make(clients: [String] = []) throws -> [String] {
        try Files.createFolder(path, mode: 0o700)
        var made: [String] = []
        var list = "# role, public key, name: who may come in. Written by sluice keys; the broker reads it when it starts.\n"
        for (name, role) in BusRole.allCases.filter({ $0 != .client }).map({ ($0.rawValue, $0) }) + clients.map({ ($0, BusRole.client) }) {
            list += "\(role.rawValue) \(try pairMaking(name, &made).publicKey) \(name)\n"
        }
        // Clients that were made before stay on the list: their files are still there.
        let known = Set(BusRole.allCases.map(\.rawValue) + clients + [Self.broker])
        for name in try Files.list(path) where name.hasSuffix(".key") && !known.contains(String(name.dropLast(4))) {
            let name = String(name.dropLast(4))
            list += "\(BusRole.client.rawValue) \(try pair(of: name).publicKey) \(name)\n"
        }
        let broker = try pairMaking(Self.broker, &made)
        try Files.writeAtomically(Array((broker.publicKey + "\n").utf8), to: "\(path)/\(Self.brokerPublic)")
        try Files.writeAtomically(Array(list.utf8), to: "\(path)/\(Self.allowList)", mode: 0o600)
        return made
    }

    /// Copies into a folder of each program what that one needs and nothing else, for programs that share no disk. The command
    /// line's pair goes with the broker's: whoever is in there can do all that it can.
    public func handOut(to folder: String) throws {
        for name in [Self.broker] + BusRole.allCases.filter({ $0 != .client && $0 != .cli }).map(\.rawValue) {
            let own = "\(folder)/\(name)"
            try Files.createFolder(own, mode: 0o700)
            for key in name == Self.broker ? [name, BusRole.cli.rawValue] : [name] {
                try Files.writeAtomically(try Files.readAll(file(of: key)), to: "\(own)/\(key).key", mode: 0o600)
            }
            for file in name == Self.broker ? [Self.brokerPublic, Self.allowList] : [Self.brokerPublic] {
                try Files.writeAtomically(try Files.readAll("\(path)/\(file)"), to: "\(own)/\(file)", mode: 0o600)
            }
        }
    }

    private func pairMaking(_ name: String, _ made: inout [String]) throws -> CurveKeys {
        if Files.exists(file(of: name)) { return try pair(of: name) }
        let keys = CurveKeys.generate()
        let text = "# The key pair of \(name). Keep it secret: whoever has it is \(name).\npublic \(keys.publicKey)\nsecret \(keys.secretText)\n"
        try Files.writeAtomically(Array(text.utf8), to: file(of: name), mode: 0o600)
        made.append(name)
        return keys
    }
}
