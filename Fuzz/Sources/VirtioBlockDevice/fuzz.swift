import Board
import Driver
import Virtio
import VirtioMock
import VirtioScript

// A disk under a hostile driver; its storage fails when the script says so, and its executor dawdles.

/// `main` is an alias of this.
@_cdecl("VirtioBlockDevice_main")
public func virtioBlockDeviceMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

final class Storage: BlockStorage {
    var bytes = [UInt8](repeating: 0, count: 1 << 15)
    var isReadOnly = false
    var fails = false
    var byteCount: UInt64 { UInt64(bytes.count) }

    private func check(_ offset: UInt64, _ count: Int) throws(BlockStorageError) {
        precondition(offset <= byteCount && UInt64(count) <= byteCount - offset, "a request was not checked")
        if fails { throw BlockStorageError(.system, "it fails") }
    }

    func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
        try check(offset, buffers.reduce(0) { $0 + $1.count })
        var place = Int(offset)
        for buffer in buffers {
            buffer.copyBytes(from: bytes[place..<place + buffer.count])
            place += buffer.count
        }
    }

    func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        try check(offset, buffers.reduce(0) { $0 + $1.count })
        precondition(!isReadOnly)
        var place = Int(offset)
        for buffer in buffers {
            bytes.replaceSubrange(place..<place + buffer.count, with: buffer)
            place += buffer.count
        }
    }

    func flush() throws(BlockStorageError) { try check(0, 0) }

    func discard(at offset: UInt64, byteCount: UInt64, mustZero: Bool) throws(BlockStorageError) {
        try check(offset, Int(byteCount))
        precondition(!isReadOnly)
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let choice = script.next(UInt8.self)
    let storage = Storage()
    storage.isReadOnly = choice & 2 != 0
    let executor = ScriptedExecutor()
    let device = VirtioBlock(storage: storage, executor: executor, identity: "fuzz", queueCount: 2)
    var driver = HostileDriver(device, overPCI: choice & 1 != 0)
    driver.run(&script) { script in
        switch script.next(UInt8.self) % 4 {
        case 0: storage.fails.toggle()
        case 1: executor.isHeld = true
        case 2: executor.isHeld = false
        default: executor.run()
        }
    }
    executor.run()
    return 0
}
