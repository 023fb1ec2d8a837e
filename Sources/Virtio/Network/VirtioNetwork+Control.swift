import Board

extension VirtioNetwork {
    /// Commands of the control queue (virtio 1.2, clause 5.1.6.5): class, command, data; one byte answers, 0 for done.
    func control(_ index: Int) {
        session?.drain(index) { (queue, chain) throws(VirtqueueError) in
            guard chain.writableByteCount >= 1 else {
                throw .badRequest("a control command without room for an answer")
            }
            // The longest is a table of addresses; nobody keeps longer ones than this.
            let bytes = chain.bytes(count: 1 << 16)
            let isDone = bytes.count >= 2 && perform(bytes[0], bytes[1], Array(bytes[2...]))
            queue.giveBack(chain.head, written: chain.write([isDone ? 0 : 1]))
            return true
        }
    }

    private func perform(_ kind: UInt8, _ command: UInt8, _ data: [UInt8]) -> Bool {
        guard let session else { return false }
        switch kind {
        case 0: return session.has(NetworkFeature.controlReceive) && setReceiveMode(command, data)
        case 1: return setAddresses(command, data)
        case 2:
            guard session.has(NetworkFeature.controlVLAN), data.count >= 2, command < 2 else { return false }
            let number = UInt16(data[0]) | UInt16(data[1]) << 8
            guard number < 4096 else { return false }
            filter.setVLAN(number, command == 0)
            return true
        case 3:
            guard command == 0, needsAnnouncement else { return false }
            needsAnnouncement = false
            return true
        case 4:
            guard session.has(NetworkFeature.multiQueue), command == 0, data.count >= 2 else { return false }
            let count = Int(data[0]) | Int(data[1]) << 8
            guard count >= 1, count <= pairCount else { return false }
            activePairCount = count
            return true
        case 5:
            guard session.has(NetworkFeature.controlGuestOffloads), command == 0, data.count >= 8 else { return false }
            let wanted = (0..<8).reduce(UInt64(0)) { $0 | UInt64(data[$1]) << UInt64(8 * $1) }
            let possible = NetworkFeature.guestOffloads.reduce(UInt64(0)) { $0 | $1.feature }
            guard wanted & ~(possible & session.features) == 0 else { return false }
            setGuestOffloads(wanted)
            return true
        default: return false
        }
    }

    private func setReceiveMode(_ command: UInt8, _ data: [UInt8]) -> Bool {
        guard let value = data.first else { return false }
        let isOn = value != 0
        switch command {
        case 0: filter.isPromiscuous = isOn
        case 1: filter.allMulticast = isOn
        case 2: filter.allUnicast = isOn
        case 3: filter.noMulticast = isOn
        case 4: filter.noUnicast = isOn
        case 5: filter.noBroadcast = isOn
        default: return false
        }
        return true
    }

    private func setAddresses(_ command: UInt8, _ data: [UInt8]) -> Bool {
        switch command {
        case 0:
            // Two tables, each with its length before it: unicast and multicast.
            var rest = data[...]
            guard let unicast = table(&rest), let multicast = table(&rest) else { return false }
            filter.unicast = unicast.addresses
            filter.multicast = multicast.addresses
            filter.hasUnicastOverflow = unicast.isTooLong
            filter.hasMulticastOverflow = multicast.isTooLong
            return true
        case 1:
            guard session?.has(NetworkFeature.controlMAC) == true, data.count >= 6 else { return false }
            filter.mac = NetworkFilter.address(data)
            return true
        default: return false
        }
    }

    private func table(_ rest: inout ArraySlice<UInt8>) -> (addresses: Set<UInt64>, isTooLong: Bool)? {
        guard rest.count >= 4 else { return nil }
        let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        guard count <= rest.count / 6 else { return nil }
        defer { rest = rest.dropFirst(6 * count) }
        if count > NetworkFilter.tableLimit { return ([], true) }
        return (Set((0..<count).map { NetworkFilter.address(rest.dropFirst(6 * $0)) }), false)
    }
}
