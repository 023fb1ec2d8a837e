import Board
import Driver
import Virtio
import VirtioMock
import VirtioScript

// A console under a hostile driver.

/// `main` is an alias of this.
@_cdecl("VirtioConsoleDevice_main")
public func virtioConsoleDeviceMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

final class Channel: ByteChannel {
    var input: [UInt8] = []
    var output = 0
    var onReadable: (() -> Void)?
    func write(_ bytes: [UInt8]) { output += bytes.count }
    func read(limit: Int) -> [UInt8] {
        let bytes = Array(input.prefix(limit))
        input.removeFirst(bytes.count)
        return bytes
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let choice = script.next(UInt8.self)
    let channel = Channel()
    let device = VirtioConsole(channel: channel)
    var driver = HostileDriver(device, overPCI: choice & 1 != 0)
    driver.run(&script) { script in
        if script.next(UInt8.self) & 1 != 0 {
            device.resize(columns: script.next(UInt16.self), rows: script.next(UInt16.self))
        } else {
            channel.input += script.some()
            channel.onReadable?()
        }
    }
    return 0
}
