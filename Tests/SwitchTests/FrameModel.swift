import Switch
import Wire

/// A frame as a set of fields, and the plainest way to make bytes of it: what editing and segmentation are compared with.
struct FrameModel {
    enum Transport: CaseIterable { case tcp, udp, udpWithoutChecksum, sctp, icmp, solicitation }

    var destination = MACAddress(2, 0, 0, 0, 0, 2)
    var source = MACAddress(2, 0, 0, 0, 0, 1)
    var tags: [VLANTag] = []
    var labels: [MPLSLabel] = []
    var isIPv6 = false
    var source4 = IPv4Address(10, 0, 0, 1)
    var destination4 = IPv4Address(10, 0, 0, 2)
    var source6 = IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)
    var destination6 = IPv6Address(high: 0x2001_0db8_0000_0000, low: 2)
    var trafficClass: UInt8 = 0
    var flowLabel: UInt32 = 0
    var timeToLive: UInt8 = 64
    var identification: UInt16 = 0xfffe
    /// IPv4 options, or a destination options header of IPv6 that they fill: 8 bytes at least.
    var options: [UInt8] = []
    var transport = Transport.tcp
    var sourcePort: UInt16 = 1000
    var destinationPort: UInt16 = 2000
    var sequence: UInt32 = 0xffff_ff00
    var flags: UInt16 = TCPHeader.Flag.ack
    /// ICMP's type and code.
    var type: UInt8 = 8
    var code: UInt8 = 0
    /// Neighbour discovery.
    var target = IPv6Address(high: 0xfe80 << 48, low: 9)
    var linkLayer = MACAddress(2, 0, 0, 0, 0, 9)
    var payload: [UInt8] = []

    var ipProtocol: UInt8 {
        switch transport {
        case .tcp: IPProtocol.tcp
        case .udp, .udpWithoutChecksum: IPProtocol.udp
        case .sctp: IPProtocol.sctp
        case .icmp: isIPv6 ? IPProtocol.icmpv6 : IPProtocol.icmp
        case .solicitation: IPProtocol.icmpv6
        }
    }

    var l3: Int { 14 + 4 * tags.count + 4 * labels.count }
    var l4: Int { l3 + (isIPv6 ? 40 : 20) + options.count }
    var checksumOffset: Int {
        switch transport {
        case .tcp: 16
        case .udp, .udpWithoutChecksum: 6
        case .sctp: 8
        case .icmp, .solicitation: 2
        }
    }
    var transportByteCount: Int {
        switch transport {
        case .tcp: 20
        case .udp, .udpWithoutChecksum: 8
        case .sctp: 12
        case .icmp: 8
        case .solicitation: 32
        }
    }

    /// The frame's bytes.
    /// - Parameter isFinished: with the transport's checksum; otherwise with the pseudo-header's sum in its place.
    func bytes(isFinished: Bool = true) -> [UInt8] {
        let total = l4 + transportByteCount + payload.count
        var bytes = [UInt8](repeating: 0, count: total)
        bytes.withUnsafeMutableBytes { frame in
            writeTags(frame)
            writeNetwork(UnsafeMutableRawBufferPointer(rebasing: frame[l3...]))
            writeTransport(UnsafeMutableRawBufferPointer(rebasing: frame[l4...]), isFinished: isFinished)
        }
        return bytes
    }

    private func writeTags(_ frame: UnsafeMutableRawBufferPointer) {
        let network = isIPv6 ? EtherType.ipv6 : EtherType.ipv4
        var types = tags.map(\.protocolIdentifier)
        types.append(labels.isEmpty ? network : EtherType.mpls)
        EthernetHeader(destination: destination, source: source, etherType: types[0]).emit(into: frame)
        var offset = 14
        for (tag, next) in zip(tags, types.dropFirst()) {
            frame.baseAddress!.storeBigEndian(tag.control, at: offset)
            frame.baseAddress!.storeBigEndian(next, at: offset + 2)
            offset += 4
        }
        for label in labels {
            label.emit(into: UnsafeMutableRawBufferPointer(rebasing: frame[offset...]))
            offset += 4
        }
    }

    private func writeNetwork(_ packet: UnsafeMutableRawBufferPointer) {
        if isIPv6 {
            let header = IPv6Header(
                source: source6, destination: destination6,
                nextHeader: options.isEmpty ? ipProtocol : IPProtocol.destinationOptions,
                payloadByteCount: packet.count - 40, hopLimit: timeToLive, trafficClass: trafficClass,
                flowLabel: flowLabel)
            header.emit(into: packet)
            for (index, byte) in options.enumerated() { packet[40 + index] = byte }
            if !options.isEmpty {
                packet[40] = ipProtocol
                packet[41] = UInt8(options.count / 8 - 1)
            }
        } else {
            for (index, byte) in options.enumerated() { packet[20 + index] = byte }
            let header = IPv4Header(
                source: source4, destination: destination4, payloadProtocol: ipProtocol,
                payloadByteCount: packet.count - 20 - options.count, optionByteCount: options.count,
                timeToLive: timeToLive, trafficClass: trafficClass, identification: identification)
            header.emit(into: packet)
        }
    }

    private func writeTransport(_ segment: UnsafeMutableRawBufferPointer, isFinished: Bool) {
        let start = segment.baseAddress!
        switch transport {
        case .tcp:
            TCPHeader(
                sourcePort: sourcePort, destinationPort: destinationPort, sequence: sequence, acknowledgment: 7,
                flags: flags
            ).emit(into: segment)
        case .udp, .udpWithoutChecksum:
            UDPHeader(sourcePort: sourcePort, destinationPort: destinationPort, payloadByteCount: payload.count)
                .emit(into: segment)
        case .sctp:
            SCTPHeader(sourcePort: sourcePort, destinationPort: destinationPort, verificationTag: 5).emit(into: segment)
        case .icmp:
            ICMPHeader(type: type, code: code, rest: 0x0001_0002).emit(into: segment)
        case .solicitation:
            ICMPHeader(type: ICMPHeader.V6.neighborSolicitation, code: code).emit(into: segment)
            target.write(to: start + 8)
            start.storeBigEndian(UInt16(0x0101), at: 24)
            linkLayer.write(to: start + 26)
        }
        for (index, byte) in payload.enumerated() { segment[transportByteCount + index] = byte }
        var sum = InternetChecksum()
        switch transport {
        case .udpWithoutChecksum: return
        case .sctp:
            if isFinished {
                start.storeBigEndian(
                    CRC32C.checksum(of: UnsafeRawBufferPointer(segment)).byteSwapped, at: checksumOffset)
            }
            return
        case .icmp where !isIPv6: break
        default:
            if isIPv6 {
                sum.addPseudoHeader(
                    source: source6, destination: destination6, protocol: ipProtocol, byteCount: segment.count)
            } else {
                sum.addPseudoHeader(
                    source: source4, destination: destination4, protocol: ipProtocol, byteCount: segment.count)
            }
        }
        if isFinished {
            sum.add(UnsafeRawBufferPointer(segment))
            start.storeBigEndian(transport == .udp && sum.value == 0 ? 0xffff : sum.value, at: checksumOffset)
        } else {
            start.storeBigEndian(sum.folded, at: checksumOffset)
        }
    }

    /// The offload header that goes with the frame while its checksum is unfinished.
    var unfinishedOffload: VirtioNetHeader {
        var offload = VirtioNetHeader()
        offload.flags = VirtioNetHeader.needsChecksum
        offload.checksumStart = UInt16(l4)
        offload.checksumOffset = UInt16(checksumOffset)
        return offload
    }

    /// The offload header that makes a super-packet of the frame.
    func superOffload(segment: UInt16) -> VirtioNetHeader {
        var offload = unfinishedOffload
        offload.gsoSize = segment
        offload.gsoType =
            transport == .udp
            ? VirtioNetHeader.gsoUDPL4 : isIPv6 ? VirtioNetHeader.gsoTCPv6 : VirtioNetHeader.gsoTCPv4
        return offload
    }
}

extension PacketPool {
    /// A packet of the frame's bytes.
    mutating func packet(_ bytes: [UInt8], _ offload: VirtioNetHeader = VirtioNetHeader()) -> PacketRef {
        let packet = bytes.withUnsafeBytes { allocate(copying: $0) }!
        packet.pointee.offload = offload
        return packet
    }
}
