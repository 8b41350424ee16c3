import Digest
import Testing

@Suite struct DigestTests {
    @Test func `digests are those of the standards`() {
        #expect(Digest.hex(.sha256, "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest.hex(.sha1, "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Digest.hex(.md5, "") == "d41d8cd98f00b204e9800998ecf8427e")
    }
}
