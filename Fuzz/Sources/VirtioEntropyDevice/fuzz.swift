import Driver
import Virtio
import VirtioMock
import VirtioScript

// Random numbers under a hostile driver: the shortest device, so what is found here is the queues' and transports'.

/// `main` is an alias of this.
@_cdecl("VirtioEntropyDevice_main")
public func virtioEntropyDeviceMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let choice = script.next(UInt8.self)
    let device = VirtioEntropy { buffer in
        for index in buffer.indices { buffer[index] = 0x55 }
    }
    var driver = HostileDriver(device, overPCI: choice & 1 != 0)
    driver.run(&script) { _ in }
    return 0
}
