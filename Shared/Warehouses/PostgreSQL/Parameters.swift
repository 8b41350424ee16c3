internal import CPostgres

/// Values on their way to the server: texts whose types it finds out, or bytes.
struct Parameters {
    private(set) var bytes: [CChar] = []
    /// Where each value begins in `bytes`; nil is null.
    private(set) var places: [Int?] = []
    private(set) var types: [UInt32] = []
    private(set) var formats: [Int32] = []
    private(set) var lengths: [Int32] = []

    mutating func append(text: String?) {
        places.append(text == nil ? nil : bytes.count)
        if let text { bytes += text.utf8CString }
        types.append(0)
        formats.append(0)
        lengths.append(0)
    }

    mutating func append(binary: [UInt8], type: UInt32) {
        places.append(bytes.count)
        bytes += binary.lazy.map { CChar(bitPattern: $0) } + [0]
        types.append(type)
        formats.append(1)
        lengths.append(Int32(binary.count))
    }
}
