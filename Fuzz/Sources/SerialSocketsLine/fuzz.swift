import Driver
import Virtio
import VirtioScript

// Sockets over a serial line whose other end is hostile: raw bytes, frames cut short, and packets that are well made
// but for what they say.

/// `main` is an alias of this.
@_cdecl("SerialSocketsLine_main")
public func serialSocketsLineMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

/// A frame of SLIP (RFC 1055).
private func frame(_ bytes: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = [0xc0]
    for byte in bytes {
        switch byte {
        case 0xc0: frame += [0xdb, 0xdc]
        case 0xdb: frame += [0xdb, 0xdd]
        default: frame.append(byte)
        }
    }
    return frame + [0xc0]
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let line = SerialSockets(guestCID: 3)
    let programs = SocketPrograms(of: line.host)
    // The ports that the host has chosen begin here.
    let firstPort: UInt32 = 1 << 30
    while !script.isAtEnd {
        switch script.next(UInt8.self) % 5 {
        case 0: line.write(script.some())
        case 1:
            var packet = SocketPacket()
            packet.sourceCID = script.next(UInt8.self) == 0 ? 4 : 3
            packet.destinationCID = 2
            packet.operation = UInt16(script.next(UInt8.self) % 9)
            let host = script.next(UInt8.self)
            packet.destinationPort = host & 1 == 0 ? UInt32(host) : firstPort + UInt32(host >> 1)
            packet.sourcePort = UInt32(script.next(UInt8.self))
            packet.flags = UInt32(script.next(UInt8.self))
            packet.bufferByteCount = UInt32(script.next(UInt16.self))
            packet.forwardedCount = UInt32(script.next(UInt16.self))
            let data = script.some()
            packet.dataByteCount = UInt32(data.count)
            line.write(frame(packet.bytes + data))
        case 2: _ = line.read(limit: Int(script.next(UInt8.self)) + 1)
        case 3: _ = programs.act(&script)
        default: if script.next(UInt8.self) == 0 { line.reset() }
        }
    }
    line.reset()
    precondition(line.read(limit: 16).isEmpty)
    programs.check()
    return 0
}
