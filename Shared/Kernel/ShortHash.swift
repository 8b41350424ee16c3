/// A few letters for a long text, the same in every program and release: FNV-1a with 64 bits, in hexadecimal. For names that
/// must not grow, never for secrets or for what must not collide.
public func shortHash(_ text: String) -> String {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    return String(hash, radix: 16)
}
