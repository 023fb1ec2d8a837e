import Wire

// Source and destination translation of new connections: the choice of the reply key.

extension ConnectionTracker {
    /// Ports for connections whose range says none: those of a port's own class, as the kernel and Open vSwitch have it.
    private static func portClass(of port: UInt16) -> ClosedRange<UInt16> {
        if port < 512 { return 1...511 }
        if port < 1024 { return 600...1023 }
        return 1024...65535
    }

    /// Tries in a row at first; each further row, from a random port, is half as long.
    private static let attempts = 128

    /// Chooses addresses and ports within `translation` so that the reply key is nobody else's.
    /// - Returns: whether there are any.
    mutating func chooseReply(
        _ connection: inout Connection, _ translation: AddressTranslation, now: UInt64
    ) -> Bool {
        let key = connection.original
        let choice = rangeHash(key, translation)
        // The other end's answers go to the source's new address, or come from the destination's.
        switch translation.direction {
        case .source: connection.reply.destination = address(in: translation, key.source, isIPv6: key.isIPv6, choice)
        case .destination:
            connection.reply.source = address(in: translation, key.destination, isIPv6: key.isIPv6, choice)
        case nil: break
        }
        guard key.hasPorts || key.isICMP else { return isFree(connection.reply, now: now) }
        if translation.direction == .destination {
            if let ports = translation.ports, key.hasPorts {
                let start = firstPort(key.destinationPort, in: ports, translation, choice)
                connection.reply.sourcePort = start
                if isFree(connection.reply, now: now) { return true }
                if search(\.sourcePort, of: &connection, in: ports, from: start, now: now) { return true }
                connection.reply.sourcePort = start
            }
            if isFree(connection.reply, now: now) { return true }
        } else if let ports = translation.ports, translation.direction == .source, key.hasPorts {
            let start = firstPort(key.sourcePort, in: ports, translation, choice)
            return search(\.destinationPort, of: &connection, in: ports, from: start, now: now)
        } else if isFree(connection.reply, now: now) {
            return true
        }
        let own = key.isICMP ? 0...UInt16.max : Self.portClass(of: key.sourcePort)
        return search(\.destinationPort, of: &connection, in: own, from: key.sourcePort, now: now)
    }

    /// Tries ports of a range in a row, from `start`, then from random places.
    private mutating func search(
        _ port: WritableKeyPath<ConnectionKey, UInt16>, of connection: inout Connection, in range: ClosedRange<UInt16>,
        from start: UInt16, now: UInt64
    ) -> Bool {
        var attempts = min(range.count, Self.attempts)
        var offset = range.contains(start) ? Int(start) - Int(range.lowerBound) : 0
        while true {
            for step in 0..<attempts {
                connection.reply[keyPath: port] = range.lowerBound + UInt16((offset + step) % range.count)
                if isFree(connection.reply, now: now) { return true }
            }
            guard attempts < range.count, attempts >= 16 else { return false }
            attempts /= 2
            offset = random.integer(below: range.count)
        }
    }

    private mutating func isFree(_ key: ConnectionKey, now: UInt64) -> Bool { findLive(key, now: now).slot < 0 }

    /// A connection keeps its port where the range has it and nothing else is asked for.
    private mutating func firstPort(
        _ port: UInt16, in range: ClosedRange<UInt16>, _ translation: AddressTranslation, _ choice: UInt64
    ) -> UInt16 {
        if translation.random { return range.lowerBound + UInt16(random.integer(below: range.count)) }
        if !translation.hash && range.contains(port) { return port }
        return range.lowerBound + UInt16((choice >> 32) % UInt64(range.count))
    }

    /// What chooses within a range: the same for the same connection and, with `persistent`, for the same host.
    private func rangeHash(_ key: ConnectionKey, _ translation: AddressTranslation) -> UInt64 {
        var chosen = key
        if translation.persistent {
            chosen.destination = .zero
            chosen.sourcePort = 0
            chosen.destinationPort = 0
        }
        let low = UInt64(chosen.hash(seed: seed ^ 0x9e37_79b9))
        return low << 32 | UInt64(chosen.hash(seed: seed &+ 0x7f4a_7c15))
    }

    private func address(
        in translation: AddressTranslation, _ present: FieldValue, isIPv6: Bool, _ choice: UInt64
    ) -> FieldValue {
        switch translation.addresses {
        case .ipv4(let first, let last):
            if isIPv6 || first == 0 && last == 0 { return present }
            let count = UInt64(max(first, last) - first) + 1
            return FieldValue(UInt64(first) + (choice & 0xffff_ffff) % count)
        case .ipv6(let first, let last):
            if !isIPv6 || first.isZero && last.isZero { return present }
            // As many as 2³² of a wider range.
            let (low, borrow) = last.low.subtractingReportingOverflow(first.low)
            let high = last.high &- first.high &- (borrow ? 1 : 0)
            let isBackwards = last.high < first.high || (last.high == first.high && last.low < first.low)
            let width = isBackwards ? 0 : high > 0 || low > 0xffff_fffe ? 0xffff_fffe : low
            let (sum, carry) = first.low.addingReportingOverflow((choice & 0xffff_ffff) % (width + 1))
            return FieldValue(high: first.high &+ (carry ? 1 : 0), low: sum)
        case nil: return present
        }
    }
}
