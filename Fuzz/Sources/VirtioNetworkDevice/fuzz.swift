import Board
import Driver
import Virtio
import VirtioMock
import VirtioScript

// A network adapter under a hostile driver, with frames from the other side.

/// `main` is an alias of this.
@_cdecl("VirtioNetworkDevice_main")
public func virtioNetworkDeviceMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

final class Port: NetworkPort {
    var waiting: [[UInt8]] = []
    var room = 100
    var onReadable: (() -> Void)?
    var onWritable: (() -> Void)?

    func send(_ buffers: [UnsafeRawBufferPointer]) -> Bool {
        guard room > 0 else { return false }
        room -= 1
        let count = buffers.reduce(0) { $0 + $1.count }
        precondition(count >= 26 && count <= 70000 && buffers[0].count == 12)
        // All of it can be read.
        var sum: UInt8 = 0
        for buffer in buffers { for byte in buffer { sum ^= byte } }
        precondition(sum == sum)
        return true
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !waiting.isEmpty else { return 0 }
        let frame = waiting.removeFirst()
        buffer.copyBytes(from: frame.prefix(buffer.count))
        return min(frame.count, buffer.count)
    }

    func setOffloads(_ offloads: UInt32) { precondition(offloads < 0x80) }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let choice = script.next(UInt8.self)
    let port = Port()
    let device = VirtioNetwork(
        port: port, mac: [2, 0, 0, 0, 0, 1], pairCount: choice & 2 != 0 ? 3 : 1, mtu: choice & 4 != 0 ? 1500 : nil)
    var driver = HostileDriver(device, overPCI: choice & 1 != 0)
    driver.run(&script) { script in
        switch script.next(UInt8.self) % 4 {
        case 0:
            port.room = Int(script.next(UInt8.self))
            port.onWritable?()
        case 1: device.isLinkUp.toggle()
        case 2: device.announce()
        default:
            var frame = script.some()
            if let last = frame.last { frame += [UInt8](repeating: last, count: Int(script.next(UInt16.self))) }
            if !frame.isEmpty { port.waiting.append(frame) }
            port.onReadable?()
        }
    }
    return 0
}
