import Kernel
import Testing

@Suite struct RecordHashTests {
    @Test func `a hash is the same for ever`() {
        #expect(String(RecordHash.hash(""), radix: 16) == "35e440490829a2bce25922da99708b9b")
        #expect(String(RecordHash.hash("2013,1,1,517"), radix: 16) == "3acf2d487e1e787da3368651333f00ea")
        #expect(String(RecordHash.hash("2013,1,1,517,515,2,830,819,11,UA,1545"), radix: 16) == "cf0d883e29e7e78f182036b6ed60ec5e")
    }

    @Test func `zeros at the end, order and single bits count`() {
        var seen: Set<UInt128> = []
        for length in 0..<70 { #expect(seen.insert(RecordHash.hash([UInt8](repeating: 0, count: length))).inserted) }
        let base = Array("the quick brown fox jumps over the lazy dog, twice".utf8)
        for place in base.indices {
            for bit in 0..<8 {
                var other = base
                other[place] ^= 1 << UInt8(bit)
                #expect(seen.insert(RecordHash.hash(other)).inserted)
            }
        }
    }
}
