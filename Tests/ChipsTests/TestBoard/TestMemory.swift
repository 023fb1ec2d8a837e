import Board

/// RAM of a test's machine, from address 0 on.
final class TestMemory {
    let memory: GuestMemory
    private let host: UnsafeMutableRawPointer

    init(byteCount: Int = 1 << 20) {
        host = .allocate(byteCount: byteCount, alignment: 4096)
        host.initializeMemory(as: UInt8.self, repeating: 0xa5, count: byteCount)
        memory = GuestMemory(regions: [
            GuestMemory.Region(address: 0, byteCount: UInt64(byteCount), host: host, fileOffset: 0)
        ])
    }

    deinit { host.deallocate() }

    func put<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at address: UInt64) {
        try! memory.store(value, at: address)
    }

    func get<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at address: UInt64) -> T {
        try! memory.load(type, at: address)
    }

    func put(_ bytes: [UInt8], at address: UInt64) { try! memory.write(bytes, at: address) }
    func bytes(at address: UInt64, count: Int) -> [UInt8] { try! memory.bytes(at: address, count: count) }
    func fill(_ byte: UInt8, at address: UInt64, count: Int) {
        put([UInt8](repeating: byte, count: count), at: address)
    }
}
