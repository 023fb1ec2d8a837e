import Board
import Driver
import Virtio
import VirtioMock
import VirtioScript

// A balloon under a hostile driver: only whole pages of RAM may be given back.

/// `main` is an alias of this.
@_cdecl("VirtioBalloonDevice_main")
public func virtioBalloonDeviceMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let choice = script.next(UInt8.self)
    let device = VirtioBalloon { address, byteCount in
        precondition(address % 4096 == 0 && byteCount % 4096 == 0 && byteCount > 0)
        let start = address >= MockGuest.highAddress ? MockGuest.highAddress : 0
        precondition(address - start + byteCount <= 0x10000, "what is no RAM was given back")
    }
    var driver = HostileDriver(device, overPCI: choice & 1 != 0)
    driver.run(&script) { script in
        if script.next(UInt8.self) & 1 != 0 {
            device.setTarget(byteCount: UInt64(script.next(UInt32.self)) << 12)
        } else {
            device.requestStatistics()
        }
    }
    return 0
}
