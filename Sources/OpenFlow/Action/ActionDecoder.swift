import Switch

/// Reads actions.
struct ActionDecoder {
    let version: OpenFlowVersion
    var actions: [Action] = []
    /// What `NXAST_WRITE_METADATA` writes.
    var metadata: (value: UInt64, mask: UInt64)?
    /// Lists within lists; bounded, so that bad bytes do not exhaust the stack.
    private let depth: Int

    init(version: OpenFlowVersion, depth: Int = 0) {
        self.version = version
        self.depth = depth
    }

    private static let maximumDepth = 64

    mutating func decodeList(_ reader: inout WireReader) throws(OpenFlowError) {
        reader.shortage = .badAction(.badLength)
        while !reader.isAtEnd {
            guard let length = reader.peek16(at: 2), length >= 8, length % 8 == 0 else { throw .badAction(.badLength) }
            // The metadata is written behind all actions.
            guard metadata == nil else { throw .badAction(.unsupportedOrder) }
            var action = try reader.slice(Int(length))
            let type = try action.uint16()
            try action.skip(2)
            if type == ActionCodec.experimenterType {
                try decodeExperimenter(&action)
            } else if version == .v10 {
                try decodeStandard10(type, &action)
            } else {
                try decodeStandard(type, &action)
            }
        }
    }

    /// The actions to the end of the reader, which lie within an action.
    func nested(_ reader: inout WireReader) throws(OpenFlowError) -> [Action] {
        guard depth < Self.maximumDepth else { throw .badAction(.tooMany) }
        var decoder = ActionDecoder(version: version, depth: depth + 1)
        try decoder.decodeList(&reader)
        guard decoder.metadata == nil else { throw .badAction(.badExperimenterType) }
        return decoder.actions
    }

    // MARK: OpenFlow 1.0

    private mutating func decodeStandard10(_ type: UInt16, _ reader: inout WireReader) throws(OpenFlowError) {
        switch type {
        case 0:
            let port = PortNumber.fromShort(try reader.uint16())
            actions.append(try output(to: port, maxLength: try reader.uint16()))
        case 1: actions.append(try vlanID(&reader, pushIfNeeded: true))
        case 2: actions.append(try vlanPriority(&reader, pushIfNeeded: true))
        case 3:
            try reader.skip(4)
            actions.append(.popVLAN)
        case 4, 5: actions.append(try ethernetAddress(&reader, isSource: type == 4))
        case 6: actions.append(.setIPv4Source(try reader.uint32()))
        case 7: actions.append(.setIPv4Destination(try reader.uint32()))
        case 8: actions.append(try toS(&reader))
        case 9:
            actions.append(.setTransportSource(try reader.uint16()))
            try reader.skip(2)
        case 10:
            actions.append(.setTransportDestination(try reader.uint16()))
            try reader.skip(2)
        case 11:
            let port = PortNumber.fromShort(try reader.uint16())
            try reader.skip(6)
            guard port <= PortNumber.maximum || port == PortNumber.inPort || port == PortNumber.local else {
                throw .badAction(.badOutPort)
            }
            actions.append(.enqueue(port: port, queue: try reader.uint32()))
        default: throw .badAction(.badType)
        }
        try finish(&reader)
    }

    // MARK: OpenFlow 1.1 and later

    private mutating func decodeStandard(_ type: UInt16, _ reader: inout WireReader) throws(OpenFlowError) {
        switch type {
        case 0:
            let port = try reader.uint32()
            actions.append(try output(to: port, maxLength: try reader.uint16()))
            try reader.skip(6)
        case 1: actions.append(try vlanID(&reader, pushIfNeeded: false))
        case 2: actions.append(try vlanPriority(&reader, pushIfNeeded: false))
        case 3, 4: actions.append(try ethernetAddress(&reader, isSource: type == 3))
        case 5: actions.append(.setIPv4Source(try reader.uint32()))
        case 6: actions.append(.setIPv4Destination(try reader.uint32()))
        case 7: actions.append(try toS(&reader))
        case 8:
            let ecn = try byte(&reader)
            guard ecn < 4 else { throw .badAction(.badArgument) }
            actions.append(.setECN(ecn))
        case 9:
            actions.append(.setTransportSource(try reader.uint16()))
            try reader.skip(2)
        case 10:
            actions.append(.setTransportDestination(try reader.uint16()))
            try reader.skip(2)
        case 11: try appendPlain(.copyTTLOut, &reader)
        case 12: try appendPlain(.copyTTLIn, &reader)
        case 13: actions.append(try mplsLabel(&reader))
        case 14: actions.append(try mplsTrafficClass(&reader))
        case 15: actions.append(.setMPLSTTL(try byte(&reader)))
        case 16: try appendPlain(.decrementMPLSTTL, &reader)
        case 17:
            let tpid = try etherType(&reader)
            guard tpid == 0x8100 || tpid == 0x88a8 else { throw .badAction(.badArgument) }
            actions.append(.pushVLAN(tpid: tpid))
        case 18: try appendPlain(.popVLAN, &reader)
        case 19: actions.append(try pushMPLS(&reader))
        case 20: actions.append(.popMPLS(etherType: try etherType(&reader)))
        case 21: actions.append(.setQueue(try reader.uint32()))
        case 22: actions.append(.group(try reader.uint32()))
        case 23: actions.append(.setTTL(try byte(&reader)))
        case 24: try appendPlain(.decrementTTL(), &reader)
        case 25 where version >= .v12:
            // A mask is OpenFlow 1.5's.
            actions.append(try setField(&reader, mayMask: version >= .v15))
            return
        case 26 where version >= .v13:
            let type = try etherType(&reader)
            guard type == 0x88e7 else { throw .badAction(.badArgument) }
            actions.append(.pushPBB(etherType: type))
        case 27 where version >= .v13: try appendPlain(.popPBB, &reader)
        case 28 where version >= .v15:
            actions.append(try copyField(&reader))
            return
        case 29 where version >= .v15: actions.append(.meter(try reader.uint32()))
        default: throw .badAction(.badType)
        }
        try finish(&reader)
    }

    // MARK: Parts

    /// Actions have just the length of their structure.
    func finish(_ reader: inout WireReader) throws(OpenFlowError) {
        guard reader.isAtEnd else { throw .badAction(.badLength) }
    }

    /// An action that is but a header, with its four bytes of padding.
    private mutating func appendPlain(_ action: Action, _ reader: inout WireReader) throws(OpenFlowError) {
        try reader.skip(4)
        actions.append(action)
    }

    func output(to port: UInt32, maxLength: UInt16) throws(OpenFlowError) -> Action {
        guard port <= PortNumber.maximum || PortNumber.inPort...PortNumber.local ~= port else {
            throw .badAction(.badOutPort)
        }
        return port == PortNumber.controller
            ? .controller(ControllerOutput(maxLength: maxLength)) : .output(port, maxLength: maxLength)
    }

    private func byte(_ reader: inout WireReader) throws(OpenFlowError) -> UInt8 {
        let value = try reader.uint8()
        try reader.skip(3)
        return value
    }

    private func etherType(_ reader: inout WireReader) throws(OpenFlowError) -> UInt16 {
        let value = try reader.uint16()
        try reader.skip(2)
        return value
    }

    private func vlanID(_ reader: inout WireReader, pushIfNeeded: Bool) throws(OpenFlowError) -> Action {
        let vlan = try etherType(&reader)
        guard vlan < 4096 else { throw .badAction(.badArgument) }
        return .setVLANID(vlan, pushIfNeeded: pushIfNeeded)
    }

    private func vlanPriority(_ reader: inout WireReader, pushIfNeeded: Bool) throws(OpenFlowError) -> Action {
        let priority = try byte(&reader)
        guard priority < 8 else { throw .badAction(.badArgument) }
        return .setVLANPriority(priority, pushIfNeeded: pushIfNeeded)
    }

    private func ethernetAddress(_ reader: inout WireReader, isSource: Bool) throws(OpenFlowError) -> Action {
        let address = try reader.uint48()
        try reader.skip(6)
        return isSource ? .setEthernetSource(address) : .setEthernetDestination(address)
    }

    private func toS(_ reader: inout WireReader) throws(OpenFlowError) -> Action {
        let value = try byte(&reader)
        guard value & 3 == 0 else { throw .badAction(.badArgument) }
        return .setToS(value)
    }

    func mplsLabel(_ reader: inout WireReader) throws(OpenFlowError) -> Action {
        let label = try reader.uint32()
        guard label < 1 << 20 else { throw .badAction(.badArgument) }
        return .setMPLSLabel(label)
    }

    private func mplsTrafficClass(_ reader: inout WireReader) throws(OpenFlowError) -> Action {
        let value = try byte(&reader)
        guard value < 8 else { throw .badAction(.badArgument) }
        return .setMPLSTC(value)
    }

    func pushMPLS(_ reader: inout WireReader) throws(OpenFlowError) -> Action {
        let type = try etherType(&reader)
        guard type == 0x8847 || type == 0x8848 else { throw .badAction(.badArgument) }
        return .pushMPLS(etherType: type)
    }
}
