/// The last bytes of a stream.
struct ByteRing {
    private let limit: Int
    private var storage: [UInt8] = []
    /// Where the oldest byte is, once the storage is full.
    private var start = 0

    init(limit: Int) { self.limit = limit }

    var bytes: [UInt8] { Array(storage[start...] + storage[..<start]) }

    mutating func append(_ bytes: [UInt8]) {
        for byte in bytes.suffix(limit) {
            if storage.count < limit {
                storage.append(byte)
            } else {
                storage[start] = byte
                start = start + 1 == limit ? 0 : start + 1
            }
        }
    }
}
