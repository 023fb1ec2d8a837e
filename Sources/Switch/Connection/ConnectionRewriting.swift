import Wire

/// Carries out what the tracker's verdicts say about packets: addresses, ports, the packet inside an ICMP error, TCP's
/// numbers and the text of a helper's protocol. Checksums are kept by difference, finished or not.
enum ConnectionRewriting {
    /// Changes a packet as `verdict` says.
    /// - Parameters:
    ///   - packet: has one holder.
    ///   - layout: that of the frame; kept in step.
    static func apply(_ verdict: ConnectionVerdict, to packet: PacketRef, _ layout: inout PacketLayout) {
        let before = verdict.before
        let after = verdict.after
        if before != after {
            if verdict.isError { rewriteEmbedded(before.reversed, after.reversed, in: packet, layout) }
            if before.source != after.source {
                PacketEditing.set(before.isIPv6 ? .ipv6Source : .ipv4Source, after.source, in: packet, &layout)
            }
            if before.destination != after.destination {
                PacketEditing.set(
                    before.isIPv6 ? .ipv6Destination : .ipv4Destination, after.destination, in: packet, &layout)
            }
            if !verdict.isError { rewritePorts(before, after, in: packet, &layout) }
        }
        if verdict.sequenceShift != 0 || verdict.acknowledgmentShift != 0 {
            shift(verdict.sequenceShift, verdict.acknowledgmentShift, in: packet, layout)
        }
        if verdict.replacement.count > 0 { replaceText(verdict, in: packet, &layout) }
    }

    private static func rewritePorts(
        _ before: ConnectionKey, _ after: ConnectionKey, in packet: PacketRef, _ layout: inout PacketLayout
    ) {
        if before.isICMP {
            guard before.icmpIdentifier != after.icmpIdentifier,
                let icmp = PacketEditing.header(layout.l4, ICMPHeader.byteCount, in: packet)
            else { return }
            var change = InternetChecksum()
            change.subtract(before.icmpIdentifier)
            change.add(after.icmpIdentifier)
            icmp.storeBigEndian(after.icmpIdentifier, at: ICMPHeader.Offset.rest)
            PacketEditing.transportChanged(by: change, in: packet, layout)
            return
        }
        let fields: (Field, Field)
        switch before.ipProtocol {
        case IPProtocol.tcp: fields = (.tcpSource, .tcpDestination)
        case IPProtocol.udp: fields = (.udpSource, .udpDestination)
        case IPProtocol.sctp: fields = (.sctpSource, .sctpDestination)
        default: return
        }
        if before.sourcePort != after.sourcePort {
            PacketEditing.set(fields.0, FieldValue(after.sourcePort), in: packet, &layout)
        }
        if before.destinationPort != after.destinationPort {
            PacketEditing.set(fields.1, FieldValue(after.destinationPort), in: packet, &layout)
        }
    }

    // MARK: ICMP errors

    /// Changes the packet inside an ICMP error, whose key is `before`. Its own checksums are kept as far as they are there,
    /// and the ICMP checksum follows from all bytes changed.
    private static func rewriteEmbedded(
        _ before: ConnectionKey, _ after: ConnectionKey, in packet: PacketRef, _ layout: PacketLayout
    ) {
        let end = min(Int(layout.end), packet.pointee.length)
        let start = Int(layout.l4) + ICMPHeader.byteCount
        guard layout.l4 >= 0, start < end else { return }
        let bytes = UnsafeMutableRawBufferPointer(start: packet.pointee.data + start, count: end - start)
        guard let ip = bytes.baseAddress,
            let embedded = EmbeddedPacket(UnsafeRawBufferPointer(bytes), isIPv6: before.isIPv6)
        else { return }
        var change = InternetChecksum()
        var addressChange = InternetChecksum()
        for (old, new, isSource) in [
            (before.source, after.source, true), (before.destination, after.destination, false),
        ] where old != new {
            var difference = InternetChecksum()
            difference.subtract(old.high)
            difference.subtract(old.low)
            difference.add(new.high)
            difference.add(new.low)
            addressChange.add(difference)
            if before.isIPv6 {
                let place = ip + (isSource ? IPv6Header.Offset.source : IPv6Header.Offset.destination)
                IPv6Address(high: new.high, low: new.low).write(to: place)
            } else {
                ip.storeBigEndian(
                    UInt32(truncatingIfNeeded: new.low),
                    at: isSource ? IPv4Header.Offset.source : IPv4Header.Offset.destination)
            }
        }
        change.add(addressChange)
        if !before.isIPv6 {
            replaceSum(at: ip + IPv4Header.Offset.checksum, by: addressChange, isUDP: false, &change)
        }
        let offset = embedded.transportOffset
        let left = bytes.count - offset
        guard left >= 8 else { return finish(change, in: packet, layout) }
        let transport = ip + offset
        var portChange = InternetChecksum()
        if before.isICMP {
            setPort(after.icmpIdentifier, at: transport + ICMPHeader.Offset.rest, &portChange)
        } else if before.hasPorts {
            setPort(after.sourcePort, at: transport, &portChange)
            setPort(after.destinationPort, at: transport + 2, &portChange)
        }
        // The difference of 16-bit words does not depend on where they stand, as long as that is even.
        let isOdd = (offset + start) & 1 != (start & 1)
        if !isOdd { change.add(portChange) }
        var covered = portChange
        if !(before.isICMP && !before.isIPv6) { covered.add(addressChange) }
        let sumOffset: Int? =
            switch before.ipProtocol {
            case IPProtocol.tcp: TCPHeader.Offset.checksum
            case IPProtocol.udp: UDPHeader.Offset.checksum
            case _ where before.isICMP: ICMPHeader.Offset.checksum
            default: nil
            }
        if let sumOffset, left >= sumOffset + 2 {
            replaceSum(at: transport + sumOffset, by: covered, isUDP: before.ipProtocol == IPProtocol.udp, &change)
        }
        finish(change, in: packet, layout)
    }

    private static func setPort(
        _ port: UInt16, at place: UnsafeMutableRawPointer, _ change: inout InternetChecksum
    ) {
        change.subtract(place.loadBigEndian16())
        change.add(port)
        place.storeBigEndian(port)
    }

    /// Carries `difference` into a checksum, and what that changes into `change`.
    private static func replaceSum(
        at place: UnsafeMutableRawPointer, by difference: InternetChecksum, isUDP: Bool,
        _ change: inout InternetChecksum
    ) {
        let old = place.loadBigEndian16()
        if isUDP, old == 0 { return }
        var sum = InternetChecksum(continuing: ~old)
        sum.add(difference)
        let new = isUDP && sum.value == 0 ? 0xffff : sum.value
        change.subtract(old)
        change.add(new)
        place.storeBigEndian(new)
    }

    private static func finish(_ change: InternetChecksum, in packet: PacketRef, _ layout: PacketLayout) {
        PacketEditing.transportChanged(by: change, in: packet, layout)
    }

    // MARK: TCP

    /// Adds to TCP's numbers, those in selective acknowledgments included (RFC 2018).
    private static func shift(
        _ sequence: Int32, _ acknowledgment: Int32, in packet: PacketRef, _ layout: PacketLayout
    ) {
        guard layout.ipProtocol == IPProtocol.tcp,
            let tcp = PacketEditing.header(layout.l4, TCPHeader.byteCount, in: packet)
        else { return }
        var change = InternetChecksum()
        add(sequence, at: tcp + TCPHeader.Offset.sequence, isEven: true, &change)
        if acknowledgment != 0 {
            add(acknowledgment, at: tcp + TCPHeader.Offset.acknowledgment, isEven: true, &change)
            let length = Int(tcp.loadByte(at: TCPHeader.Offset.dataOffset) >> 4) * 4
            let isThere = Int(layout.l4) + length <= min(Int(layout.end), packet.pointee.length)
            var at = TCPHeader.byteCount
            options: while isThere, at + 2 <= length {
                switch tcp.loadByte(at: at) {
                case 0: break options
                case 1: at += 1
                case let kind:
                    let count = Int(tcp.loadByte(at: at + 1))
                    guard count >= 2, at + count <= length else { break options }
                    if kind == 5 {
                        for edge in stride(from: at + 2, to: at + count - 3, by: 4) {
                            add(acknowledgment, at: tcp + edge, isEven: edge & 1 == 0, &change)
                        }
                    }
                    at += count
                }
            }
        }
        PacketEditing.transportChanged(by: change, in: packet, layout)
    }

    /// - Parameter isEven: whether the number starts at an even offset of what the checksum covers; else its bytes
    ///   count as those of words one byte further on.
    private static func add(
        _ shift: Int32, at place: UnsafeMutableRawPointer, isEven: Bool, _ change: inout InternetChecksum
    ) {
        guard shift != 0 else { return }
        let old = place.loadBigEndian32()
        let new = old &+ UInt32(bitPattern: shift)
        place.storeBigEndian(new)
        change.subtract(isEven ? old : old << 8 | old >> 24)
        change.add(isEven ? new : new << 8 | new >> 24)
    }

    // MARK: Text

    /// Puts other text in place of some of the payload: the packet may grow or shrink.
    private static func replaceText(
        _ verdict: ConnectionVerdict, in packet: PacketRef, _ layout: inout PacketLayout
    ) {
        let end = min(Int(layout.end), packet.pointee.length)
        guard layout.ipProtocol == IPProtocol.tcp, layout.l4 >= 0, layout.l3 >= 0 else { return }
        let transport = packet.pointee.data + Int(layout.l4)
        let header = Int(transport.loadByte(at: TCPHeader.Offset.dataOffset) >> 4) * 4
        let start = Int(layout.l4) + header + verdict.replacedOffset
        let tail = start + verdict.replacedCount
        let change = verdict.replacement.count - verdict.replacedCount
        guard start <= tail, tail <= end, change <= packet.tailroom + (packet.pointee.length - end) else { return }
        let ip = packet.pointee.data + Int(layout.l3)
        let lengthPlace = layout.network == .ipv4 ? IPv4Header.Offset.totalLength : IPv6Header.Offset.payloadLength
        let oldLength = ip.loadBigEndian16(at: lengthPlace)
        guard let newLength = UInt16(exactly: Int(oldLength) + change) else { return }
        // The payload moves against the words that the checksum counts: it is taken out and put back whole.
        var difference = InternetChecksum()
        difference.subtract(sum(packet, from: start, to: end, origin: Int(layout.l4)))
        // Ethernet padding behind the packet is of no use any more.
        packet.pointee.length = end + change
        let bytes = packet.pointee.data
        (bytes + tail + change).copyMemory(from: bytes + tail, byteCount: end - tail)
        for index in 0..<verdict.replacement.count {
            bytes.storeByte(verdict.replacement.bytes[index], at: start + index)
        }
        difference.add(sum(packet, from: start, to: end + change, origin: Int(layout.l4)))
        layout.end = Int32(truncatingIfNeeded: end + change)
        ip.storeBigEndian(newLength, at: lengthPlace)
        if layout.network == .ipv4 {
            let checksum = ip.loadBigEndian16(at: IPv4Header.Offset.checksum)
            ip.storeBigEndian(
                InternetChecksum.update(checksum, from: oldLength, to: newLength), at: IPv4Header.Offset.checksum)
        }
        PacketEditing.transportChanged(by: difference, in: packet, layout)
        // The pseudo-header has the length too.
        var pseudo = InternetChecksum()
        pseudo.subtract(oldLength)
        pseudo.add(newLength)
        PacketEditing.addressesChanged(by: pseudo, in: packet, layout)
    }

    /// The folded sum of some bytes, as it counts for a checksum that starts at `origin`.
    private static func sum(_ packet: PacketRef, from start: Int, to end: Int, origin: Int) -> UInt16 {
        var sum = InternetChecksum()
        sum.add(UnsafeRawBufferPointer(start: packet.pointee.data + start, count: end - start))
        let folded = sum.folded
        return (start - origin) & 1 == 0 ? folded : folded << 8 | folded >> 8
    }
}
