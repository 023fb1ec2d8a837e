import Wire

// Application-layer gateways: what FTP and TFTP say of connections to come, and what has to be changed in it under translation.

extension ConnectionTracker {
    /// Follows what is said on a connection with a helper.
    /// - Parameter translates: whether the packet is translated now.
    mutating func listen(
        _ slot: Int32, isReply: Bool, _ packet: TrackedPacket, translates: Bool, _ verdict: inout ConnectionVerdict
    ) {
        guard !packet.isError, !verdict.metadata.state.contains(.invalid) else { return }
        switch table[slot].pointee.helper {
        case .ftp:
            // Shifts that stand move this segment's acknowledgment; the text decides on its own sequence numbers.
            if translates { shiftAcknowledgment(slot, isReply: isReply, packet, &verdict) }
            if !packet.payload.isEmpty {
                listenToFTP(slot, isReply: isReply, packet, translates: translates, &verdict)
            }
            if translates { shiftSequence(slot, isReply: isReply, packet, &verdict) }
        case .tftp: if !isReply { announceTransfer(slot) }
        case nil: break
        }
    }

    private func shiftAcknowledgment(
        _ slot: Int32, isReply: Bool, _ packet: TrackedPacket, _ verdict: inout ConnectionVerdict
    ) {
        let other = isReply ? table[slot].pointee.forwardShift : table[slot].pointee.reverseShift
        guard !other.isIdle, packet.segment.has(TCPHeader.Flag.ack) else { return }
        verdict.acknowledgmentShift = 0 &- other.shift(ofAcknowledgment: packet.segment.acknowledgment)
    }

    private func shiftSequence(
        _ slot: Int32, isReply: Bool, _ packet: TrackedPacket, _ verdict: inout ConnectionVerdict
    ) {
        let own = isReply ? table[slot].pointee.reverseShift : table[slot].pointee.forwardShift
        guard !own.isIdle else { return }
        verdict.sequenceShift = own.shift(of: packet.segment.sequence)
    }

    // MARK: FTP

    private mutating func listenToFTP(
        _ slot: Int32, isReply: Bool, _ packet: TrackedPacket, translates: Bool, _ verdict: inout ConnectionVerdict
    ) {
        let message: FTPMessage
        switch FTPMessage.read(packet.payload, isReply: isReply) {
        case .message(let read): message = read
        case .malformed: return reject(&verdict)
        case .other: return
        }
        let connection = table[slot]
        let original = connection.pointee.original
        let reply = connection.pointee.reply
        // Where the speaker is for itself, and for the other end.
        let (own, shown) = isReply ? (reply.source, original.destination) : (original.source, reply.destination)
        if let address = message.address {
            guard
                message.form == .port || message.form == .passive ? !original.isIPv6 : message.isIPv6 == original.isIPv6
            else { return reject(&verdict) }
            // Nobody may announce a connection to a third host.
            guard address == own || address == shown else { return reject(&verdict) }
        }
        // The data connection comes from the other end, as the speaker's side or the other one sees it.
        var key = isReply ? original : reply
        key.sourcePort = 0
        let announcement = Announcement(
            parent: original, mark: connection.pointee.mark, label: connection.pointee.label, target: own,
            targetPort: message.port, source: isReply ? reply.destination : original.destination,
            translatesSource: isReply
                ? connection.pointee.translatesSource : connection.pointee.translatesDestination,
            translatesDestination: isReply
                ? connection.pointee.translatesDestination : connection.pointee.translatesSource)
        if !connection.pointee.translatesSource && !connection.pointee.translatesDestination {
            key.destinationPort = message.port
            _ = announce(key, announcement, by: slot)
            return
        }
        // The port may be another's at the translated address: then the next ones are tried, and said.
        let mayChange = translates && own != shown
        var port = message.port
        for step in 0..<(mayChange ? 32 : 1) {
            let next = Int(message.port) + step
            key.destinationPort = UInt16(next > 65535 ? next - 65536 + 1024 : next)
            if announce(key, announcement, by: slot) {
                port = key.destinationPort
                break
            }
        }
        guard translates, message.address ?? shown != shown || port != message.port else { return }
        verdict.replacement = message.text(address: shown, port: port)
        verdict.replacedOffset = message.range.lowerBound
        verdict.replacedCount = message.range.count
        let change = Int32(verdict.replacement.count - verdict.replacedCount)
        let sequence = packet.segment.sequence
        if isReply {
            connection.pointee.reverseShift.add(change, at: sequence)
        } else {
            connection.pointee.forwardShift.add(change, at: sequence)
        }
    }

    private mutating func reject(_ verdict: inout ConnectionVerdict) {
        statistics.invalidMessages &+= 1
        verdict.metadata.state.insert(.invalid)
    }

    // MARK: TFTP

    /// The server answers a request from a port of its own (RFC 1350, 4).
    private mutating func announceTransfer(_ slot: Int32) {
        let connection = table[slot]
        let original = connection.pointee.original
        var key = connection.pointee.reply
        key.sourcePort = 0
        let announcement = Announcement(
            parent: original, mark: connection.pointee.mark, label: connection.pointee.label,
            target: original.source, targetPort: original.sourcePort, source: original.destination,
            translatesSource: connection.pointee.translatesDestination,
            translatesDestination: connection.pointee.translatesSource)
        _ = announce(key, announcement, by: slot)
    }
}
