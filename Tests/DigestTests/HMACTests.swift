import Digest
import Testing

/// The examples of RFC 4231.
@Suite struct HMACTests {
    @Test func `signatures are those of RFC 4231, with keys shorter and longer than a block`() {
        #expect(
            Digest.hmac(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            Digest.hmac(key: [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }
}
