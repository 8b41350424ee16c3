import Digest
import Testing

@Suite struct DigestTests {
    @Test func `digests are those of the standards`() {
        #expect(Digest.hex(.sha256, "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest.hex(.sha1, "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Digest.hex(.md5, "") == "d41d8cd98f00b204e9800998ecf8427e")
    }
}

@Suite struct Base64Tests {
    @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy")])
    func `texts are those of RFC 4648, without padding`(text: String, expected: String) { #expect(Base64.url(Array(text.utf8)) == expected) }
    @Test func `the alphabet is the one for URLs`() { #expect(Base64.url([0xfb, 0xff, 0xfe]) == "-__-") }
    @Test func `no key gives no signature`() { #expect(throws: Signature.Failure.noKey) { try Signature.rs256([1], key: "nope") } }
}
