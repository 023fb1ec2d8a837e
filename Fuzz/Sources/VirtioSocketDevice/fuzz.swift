import Board
import Driver
import Virtio
import VirtioMock
import VirtioScript

// Sockets under a hostile driver, with programs of the host that read, write and go when the script says so.

/// `main` is an alias of this.
@_cdecl("VirtioSocketDevice_main")
public func virtioSocketDeviceMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

final class Program: SocketStream {
    var room = 1000
    var outgoing = 0
    var ends = false
    var isClosed = false
    private(set) weak var connection: SocketConnection?

    func established(_ connection: SocketConnection) { self.connection = connection }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        precondition(!isClosed)
        let count = min(room, bytes.count)
        room -= count
        return count
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        precondition(!isClosed)
        if outgoing == 0 { return ends ? nil : 0 }
        let count = min(outgoing, buffer.count)
        outgoing -= count
        for index in 0..<count { buffer[index] = 7 }
        return count
    }

    func guestEnded() { precondition(!isClosed) }

    func closed() {
        precondition(!isClosed, "closed twice")
        isClosed = true
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let choice = script.next(UInt8.self)
    let device = VirtioSocket(guestCID: 3)
    var programs: [Program] = []
    device.host.onConnect = { port in
        guard port & 1 == 0 else { return nil }
        programs.append(Program())
        return programs.last
    }
    var driver = HostileDriver(device, overPCI: choice & 1 != 0)
    driver.run(&script) { script in
        let action = script.next(UInt8.self)
        if action % 6 == 0 {
            let program = Program()
            if device.host.connect(to: UInt32(script.next(UInt8.self)), program) != nil { programs.append(program) }
            return
        }
        guard !programs.isEmpty else { return }
        let program = programs[Int(script.next(UInt8.self)) % programs.count]
        switch action % 6 {
        case 1:
            program.outgoing += Int(script.next(UInt16.self))
            program.connection?.readable()
        case 2:
            program.room += Int(script.next(UInt16.self))
            program.connection?.writable()
        case 3:
            program.ends = true
            program.connection?.readable()
        case 4: program.connection?.close()
        default: device.transportReset()
        }
    }
    precondition(programs.allSatisfy { $0.isClosed || $0.connection == nil } && device.host.connectionCount == 0)
    return 0
}
