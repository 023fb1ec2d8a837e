import Board
import Synchronization
import Testing

@Suite("Guest memory")
final class GuestMemoryTests {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 0x5000, alignment: 4096)
    let memory: GuestMemory

    init() {
        bytes.initializeMemory(as: UInt8.self, repeating: 0xa5, count: 0x5000)
        memory = GuestMemory(regions: [
            .init(address: 0, byteCount: 0x2000, host: bytes, fileOffset: 0),
            .init(address: 0x10_0000, byteCount: 0x3000, host: bytes + 0x2000, fileOffset: 0x2000),
        ])
    }

    deinit { bytes.deallocate() }

    @Test("both regions are reached, at their ends too")
    func access() throws {
        try memory.store(UInt64(0x0102_0304_0506_0708), at: 0x10_2ff8)
        #expect(try memory.load(UInt8.self, at: 0x10_2ff8) == 8)
        #expect(try memory.bytes(at: 0x10_2ff8, count: 8) == [8, 7, 6, 5, 4, 3, 2, 1])
        try memory.write([1, 2, 3], at: 0x1ffd)
        #expect(try memory.load(UInt16.self, at: 0x1ffe) == 0x0302)
    }

    @Test(
        "addresses from the guest that are not RAM are errors, however large",
        arguments: [0x1fff, 0x2000, 0xf_ffff, 0x10_2fff, 0x10_3000, UInt64.max, UInt64.max - 1])
    func outside(address: UInt64) {
        #expect(throws: GuestMemoryError(address: address, byteCount: 2)) {
            try memory.load(UInt16.self, at: address)
        }
        #expect(throws: GuestMemoryError.self) { try memory.write([1, 2], at: address) }
        memory.noteWrite(at: address, byteCount: .max)
    }

    @Test("writes to pages with decoded code are told, once a page; others are not")
    func codePages() throws {
        let told = Mutex([UInt64]())
        memory.onCodeWrite = { page in told.withLock { $0.append(page) } }
        memory.setFlags(PageFlags.code, page: 2)
        memory.setFlags(PageFlags.code, page: 3)
        try memory.write([UInt8](repeating: 0, count: 8), at: 0x10_0ffc)
        try memory.store(UInt8(0), at: 0x10_2000)
        #expect(told.withLock { $0 } == [0x10_0000, 0x10_1000])
        #expect(memory.clearFlags(PageFlags.code, page: 2) == PageFlags.code)
        try memory.store(UInt8(0), at: 0x10_0000)
        #expect(told.withLock { $0.count } == 2)
    }

    @Test("a log of writes marks the pages written")
    func log() throws {
        for page in 0..<memory.pageCount { memory.setFlags(PageFlags.isLogged, page: page) }
        try memory.write([1, 2], at: 0x10_0fff)
        let dirty = (0..<memory.pageCount).filter { memory.pageFlags[$0] & PageFlags.dirty != 0 }
        #expect(dirty == [2, 3])
    }
}
