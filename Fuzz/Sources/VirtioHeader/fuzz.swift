import Driver
import Switch
import Wire

// What a hostile host can say: ten bytes of virtio-net header and a frame. The packet is checked, edited and segmented as
// the data path would; its storage ends where the frame ends, so that the address sanitizer sees what is read behind it.

/// `main` is an alias of this.
@_cdecl("VirtioHeader_main")
public func virtioHeaderMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

/// The packets of the run.
final class Storage {
    var pool = PacketPool(byteLimit: 256 << 20)
}
nonisolated(unsafe) let storage = Storage()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // One byte chooses what is done, then the header, then the frame.
    guard size > 1 + VirtioNetHeader.byteCount else { return 0 }
    let choice = data[0]
    let offload = VirtioNetHeader(reading: data + 1)
    let frame = UnsafeRawBufferPointer(start: data + 11, count: size - 11)
    let packet = exactPacket(frame, offload)
    defer { UnsafeMutableRawPointer(packet).deallocate() }
    guard Segmentation.sanitize(packet) else {
        // Even without the check the segmenter trusts nothing.
        if let segmenter = try? Segmenter(packet) { precondition(segmenter.count >= 1) }
        return 0
    }
    if choice & 1 != 0 { edit(packet, choice) }
    precondition(packet.wireByteCount >= packet.pointee.length && packet.wirePacketCount >= 1)
    if packet.pointee.offload.isSuperPacket {
        segment(packet, finish: choice & 2 != 0, mtu: choice & 4 != 0 ? 576 : nil, together: Int(choice >> 4))
    } else {
        precondition(Segmentation.finishChecksum(packet))
    }
    return 0
}

/// A packet whose storage has not a byte behind the frame.
func exactPacket(_ frame: UnsafeRawBufferPointer, _ offload: VirtioNetHeader) -> PacketRef {
    let front = Packet.headByteCount + Packet.headroom
    let memory = UnsafeMutableRawPointer.allocate(byteCount: front + frame.count, alignment: 16)
    let model = storage.pool.allocate(frameByteCount: 0)!
    memory.copyMemory(from: model, byteCount: MemoryLayout<Packet>.size)
    storage.pool.release(model)
    let packet = memory.assumingMemoryBound(to: Packet.self)
    packet.pointee.data = memory + front
    packet.pointee.length = frame.count
    packet.pointee.capacity = Int32(Packet.headroom + frame.count)
    packet.pointee.offload = offload
    packet.pointee.data.copyMemory(from: frame.baseAddress!, byteCount: frame.count)
    return packet
}

func edit(_ packet: PacketRef, _ choice: UInt8) {
    var key = FlowKey()
    var layout = extract(frame: UnsafeRawBufferPointer(packet.bytes), inPort: 1, into: &key)
    for field in Field.allCases {
        PacketEditing.set(
            field, FieldValue(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718), in: packet, &layout)
    }
    _ = PacketEditing.decrementTTL(packet, layout)
    _ = PacketEditing.decrementMPLSTTL(packet, layout)
    for step in 0..<4 {
        switch choice >> UInt8(2 * step) & 3 {
        case 0: _ = PacketEditing.pushVLAN(tpid: EtherType.vlan, tci: 5, in: packet, &layout)
        case 1: PacketEditing.popVLAN(packet, &layout)
        case 2:
            let label = MPLSLabel(label: 5, isBottom: layout.mplsCount == 0, timeToLive: 9)
            _ = PacketEditing.pushMPLS(etherType: EtherType.mpls, entry: label, in: packet, &layout)
        default: PacketEditing.popMPLS(etherType: EtherType.ipv4, packet, &layout)
        }
    }
    precondition(packet.pointee.length >= EthernetHeader.byteCount)
}

func segment(_ packet: PacketRef, finish: Bool, mtu: Int?, together: Int) {
    guard var segmenter = try? Segmenter(packet, mtu: mtu, together: together, finishChecksums: finish)
    else { return }
    var produced = 0
    while let segment = segmenter.next(from: &storage.pool) {
        precondition(segment.pointee.length <= packet.pointee.length)
        precondition(Segmentation.sanitize(segment))
        precondition(Segmentation.finishChecksum(segment) || segment.pointee.offload.isSuperPacket)
        storage.pool.release(segment)
        produced += 1
    }
    precondition(produced == segmenter.count)
}
