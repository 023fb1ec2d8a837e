import Switch

// Nicira's experimenter actions (nicira-ext.h), and the one of the Open Networking Foundation.

extension ActionDecoder {
    /// `ONFACT_COPY_FIELD` (EXT-320).
    private static let onfCopyField: UInt16 = 3200

    /// Behind type and length.
    mutating func decodeExperimenter(_ reader: inout WireReader) throws(OpenFlowError) {
        let experimenter = try reader.uint32()
        switch experimenter {
        case ActionCodec.nicira:
            guard reader.remaining >= 8 else { throw .badAction(.badLength) }
            try decodeNicira(try reader.uint16(), &reader)
        case OXMType.onf:
            guard try reader.uint16() == Self.onfCopyField, version >= .v12 else {
                throw .badAction(.badExperimenterType)
            }
            try reader.skip(2)
            actions.append(try copyField(&reader))
        default: throw .badAction(.badExperimenter)
        }
    }

    private mutating func decodeNicira(_ subtype: UInt16, _ reader: inout WireReader) throws(OpenFlowError) {
        switch subtype {
        case 1: actions.append(.resubmit(port: inPort(try reader.uint16()), table: nil))
        case 2:
            try reader.skip(2)
            actions.append(.setTunnel(UInt64(try reader.uint32()), wide: false))
        case 4:
            try reader.skip(2)
            actions.append(.setQueue(try reader.uint32()))
        case 5: actions.append(.popQueue)
        case 6:
            let count = Int(try reader.uint16())
            let from = Int(try reader.uint16())
            actions.append(try move(&reader, from: from, to: Int(try reader.uint16()), count: count))
        case 7: actions.append(try load(&reader))
        case 8:
            actions.append(.note(reader.rest()))
            return
        case 9:
            try reader.skip(6)
            actions.append(.setTunnel(try reader.uint64(), wide: true))
        case 10: actions.append(.multipath(try multipath(&reader)))
        case 12, 13: actions.append(.bundle(try bundle(&reader, loads: subtype == 13)))
        case 14, 44:
            let port = inPort(try reader.uint16())
            let table = try reader.uint8()
            try reader.skipZeros(3, or: .badAction(.badArgument))
            actions.append(.resubmit(port: port, table: table == 255 ? nil : table, connectionTuple: subtype == 44))
        case 15:
            let (start, count) = Self.range(try reader.uint16())
            let source = try subfield(&reader, start: start, count: count)
            actions.append(.outputField(source, maxLength: try reader.uint16()))
            try reader.skipZeros(6, or: .badAction(.badArgument))
        case 16, 45: actions.append(.learn(try learn(&reader, isSecond: subtype == 45)))
        case 17: actions.append(.exit)
        case 18: actions.append(.decrementTTL())
        case 19:
            actions.append(.finTimeout(idle: try reader.uint16(), hard: try reader.uint16()))
            try reader.skip(2)
        case 20:
            let length = try reader.uint16()
            let id = try reader.uint16()
            let reason = try reason(try reader.uint8())
            try reader.skip(1)
            actions.append(.controller(ControllerOutput(maxLength: length, reason: reason, id: id)))
        case 21: actions.append(try decrementTTL(&reader))
        case 22:
            try reader.skipZeros(6, or: .badRequest(.mustBeZero))
            metadata = (try reader.uint64(), try reader.uint64())
        case 23:
            actions.append(try pushMPLS(&reader))
        case 24: actions.append(.popMPLS(etherType: try reader.uint16()))
        case 25: actions.append(.setMPLSTTL(try reader.uint8()))
        case 26: actions.append(.decrementMPLSTTL)
        case 27: actions.append(.push(try stackBits(&reader, isWritten: false)))
        case 28: actions.append(.pop(try stackBits(&reader, isWritten: true)))
        case 29, 38, 41: actions.append(.sample(try sample(&reader, subtype)))
        case 30:
            try reader.skip(2)
            actions.append(try mplsLabel(&reader))
        case 31:
            let value = try reader.uint8()
            guard value < 8 else { throw .badAction(.badArgument) }
            actions.append(.setMPLSTC(value))
        case 32:
            let (start, count) = Self.range(try reader.uint16())
            let length = try reader.uint16()
            actions.append(.outputField(try subfield(&reader, start: start, count: count), maxLength: length))
            try reader.skipZeros(reader.remaining, or: .badRequest(.mustBeZero))
        case 33:
            actions.append(try setField(&reader, mayMask: true))
        case 34:
            let clause = try reader.uint8()
            let clauses = try reader.uint8()
            guard 2...64 ~= clauses, clause < clauses else { throw .badAction(.badConjunction) }
            actions.append(.conjunction(id: try reader.uint32(), clause: clause, clauses: clauses))
        case 35: actions.append(try connectionTracking(&reader))
        case 36: actions.append(.nat(try addressTranslation(&reader)))
        case 37: actions.append(.controller(try controller(&reader)))
        case 39:
            let port = PortNumber.fromShort(try reader.uint16())
            let length = try reader.uint32()
            guard length >= 14 else { throw .badAction(.badArgument) }
            guard port <= PortNumber.maximum || port == PortNumber.inPort || port == PortNumber.local else {
                throw .badAction(.badOutPort)
            }
            actions.append(.outputTruncated(port: port, maxLength: length))
        case 40:
            try reader.skip(2)
            actions.append(.group(try reader.uint32()))
        case 42:
            try reader.skip(6)
            actions.append(.clone(try nested(&reader)))
        case 43: actions.append(.connectionClear)
        case 46 where version >= .v13:
            try reader.skip(2)
            let type = try reader.uint32()
            guard [0, 0x1_894f, 0x1_8847, 0x1_8848].contains(type) else { throw .badAction(.badHeaderType) }
            guard reader.isAtEnd else { throw .badAction(.unknownEncapsulationProperty) }
            actions.append(.encapsulate(packetType: type))
        case 47 where version >= .v13:
            try reader.skip(2)
            let type = try reader.uint32()
            guard reader.isAtEnd else { throw .badAction(.unknownEncapsulationProperty) }
            actions.append(.decapsulate(packetType: type == ActionEncoder.nextProtocol ? nil : type))
        case 50:
            let field = try field(&reader)
            try reader.skipZeros(reader.remaining, or: .badRequest(.mustBeZero))
            actions.append(.deleteField(field))
        case 49:
            let length = try reader.uint16()
            let start = Int(try reader.uint16())
            actions.append(.checkPacketLarger(length: length, to: try destination(&reader, start: start, count: 1)))
            try reader.skipZeros(reader.remaining, or: .badRequest(.mustBeZero))
        default: throw .badAction(.badExperimenterType)
        }
        // Structures are padded to a multiple of eight bytes.
        guard reader.remaining < 8 else { throw .badAction(.badLength) }
    }

    private func inPort(_ port: UInt16) -> UInt32? { port == 0xfff8 ? nil : PortNumber.fromShort(port) }

    private func reason(_ number: UInt8) throws(OpenFlowError) -> PacketInReason {
        guard let reason = PacketInReason(rawValue: number) else { throw .badAction(.badArgument) }
        return reason
    }

    private func load(_ reader: inout WireReader) throws(OpenFlowError) -> Action {
        let (start, count) = Self.range(try reader.uint16())
        let bits = try destination(&reader, start: start, count: count)
        let value = try reader.uint64()
        guard count >= 64 || value >> UInt64(count) == 0 else { throw .badAction(.badArgument) }
        return .load(value, bits)
    }

    private func stackBits(_ reader: inout WireReader, isWritten: Bool) throws(OpenFlowError) -> Subfield {
        let start = Int(try reader.uint16())
        // The count stands behind the name.
        var ahead = reader
        _ = try OXMHeader(reading: &ahead)
        let count = Int(try ahead.uint16())
        try ahead.skipZeros(ahead.remaining, or: .badRequest(.mustBeZero))
        let bits = try subfield(&reader, start: start, count: count)
        if isWritten, !bits.field.isWritable { throw .badAction(.badSetArgument) }
        reader = ahead
        return bits
    }

    private func decrementTTL(_ reader: inout WireReader) throws(OpenFlowError) -> Action {
        let count = Int(try reader.uint16())
        try reader.skipZeros(4, or: .badRequest(.mustBeZero))
        guard reader.remaining >= 2 * count else { throw .badAction(.badLength) }
        var ids: [UInt16] = []
        ids.reserveCapacity(count)
        for _ in 0..<count { ids.append(try reader.uint16()) }
        return .decrementTTL(controllers: ids)
    }

    private func controller(_ reader: inout WireReader) throws(OpenFlowError) -> ControllerOutput {
        try reader.skipZeros(6, or: .badRequest(.mustBeZero))
        var result = ControllerOutput()
        while !reader.isAtEnd {
            guard let length = reader.peek16(at: 2), length >= 4 else { throw .badProperty(.badLength) }
            var property = try reader.slice(Int(length), shortage: .badProperty(.badLength))
            try reader.skip((8 - Int(length) % 8) % 8)
            let type = try property.uint16()
            try property.skip(2)
            switch type {
            case 0: result.maxLength = try property.uint16()
            case 1: result.id = try property.uint16()
            case 2: result.reason = try reason(try property.uint8())
            case 3: result.userData = property.rest()
            case 4: result.pause = true
            case 5: result.meter = try property.uint32()
            default: throw .badProperty(.badType)
            }
        }
        return result
    }

    private func sample(_ reader: inout WireReader, _ subtype: UInt16) throws(OpenFlowError) -> PacketSample {
        var result = PacketSample(
            probability: try reader.uint16(), collectorSet: try reader.uint32(),
            observationDomain: try reader.uint32(), observationPoint: try reader.uint32())
        guard result.probability != 0 else { throw .badAction(.badArgument) }
        if subtype != 29 {
            result.samplingPort = PortNumber.fromShort(try reader.uint16())
            let direction = try reader.uint8()
            if subtype == 41 {
                guard let direction = PacketSample.Direction(rawValue: direction) else {
                    throw .badAction(.badArgument)
                }
                result.direction = direction
                try reader.skipZeros(5, or: .badRequest(.mustBeZero))
            } else {
                try reader.skip(5)
            }
        }
        return result
    }
}
