import Board
import Linux
import Testing

@testable import VMM

@Suite struct ReportedStorageTests {
    private final class FailingStorage: BlockStorage {
        let byteCount: UInt64 = 1 << 20
        let isReadOnly = false
        var fault: BlockStorageError?

        private func act() throws(BlockStorageError) { if let fault { throw fault } }
        func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
            try act()
        }
        func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) { try act() }
        func flush() throws(BlockStorageError) { try act() }
        func discard(at offset: UInt64, byteCount: UInt64, mustZero: Bool) throws(BlockStorageError) { try act() }
    }

    @Test func faultsAreToldOnce() throws {
        let inner = FailingStorage()
        var words: [String] = []
        let storage = ReportedStorage(inner) { words.append($0) }
        try storage.write(at: 0, from: [])
        #expect(words.isEmpty)
        inner.fault = BlockStorageError(.noSpace, "the disk is full; free space")
        for _ in 0..<1000 { #expect(throws: BlockStorageError.self) { try storage.write(at: 0, from: []) } }
        #expect(words == ["the disk is full; free space"])
        inner.fault = BlockStorageError(.system, "Input/output error")
        for _ in 0..<1000 { #expect(throws: BlockStorageError.self) { try storage.flush() } }
        #expect(words.count == 2 && words.last == "Input/output error")
        inner.fault = BlockStorageError(.outOfRange, "the guest's own mistake")
        #expect(throws: BlockStorageError.self) { try storage.read(at: 0, into: []) }
        #expect(words.count == 2)
        inner.fault = nil
        try storage.write(at: 0, from: [])
        try storage.write(at: 0, from: [])
        #expect(words.count == 3 && words.last!.contains("room"))
    }

    @Test func aGuestFillsNoLog() {
        let inner = FailingStorage()
        var words: [String] = []
        let storage = ReportedStorage(inner) { words.append($0) }
        for round in 0..<10_000 {
            inner.fault = round % 2 == 0 ? BlockStorageError(.noSpace, "full") : nil
            try? storage.write(at: 0, from: [])
        }
        #expect(words.count == ReportedStorage.reportLimit)
        #expect(words.last!.contains("the last that is said"))
    }
}

@Suite struct BlockWorkerTests {
    /// When the worker is stopped, what it was given before is done; its disks can be flushed then.
    @Test func stopWaitsForTheWork() throws {
        let lock = Condition()
        let loop = try EventLoop(lock: lock)
        let worker = BlockWorker("disks", loop: loop, deviceLock: lock)
        let gate = Gate()
        nonisolated(unsafe) var done = 0
        worker.execute {
            gate.wait()
            done += 1
        } completion: {
        }
        try worker.start()
        for _ in 0..<9 {
            worker.execute {
                done += 1
            } completion: {
            }
        }
        try BackgroundThread.start("opener") { gate.open() }
        worker.stop()
        #expect(done == 10)
        // Again, and one that never ran: nothing to wait for.
        worker.stop()
        BlockWorker("other", loop: loop, deviceLock: lock).stop()
    }
}
