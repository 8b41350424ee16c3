/// What libFuzzer calls with each input that it has thought of.
@_cdecl("LLVMFuzzerTestOneInput") public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do { try Decoders.check(Array(UnsafeBufferPointer(start: start, count: count))) } catch { fatalError(error.description) }
    return 0
}
