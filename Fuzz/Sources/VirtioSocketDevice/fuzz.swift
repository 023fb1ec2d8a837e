import Driver
import Virtio
import VirtioScript

// Sockets under a hostile driver, with programs of the host that read, write and go when the script says so.

/// `main` is an alias of this.
@_cdecl("VirtioSocketDevice_main")
public func virtioSocketDeviceMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let choice = script.next(UInt8.self)
    let device = VirtioSocket(guestCID: 3)
    let programs = SocketPrograms(of: device.host)
    var driver = HostileDriver(device, overPCI: choice & 1 != 0)
    driver.run(&script) { script in
        if !programs.act(&script) { device.transportReset() }
    }
    programs.check()
    return 0
}
