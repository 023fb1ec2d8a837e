import Driver
import Switch
import Wire

// Every parser of packet formats, and the extraction of the flow key, on arbitrary bytes. The address sanitizer finds what
// is read outside; what a parser accepts must fit into the bytes and be written back as it was read.

/// `main` is an alias of this.
@_cdecl("PacketParser_main")
public func packetParserMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    parseHeaders(bytes)
    // The same behind an Ethernet header, so that one input reaches the inner formats too.
    if size > 14 { parseHeaders(UnsafeRawBufferPointer(rebasing: bytes[14...])) }
    parseFrames(bytes)
    parseCapture(bytes)
    parseText(bytes)
    return 0
}

func parseHeaders(_ bytes: UnsafeRawBufferPointer) {
    roundTrip(EthernetHeader(parsing: bytes), EthernetHeader.byteCount, bytes) { $0.emit(into: $1) }
    roundTrip(LLCHeader(parsing: bytes), LLCHeader.byteCount, bytes) { $0.emit(into: $1) }
    roundTrip(VLANTag(parsing: bytes), VLANTag.byteCount, bytes) { $0.emit(into: $1) }
    roundTrip(MPLSLabel(parsing: bytes), MPLSLabel.byteCount, bytes) { $0.emit(into: $1) }
    roundTrip(ARPPacket(parsing: bytes), ARPPacket.byteCount, bytes) { $0.emit(into: $1) }
    roundTrip(IPv6Header(parsing: bytes), IPv6Header.byteCount, bytes) { $0.emit(into: $1) }
    roundTrip(UDPHeader(parsing: bytes), UDPHeader.byteCount, bytes) { $0.emit(into: $1) }
    roundTrip(SCTPHeader(parsing: bytes), SCTPHeader.byteCount, bytes) { $0.emit(into: $1) }
    roundTrip(ICMPHeader(parsing: bytes), ICMPHeader.byteCount, bytes) { $0.emit(into: $1) }
    if let header = IPv4Header(parsing: bytes) {
        precondition(header.headerByteCount <= bytes.count && header.totalByteCount >= header.headerByteCount)
    }
    if let header = TCPHeader(parsing: bytes) { precondition(header.headerByteCount <= bytes.count) }
    if let walk = IPv6ExtensionWalk(bytes) { precondition(walk.transportOffset <= bytes.count) }
    if let message = NeighborDiscovery(parsing: bytes) {
        precondition(message.sourceLinkLayerOffset + 6 <= bytes.count)
        precondition(message.targetLinkLayerOffset + 6 <= bytes.count)
    }
    if let count = MPLSLabel.stackByteCount(bytes) { precondition(count <= bytes.count) }
    _ = LLCHeader.snapEtherType(bytes)
    _ = MulticastMembership(igmp: bytes)
    _ = MulticastMembership(mld: bytes)
    if let packet = LLDPPacket(parsing: bytes) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.byteCount, alignment: 1)
        defer { copy.deallocate() }
        packet.emit(into: copy)
        precondition(LLDPPacket(parsing: UnsafeRawBufferPointer(copy)) == packet)
    }
    precondition(InternetChecksum.checksum(of: bytes) == plainChecksum(bytes))
}

/// What was read is written as it stood.
func roundTrip<Header>(
    _ header: Header?, _ count: Int, _ bytes: UnsafeRawBufferPointer,
    _ emit: (Header, UnsafeMutableRawBufferPointer) -> Void
) {
    guard let header else { return }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { copy.deallocate() }
    emit(header, copy)
    precondition(copy.elementsEqual(bytes[..<count]))
}

func plainChecksum(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
        sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
        sum = (sum & 0xffff) + (sum >> 16)
    }
    return ~UInt16(sum)
}

func parseFrames(_ bytes: UnsafeRawBufferPointer) {
    if let bpdu = BPDU(frame: bytes) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: EthernetHeader.smallestFrame, alignment: 1)
        defer { copy.deallocate() }
        bpdu.emitFrame(source: .zero, into: copy)
        precondition(BPDU(frame: UnsafeRawBufferPointer(copy)) == bpdu)
    }
    var key = FlowKey()
    let layout = extract(frame: bytes, inPort: 1, into: &key)
    precondition(Int(layout.etherType) + 2 <= bytes.count || layout.etherType < 0)
    precondition(Int(layout.l25) + 4 <= bytes.count || layout.l25 < 0)
    precondition(Int(layout.l3) < bytes.count && Int(layout.l4) < bytes.count)
    precondition(Int(layout.payload) <= bytes.count && Int(layout.end) <= bytes.count)
}

func parseCapture(_ bytes: UnsafeRawBufferPointer) {
    guard var reader = try? CaptureReader(Array(bytes)) else { return }
    while let packet = try? reader.next() {
        precondition(packet.range.lowerBound >= 0 && packet.range.upperBound <= bytes.count)
    }
}

func parseText(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes.prefix(64), as: UTF8.self)
    if let address = MACAddress(text) { precondition(MACAddress(address.description) == address) }
    if let prefix = IPv4Prefix(text) { precondition(IPv4Prefix(prefix.description) == prefix) }
    if let prefix = IPv6Prefix(text) { precondition(IPv6Prefix(prefix.description) == prefix) }
    if let address = IPv4Address(text) { precondition(address.description == text) }
    if let address = IPv6Address(text) { precondition(IPv6Address(address.description) == address) }
}
