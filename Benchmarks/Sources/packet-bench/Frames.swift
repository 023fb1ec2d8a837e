import Switch
import Wire

/// A MAC address of the locally administered range.
func address(_ number: Int) -> UInt64 { 0x0200_0000_0000 | UInt64(number) }

/// A UDP or TCP frame over IPv4 of `payload` bytes, its checksums left 0.
func frame(
    to destination: UInt64, from source: UInt64, protocol transport: UInt8 = 17, ports: (UInt16, UInt16) = (1000, 2000),
    payload: Int = 22
) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: some FixedWidthInteger, bytes count: Int) {
        for index in stride(from: count - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
        }
    }
    let header = transport == 6 ? 20 : 8
    append(destination, bytes: 6)
    append(source, bytes: 6)
    append(0x0800, bytes: 2)
    append(0x4500, bytes: 2)
    append(20 + header + payload, bytes: 2)
    append(0x0001_0000, bytes: 4)
    append(64, bytes: 1)
    append(transport, bytes: 1)
    append(0, bytes: 2)
    append(0x0a00_0001, bytes: 4)
    append(0x0a00_0002, bytes: 4)
    append(ports.0, bytes: 2)
    append(ports.1, bytes: 2)
    if transport == 6 {
        append(1, bytes: 4)
        append(0, bytes: 4)
        append(0x5010_ffff, bytes: 4)
        append(0, bytes: 4)
    } else {
        append(8 + payload, bytes: 2)
        append(0, bytes: 2)
    }
    return bytes + [UInt8](repeating: 0x5a, count: payload)
}

/// The offload header of a TCP/IPv4 super-packet made by `frame`.
func tcpOffload(segment: UInt16) -> VirtioNetHeader {
    var offload = VirtioNetHeader()
    offload.flags = VirtioNetHeader.needsChecksum
    offload.gsoType = VirtioNetHeader.gsoTCPv4
    offload.headerLength = 54
    offload.gsoSize = segment
    offload.checksumStart = 34
    offload.checksumOffset = 16
    return offload
}
