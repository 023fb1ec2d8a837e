import Switch

// The actions that choose by a hash, and `learn`.

extension ActionDecoder {
    func multipath(_ reader: inout WireReader) throws(OpenFlowError) -> Multipath {
        let fields = HashFields(rawValue: try reader.uint16())
        let basis = try reader.uint16()
        try reader.skip(2)
        let algorithm = Multipath.Algorithm(rawValue: try reader.uint16())
        let maxLink = try reader.uint16()
        let argument = try reader.uint32()
        try reader.skip(2)
        let (start, count) = Self.range(try reader.uint16())
        let bits = try destination(&reader, start: start, count: count)
        // The destination must have room for the number of every link.
        let needed = 32 - UInt32(maxLink).leadingZeroBitCount
        guard let fields, let algorithm, count >= needed else { throw .badAction(.badArgument) }
        return Multipath(
            fields: fields, basis: basis, algorithm: algorithm, maxLink: maxLink, argument: argument,
            destination: bits)
    }

    /// The most members of a bundle (`BUNDLE_MAX_MEMBERS` of Open vSwitch).
    private static let maximumMembers = 2048

    func bundle(_ reader: inout WireReader, loads: Bool) throws(OpenFlowError) -> BundleChoice {
        let algorithm = BundleChoice.Algorithm(rawValue: try reader.uint16())
        let fields = HashFields(rawValue: try reader.uint16())
        let basis = try reader.uint16()
        let memberType = try reader.uint32()
        let count = Int(try reader.uint16())
        let packed = try reader.uint16()
        var bits: Subfield?
        if loads {
            let (start, count) = Self.range(packed)
            bits = try destination(&reader, start: start, count: count)
            guard count >= 16 else { throw .badAction(.badArgument) }
        } else {
            guard packed == 0, try reader.uint32() == 0 else { throw .badAction(.badArgument) }
        }
        try reader.skipZeros(4, or: .badAction(.badArgument))
        // NXM_OF_IN_PORT.
        guard let algorithm, let fields, memberType == 0x0000_0002, count <= Self.maximumMembers else {
            throw .badAction(.badArgument)
        }
        guard reader.remaining >= 2 * count else { throw .badAction(.badLength) }
        var members: [UInt32] = []
        members.reserveCapacity(count)
        for _ in 0..<count {
            let port = PortNumber.fromShort(try reader.uint16())
            guard port <= PortNumber.maximum || port == PortNumber.local || port == PortNumber.any else {
                throw .badAction(.badOutPort)
            }
            members.append(port)
        }
        return BundleChoice(
            algorithm: algorithm, fields: fields, basis: basis, members: members, destination: bits)
    }

    func learn(_ reader: inout WireReader, isSecond: Bool) throws(OpenFlowError) -> LearnedFlow {
        var flow = LearnedFlow(table: 0)
        flow.idleTimeout = try reader.uint16()
        flow.hardTimeout = try reader.uint16()
        flow.priority = try reader.uint16()
        flow.cookie = try reader.uint64()
        let flags = try reader.uint16()
        flow.table = try reader.uint8()
        try reader.skipZeros(1, or: .badAction(.badArgument))
        flow.finIdleTimeout = try reader.uint16()
        flow.finHardTimeout = try reader.uint16()
        guard flow.table != 255, flags & ~(isSecond ? 7 : 3) == 0 else { throw .badAction(.badArgument) }
        flow.sendFlowRemoved = flags & LearnFlags.sendFlowRemoved != 0
        flow.deleteLearned = flags & LearnFlags.deleteLearned != 0
        if isSecond {
            flow.limit = try reader.uint32()
            let start = Int(try reader.uint16())
            try reader.skipZeros(2, or: .badAction(.mustBeZero))
            if flags & LearnFlags.writeResult != 0 {
                flow.resultBit = try destination(&reader, start: start, count: 1)
            } else if start != 0 {
                throw .badAction(.badArgument)
            }
        }
        while reader.remaining >= 2 {
            let header = try reader.uint16()
            if header == 0 { break }
            flow.specifications.append(try learnSpecification(header, &reader))
        }
        try reader.skipZeros(reader.remaining, or: .badAction(.badArgument))
        return flow
    }

    private func learnSpecification(
        _ header: UInt16, _ reader: inout WireReader
    ) throws(OpenFlowError) -> LearnedFlow.Specification {
        let count = Int(header & 0x7ff)
        let isImmediate = header & LearnFlags.immediate != 0
        let kind = header & 0x1800
        guard header & 0xc000 == 0, kind != 0x1800, kind != LearnFlags.output || !isImmediate else {
            throw .badAction(.badArgument)
        }
        let source: LearnedFlow.Source
        if isImmediate {
            guard count <= 128 else { throw .badAction(.badArgument) }
            source = .immediate(try reader.value(bytes: (count + 15) / 16 * 2) & .ones(count), count: count)
        } else {
            source = .field(try learnedBits(&reader, count: count))
        }
        switch kind {
        case LearnFlags.output:
            guard case .field(let bits) = source else { throw .badAction(.badArgument) }
            return .output(bits)
        case LearnFlags.load:
            let bits = try learnedBits(&reader, count: count)
            guard bits.field.isWritable else { throw .badAction(.badSetArgument) }
            return .load(source, to: bits)
        default: return .match(source, to: try learnedBits(&reader, count: count))
        }
    }

    /// A name and where its bits start.
    private func learnedBits(_ reader: inout WireReader, count: Int) throws(OpenFlowError) -> Subfield {
        guard let start = reader.peek16(at: 4) else { throw .badAction(.badLength) }
        let bits = try subfield(&reader, start: Int(start), count: count)
        try reader.skip(2)
        return bits
    }
}

/// Numbers of `NXAST_LEARN` and of what it consists of.
enum LearnFlags {
    static let sendFlowRemoved: UInt16 = 1
    static let deleteLearned: UInt16 = 2
    static let writeResult: UInt16 = 4
    static let immediate: UInt16 = 1 << 13
    static let load: UInt16 = 1 << 11
    static let output: UInt16 = 2 << 11
}
