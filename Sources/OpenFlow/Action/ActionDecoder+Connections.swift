import Switch

// Connection tracking and address translation.

extension ActionDecoder {
    func connectionTracking(_ reader: inout WireReader) throws(OpenFlowError) -> Action {
        let flags = try reader.uint16()
        let isCommit = flags & ConnectionFlags.commit != 0
        let isForce = flags & ConnectionFlags.force != 0
        guard isCommit || !isForce else { throw .badAction(.badArgument) }
        var result = ConnectionTracking(commit: isCommit, force: isForce)
        if reader.peek32() != 0 {
            guard let packed = reader.peek16(at: 4) else { throw .badAction(.badLength) }
            let (start, count) = Self.range(packed)
            let bits = try subfield(&reader, start: start, count: count)
            guard count == 16 else { throw .badAction(.badSetLength) }
            result.zone = .field(bits)
            try reader.skip(2)
        } else {
            try reader.skip(4)
            result.zone = .number(try reader.uint16())
        }
        let table = try reader.uint8()
        result.table = table == 255 ? nil : table
        try reader.skip(3)
        result.helper = try reader.uint16()
        result.actions = try nested(&reader)
        // Without a commit there is nothing to do to the connection but what translation it has.
        if !isCommit {
            for action in result.actions where action != .nat(AddressTranslation()) {
                throw .badAction(.badArgument)
            }
        }
        return .connectionTrack(result)
    }

    func addressTranslation(_ reader: inout WireReader) throws(OpenFlowError) -> AddressTranslation {
        try reader.skip(2)
        reader.shortage = .badAction(.badArgument)
        let flags = try reader.uint16()
        let present = try reader.uint16()
        func has(_ flag: UInt16) -> Bool { flags & flag != 0 }
        func isPresent(_ bit: UInt16) -> Bool { present & bit != 0 }
        guard flags & ~31 == 0, !(has(NATFlags.source) && has(NATFlags.destination)),
            !(has(NATFlags.hash) && has(NATFlags.random)),
            !isPresent(NATFlags.ipv4First | NATFlags.ipv4Last)
                || !isPresent(NATFlags.ipv6First | NATFlags.ipv6Last),
            isPresent(NATFlags.ipv4First) || !isPresent(NATFlags.ipv4Last),
            isPresent(NATFlags.ipv6First) || !isPresent(NATFlags.ipv6Last),
            isPresent(NATFlags.portFirst) || !isPresent(NATFlags.portLast)
        else { throw .badAction(.badArgument) }
        var result = AddressTranslation(
            direction: has(NATFlags.source) ? .source : has(NATFlags.destination) ? .destination : nil,
            persistent: has(NATFlags.persistent), hash: has(NATFlags.hash), random: has(NATFlags.random))
        if isPresent(NATFlags.ipv4First) {
            let first = try reader.uint32()
            let last = isPresent(NATFlags.ipv4Last) ? try reader.uint32() : first
            guard first != 0, last >= first else { throw .badAction(.badArgument) }
            result.addresses = .ipv4(first: first, last: last)
        } else if isPresent(NATFlags.ipv6First) {
            let first = try reader.value(bytes: 16)
            let last = isPresent(NATFlags.ipv6Last) ? try reader.value(bytes: 16) : first
            guard !first.isZero, (last.high, last.low) >= (first.high, first.low) else {
                throw .badAction(.badArgument)
            }
            result.addresses = .ipv6(first: first, last: last)
        }
        if isPresent(NATFlags.portFirst) {
            let first = try reader.uint16()
            let last = isPresent(NATFlags.portLast) ? try reader.uint16() : first
            guard result.addresses != nil, first != 0, last >= first else { throw .badAction(.badArgument) }
            result.ports = first...last
        }
        // What is left is padding.
        try reader.skip(reader.remaining)
        return result
    }
}

/// `NX_CT_F_*`.
enum ConnectionFlags {
    static let commit: UInt16 = 1
    static let force: UInt16 = 2
}

/// `NX_NAT_F_*` and `NX_NAT_RANGE_*`.
enum NATFlags {
    static let source: UInt16 = 1
    static let destination: UInt16 = 2
    static let persistent: UInt16 = 4
    static let hash: UInt16 = 8
    static let random: UInt16 = 16
    static let ipv4First: UInt16 = 1
    static let ipv4Last: UInt16 = 2
    static let ipv6First: UInt16 = 4
    static let ipv6Last: UInt16 = 8
    static let portFirst: UInt16 = 16
    static let portLast: UInt16 = 32
}
