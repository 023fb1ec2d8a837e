import Wire

// Segmentation of super-packets, and the offload header that describes them.
//
// A host hands us TCP and UDP payloads of up to 64 KiB in one frame, with a header (`VirtioNetHeader`) that says how the
// sender's stack would have cut it and that the checksum is unfinished. Most frames cross the lab like that. Cutting
// happens where a link or port really needs frames of the wire's size.
//
// The offload header comes from a host and is not trusted: `Segmentation.sanitize` is called once on every packet read,
// refuses what contradicts the frame, and leaves `headerLength` exact for super-packets. From then on editing keeps the header
// in step with the frame, and sizes on the wire are a matter of a division (`wirePacketCount`, `wireByteCount`).
// The segmenter parses again all the same: it reads no byte on the word of a field.

/// Why an offload header and its frame do not go together. The packet is to be dropped.
public enum OffloadFault: UInt8, Error, Equatable, Sendable, CaseIterable {
    /// The frame is shorter than an Ethernet header.
    case truncatedFrame
    /// The checksum's place is outside the frame.
    case checksumOutsideFrame
    /// The segmentation type is unknown, or one that no port of ours offers (UFO).
    case unknownType
    /// The segment size is 0, or so small that the frame would become a flood of tiny ones.
    case segmentSize
    /// The frame is not whole IP with the transport protocol that the segmentation type says.
    case headerMismatch
    /// The checksum's place is not that of the transport protocol.
    case checksumMismatch
}

/// What is done with a packet's offload header besides cutting.
public enum Segmentation {
    /// Checks the offload header as it came from a host against the frame, and tidies it: unknown flags and fields
    /// without meaning are cleared, `headerLength` becomes exact for a super-packet and 0 for others.
    /// - Returns: whether all is well; otherwise the packet must be dropped. `fault` says why.
    @inlinable
    public static func sanitize(_ packet: PacketRef) -> Bool { fault(packet) == nil }

    /// As `sanitize`.
    /// - Returns: nil when all is well; otherwise why the packet must be dropped.
    @inlinable
    public static func fault(_ packet: PacketRef) -> OffloadFault? {
        guard packet.pointee.length >= EthernetHeader.byteCount else { return .truncatedFrame }
        if packet.pointee.offload.flags & VirtioNetHeader.needsChecksum == 0, !packet.pointee.offload.isSuperPacket {
            packet.pointee.offload = VirtioNetHeader()
            return nil
        }
        return checkUnfinished(packet)
    }

    /// The way of packets with something left to do.
    @usableFromInline
    static func checkUnfinished(_ packet: PacketRef) -> OffloadFault? {
        var offload = packet.pointee.offload
        offload.flags &= VirtioNetHeader.needsChecksum | VirtioNetHeader.dataValid
        let needsChecksum = offload.flags & VirtioNetHeader.needsChecksum != 0
        if needsChecksum {
            let field = Int(offload.checksumStart) + Int(offload.checksumOffset)
            guard Int(offload.checksumStart) >= EthernetHeader.byteCount, field + 2 <= packet.pointee.length else {
                return .checksumOutsideFrame
            }
            // The kernel marks SCTP by this offset on the way out but would sum it as TCP on the way in: finish it here.
            if Int(offload.checksumOffset) == SCTPHeader.Offset.checksum, !offload.isSuperPacket {
                return finishSCTP(packet) ? nil : .checksumOutsideFrame
            }
        } else {
            offload.checksumStart = 0
            offload.checksumOffset = 0
        }
        offload.headerLength = 0
        if offload.isSuperPacket {
            let layout: SuperPacketLayout
            do throws(OffloadFault) {
                layout = try SuperPacketLayout(UnsafeRawBufferPointer(packet.bytes), offload)
            } catch {
                return error
            }
            offload.headerLength = UInt16(truncatingIfNeeded: layout.payload)
        } else {
            offload.gsoType = VirtioNetHeader.gsoNone
            offload.gsoSize = 0
        }
        packet.pointee.offload = offload
        return nil
    }

    /// Completes an unfinished checksum in place, so that the frame is what a wire would carry.
    /// - Returns: whether the frame is finished now; false for a super-packet, which must be segmented instead, and
    ///   for a checksum outside the frame.
    @discardableResult
    public static func finishChecksum(_ packet: PacketRef) -> Bool {
        let offload = packet.pointee.offload
        if offload.isSuperPacket { return false }
        if offload.flags & VirtioNetHeader.needsChecksum == 0 { return true }
        if Int(offload.checksumOffset) == SCTPHeader.Offset.checksum { return finishSCTP(packet) }
        let start = Int(offload.checksumStart)
        let field = start + Int(offload.checksumOffset)
        guard field + 2 <= packet.pointee.length else { return false }
        // The field holds the pseudo-header's sum and is part of what is summed.
        let data = packet.pointee.data
        let sum = InternetChecksum.checksum(
            of: UnsafeRawBufferPointer(start: data + start, count: packet.pointee.length - start))
        // 0 in UDP says that there is no checksum; the other ones'-complement zero says the same number (RFC 768).
        data.storeBigEndian(sum == 0 ? 0xffff : sum, at: field)
        packet.pointee.offload = VirtioNetHeader()
        return true
    }

    /// SCTP, the one protocol with its checksum at this offset, has a CRC32c and no pseudo-header.
    private static func finishSCTP(_ packet: PacketRef) -> Bool {
        let start = Int(packet.pointee.offload.checksumStart)
        guard start + SCTPHeader.byteCount <= packet.pointee.length else { return false }
        let header = packet.pointee.data + start
        header.storeBigEndian(UInt32(0), at: SCTPHeader.Offset.checksum)
        let crc = CRC32C.checksum(of: UnsafeRawBufferPointer(start: header, count: packet.pointee.length - start))
        header.storeBigEndian(crc.byteSwapped, at: SCTPHeader.Offset.checksum)
        packet.pointee.offload = VirtioNetHeader()
        return true
    }
}

extension UnsafeMutablePointer<Packet> {
    /// How many frames the packet is on a wire. Needs the packet's `offload` sanitized.
    @inlinable
    public var wirePacketCount: Int {
        guard pointee.offload.isSuperPacket else { return 1 }
        let payload = UInt32(truncatingIfNeeded: pointee.length &- Int(pointee.offload.headerLength))
        let size = UInt32(pointee.offload.gsoSize)
        guard size > 0, payload > size else { return 1 }
        return Int((payload &+ size &- 1) / size)
    }

    /// The bytes of all frames that the packet is on a wire, headers repeated, without preamble, check sequence and
    /// padding. Needs the packet's `offload` sanitized.
    @inlinable
    public var wireByteCount: Int {
        pointee.length &+ (wirePacketCount &- 1) &* Int(pointee.offload.headerLength)
    }

    /// The bytes of the largest frame that the packet is on a wire. Needs the packet's `offload` sanitized.
    public var wireLargestFrame: Int {
        guard pointee.offload.isSuperPacket else { return pointee.length }
        return Swift.min(pointee.length, Int(pointee.offload.headerLength) + Int(pointee.offload.gsoSize))
    }

    /// The bytes of the largest IP packet (or other payload behind the Ethernet header and VLAN tags) that the packet
    /// is on a wire: what an MTU bounds. Needs the packet's `offload` sanitized.
    public var wireLargestPayload: Int {
        let frame = UnsafeRawBufferPointer(bytes)
        guard frame.count >= EthernetHeader.byteCount else { return 0 }
        var header = EthernetHeader.byteCount
        while header < frame.count, header <= 46,
            EtherType.isVLAN(UnsafeRawPointer(pointee.data).loadBigEndian16(at: header - 2))
        {
            header += VLANTag.byteCount
        }
        var length = pointee.length
        if pointee.offload.isSuperPacket {
            length = Swift.min(length, Int(pointee.offload.headerLength) + Int(pointee.offload.gsoSize))
        }
        return Swift.max(length - header, 0)
    }
}

/// Where the headers of a super-packet are, checked against the frame.
struct SuperPacketLayout {
    var l3: Int
    var l4: Int
    /// The first byte of the transport's payload.
    var payload: Int
    /// The end of the IP packet.
    var end: Int
    var isIPv6: Bool
    var isUDP: Bool

    /// TCP never sends segments of less payload than this (Linux: `TCP_MIN_SND_MSS` without its 40 bytes of headers).
    static let smallestTCPSegment = 8
    /// The most datagrams that a sender may pack into one (Linux: `UDP_MAX_SEGMENTS`).
    static let mostUDPSegments = 128
    /// VLAN tags and MPLS labels that are looked behind.
    static let mostTags = 16

    init(_ frame: UnsafeRawBufferPointer, _ offload: VirtioNetHeader) throws(OffloadFault) {
        let ecn = offload.gsoType & VirtioNetHeader.gsoECN != 0
        switch offload.gsoType & ~VirtioNetHeader.gsoECN {
        case VirtioNetHeader.gsoTCPv4, VirtioNetHeader.gsoTCPv6: isUDP = false
        case VirtioNetHeader.gsoUDPL4 where !ecn: isUDP = true
        default: throw .unknownType
        }
        guard let start = frame.baseAddress, let (l3, isIPv6) = Self.network(start, frame.count) else {
            throw .headerMismatch
        }
        self.l3 = l3
        self.isIPv6 = isIPv6
        let packet = UnsafeRawBufferPointer(rebasing: frame[l3...])
        let transport: UInt8
        if isIPv6 {
            guard let ip = IPv6Header(parsing: packet) else { throw .headerMismatch }
            end = l3 + IPv6Header.byteCount + ip.payloadByteCount
            guard end <= frame.count, let walk = IPv6ExtensionWalk(packet), walk.fragmentOffset < 0 else {
                throw .headerMismatch
            }
            l4 = l3 + walk.transportOffset
            transport = walk.transportProtocol
        } else {
            guard let ip = IPv4Header(parsing: packet), !ip.isFragment else { throw .headerMismatch }
            end = l3 + ip.totalByteCount
            l4 = l3 + ip.headerByteCount
            transport = ip.payloadProtocol
        }
        guard end <= frame.count, transport == (isUDP ? IPProtocol.udp : IPProtocol.tcp) else { throw .headerMismatch }
        if offload.gsoType & ~VirtioNetHeader.gsoECN == VirtioNetHeader.gsoTCPv4, isIPv6 { throw .headerMismatch }
        if offload.gsoType & ~VirtioNetHeader.gsoECN == VirtioNetHeader.gsoTCPv6, !isIPv6 { throw .headerMismatch }
        let checksumOffset: Int
        let size = Int(offload.gsoSize)
        if isUDP {
            payload = l4 + UDPHeader.byteCount
            checksumOffset = UDPHeader.Offset.checksum
            guard payload <= end else { throw .headerMismatch }
            guard size > 0, end - payload <= size * Self.mostUDPSegments else { throw .segmentSize }
        } else {
            guard l4 + TCPHeader.byteCount <= end else { throw .headerMismatch }
            let headerByteCount = Int(start.loadByte(at: l4 + TCPHeader.Offset.dataOffset) >> 4) * 4
            payload = l4 + headerByteCount
            checksumOffset = TCPHeader.Offset.checksum
            guard headerByteCount >= TCPHeader.byteCount, payload <= end else { throw .headerMismatch }
            guard size >= Self.smallestTCPSegment else { throw .segmentSize }
        }
        if offload.flags & VirtioNetHeader.needsChecksum != 0 {
            guard Int(offload.checksumStart) == l4, Int(offload.checksumOffset) == checksumOffset else {
                throw .checksumMismatch
            }
        }
    }

    /// The offset and version of the IP header behind VLAN tags and MPLS labels, or nil.
    private static func network(_ start: UnsafeRawPointer, _ count: Int) -> (Int, isIPv6: Bool)? {
        guard count >= EthernetHeader.byteCount else { return nil }
        var type = start.loadBigEndian16(at: EthernetHeader.Offset.etherType)
        var offset = EthernetHeader.byteCount
        var tags = 0
        while EtherType.isVLAN(type) {
            guard tags < mostTags, offset + VLANTag.byteCount <= count else { return nil }
            type = start.loadBigEndian16(at: offset + 2)
            offset += VLANTag.byteCount
            tags += 1
        }
        if type == EtherType.ipv4 { return (offset, false) }
        if type == EtherType.ipv6 { return (offset, true) }
        guard EtherType.isMPLS(type) else { return nil }
        while true {
            guard tags < mostTags, offset + MPLSLabel.byteCount < count else { return nil }
            let entry = MPLSLabel(rawValue: start.loadBigEndian32(at: offset))
            offset += MPLSLabel.byteCount
            tags += 1
            if entry.isBottom { break }
        }
        // What an MPLS stack carries is told by the version nibble.
        switch start.loadByte(at: offset) >> 4 {
        case 4: return (offset, false)
        case 6: return (offset, true)
        default: return nil
        }
    }
}

/// Cuts one super-packet into the frames that a wire would carry, one at a time.
///
///     var segmenter = try Segmenter(packet)
///     while let segment = segmenter.next(from: &pool) { queue(segment) }
///     pool.release(packet)
///
/// The super-packet is read, never changed: it may have other holders. It stays the caller's.
/// Each segment takes over queue, link, stamp and due time.
public struct Segmenter {
    private let packet: PacketRef
    private let layout: SuperPacketLayout
    private let finishChecksums: Bool
    /// Bytes of payload in each segment but the last.
    public let segmentByteCount: Int
    /// Segments that stay together in one packet.
    private let together: Int
    /// Packets in all: segments, or super-packets of `together` segments.
    public let count: Int
    /// Packets that `next` has given.
    public private(set) var produced = 0
    private var offset: Int
    /// The sum of the IPv4 header without length, identification and checksum.
    private var networkSum = InternetChecksum()
    /// The pseudo-header's sum without the length.
    private var transportSum = InternetChecksum()

    /// Whether all segments have been given. When `next` gives nil and this is false, the pool is at its limit.
    public var isFinished: Bool { produced == count }

    /// - Parameters:
    ///   - packet: a super-packet.
    ///   - mtu: the largest IP packet in bytes that may result. It makes the segments of TCP smaller than the sender
    ///     chose; datagrams of UDP keep their size.
    ///   - together: how many segments stay together in one smaller super-packet.
    ///   - finishChecksums: compute the transport checksums. Without it the segments have `needsChecksum` set, which
    ///     TAP devices take and which costs no pass over the payload.
    /// - Throws: what is wrong with the offload header.
    public init(
        _ packet: PacketRef, mtu: Int? = nil, together: Int = 1, finishChecksums: Bool = false
    ) throws(OffloadFault) {
        layout = try SuperPacketLayout(UnsafeRawBufferPointer(packet.bytes), packet.pointee.offload)
        self.packet = packet
        self.finishChecksums = finishChecksums
        var size = Int(packet.pointee.offload.gsoSize)
        if let mtu, !layout.isUDP {
            let room = mtu - (layout.payload - layout.l3)
            guard room >= SuperPacketLayout.smallestTCPSegment else { throw .segmentSize }
            size = Swift.min(size, room)
        }
        segmentByteCount = size
        // No more than are in the packet: the product stays small.
        let payload = layout.end - layout.payload
        self.together = Swift.max(1, Swift.min(together, payload / size + 1))
        count = Swift.max(1, (payload + size * self.together - 1) / (size * self.together))
        offset = layout.payload
        prepareSums()
    }

    private mutating func prepareSums() {
        let network = packet.pointee.data + layout.l3
        if layout.isIPv6 {
            // The addresses as they stand in the frame. With a routing header the pseudo-header has the final
            // destination instead (RFC 8200, 8.1); senders do not segment in hardware then.
            transportSum.add(UnsafeRawBufferPointer(start: network + IPv6Header.Offset.source, count: 32))
        } else {
            transportSum.add(UnsafeRawBufferPointer(start: network + IPv4Header.Offset.source, count: 8))
            networkSum.add(UnsafeRawBufferPointer(start: network, count: layout.l4 - layout.l3))
            networkSum.subtract(network.loadBigEndian16(at: IPv4Header.Offset.totalLength))
            networkSum.subtract(network.loadBigEndian16(at: IPv4Header.Offset.identification))
            networkSum.subtract(network.loadBigEndian16(at: IPv4Header.Offset.checksum))
        }
        transportSum.add(UInt16(layout.isUDP ? IPProtocol.udp : IPProtocol.tcp))
    }

    /// The next packet, the caller's to release; nil when all have been given or the pool is at its limit.
    public mutating func next(from pool: inout PacketPool) -> PacketRef? {
        guard produced < count else { return nil }
        let payloadByteCount = Swift.min(segmentByteCount &* together, layout.end - offset)
        let headerByteCount = layout.payload
        let length = headerByteCount + payloadByteCount
        guard let segment = pool.allocate(frameByteCount: length) else { return nil }
        segment.pointee.length = length
        segment.pointee.queue = packet.pointee.queue
        segment.pointee.link = packet.pointee.link
        segment.pointee.stamp = packet.pointee.stamp
        segment.pointee.due = packet.pointee.due
        let data = segment.pointee.data
        data.copyMemory(from: packet.pointee.data, byteCount: headerByteCount)
        (data + headerByteCount).copyMemory(from: packet.pointee.data + offset, byteCount: payloadByteCount)
        writeNetwork(data + layout.l3, byteCount: length - layout.l3)
        writeTransport(segment, byteCount: length - layout.l4)
        offset += payloadByteCount
        produced += 1
        return segment
    }

    private func writeNetwork(_ network: UnsafeMutableRawPointer, byteCount: Int) {
        if layout.isIPv6 {
            let payload = UInt16(truncatingIfNeeded: byteCount - IPv6Header.byteCount)
            network.storeBigEndian(payload, at: IPv6Header.Offset.payloadLength)
            return
        }
        let length = UInt16(truncatingIfNeeded: byteCount)
        let first = network.loadBigEndian16(at: IPv4Header.Offset.identification)
        let identification = first &+ UInt16(truncatingIfNeeded: produced &* together)
        var sum = networkSum
        sum.add(length)
        sum.add(identification)
        network.storeBigEndian(length, at: IPv4Header.Offset.totalLength)
        network.storeBigEndian(identification, at: IPv4Header.Offset.identification)
        network.storeBigEndian(sum.value, at: IPv4Header.Offset.checksum)
    }

    private func writeTransport(_ segment: PacketRef, byteCount: Int) {
        let transport = segment.pointee.data + layout.l4
        let checksumOffset: Int
        if layout.isUDP {
            transport.storeBigEndian(UInt16(truncatingIfNeeded: byteCount), at: UDPHeader.Offset.length)
            checksumOffset = UDPHeader.Offset.checksum
        } else {
            let sequence = transport.loadBigEndian32(at: TCPHeader.Offset.sequence)
            let passed = UInt32(truncatingIfNeeded: offset - layout.payload)
            transport.storeBigEndian(sequence &+ passed, at: TCPHeader.Offset.sequence)
            var flags = transport.loadByte(at: TCPHeader.Offset.flags)
            if produced > 0 { flags &= ~UInt8(TCPHeader.Flag.cwr) }
            if produced + 1 < count { flags &= ~UInt8(TCPHeader.Flag.fin | TCPHeader.Flag.psh) }
            transport.storeByte(flags, at: TCPHeader.Offset.flags)
            checksumOffset = TCPHeader.Offset.checksum
        }
        var sum = transportSum
        sum.add(UInt16(truncatingIfNeeded: byteCount))
        transport.storeBigEndian(sum.folded, at: checksumOffset)
        segment.pointee.offload.flags = VirtioNetHeader.needsChecksum
        segment.pointee.offload.checksumStart = UInt16(truncatingIfNeeded: layout.l4)
        segment.pointee.offload.checksumOffset = UInt16(truncatingIfNeeded: checksumOffset)
        if segment.pointee.length > layout.payload + segmentByteCount {
            segment.pointee.offload.gsoType = packet.pointee.offload.gsoType
            segment.pointee.offload.gsoSize = UInt16(truncatingIfNeeded: segmentByteCount)
            segment.pointee.offload.headerLength = UInt16(truncatingIfNeeded: layout.payload)
            // Only the first segment of all says that the congestion window was reduced.
            if produced > 0 { segment.pointee.offload.gsoType &= ~VirtioNetHeader.gsoECN }
        }
        if finishChecksums { Segmentation.finishChecksum(segment) }
    }
}
