import Switch

/// Writes actions, one after the other.
struct ActionEncoder {
    let version: OpenFlowVersion
    /// Whether the packet has a VLAN tag by now, as far as the match and the actions tell.
    private var hasVLAN: Bool
    /// The transport protocol that the match asks for.
    private let transport: UInt8?

    /// `decap()` without a type: the one that follows from the packet (`PT_USE_NEXT_PROTO`).
    static let nextProtocol: UInt32 = 0xfffe

    init(version: OpenFlowVersion, match: Match? = nil) {
        self.version = version
        hasVLAN = match.map { $0.key[.vlanTCI].low & UInt64(FlowKey.vlanPresent) != 0 } ?? false
        transport = match.flatMap {
            $0.mask[.ipProtocol].isZero ? nil : UInt8(truncatingIfNeeded: $0.key[.ipProtocol].low)
        }
    }

    mutating func encode(_ action: Action, into writer: inout WireWriter) {
        switch action {
        case .output(let port, let maxLength): output(port, maxLength: maxLength, into: &writer)
        case .outputTruncated(let port, let maxLength):
            nicira(39, into: &writer) {
                $0.uint16(PortNumber.short(port))
                $0.uint32(maxLength)
            }
        case .outputField(let bits, let maxLength): outputField(bits, maxLength, into: &writer)
        case .controller(let output): controller(output, into: &writer)
        case .enqueue(let port, let queue): enqueue(port, queue, into: &writer)
        case .setQueue(let queue): standard32(21, nicira: 4, queue, into: &writer)
        case .popQueue: nicira(5, into: &writer) { _ in }
        case .group(let id): standard32(22, nicira: 40, id, into: &writer)
        case .meter(let id): if version >= .v15 { standard(29, into: &writer) { $0.uint32(id) } }
        case .bundle(let choice): bundle(choice, into: &writer)
        case .setField(let field, let value, let mask): setField(field, value, mask, into: &writer)
        case .setTunnelOption(let option): setTunnelOption(option, into: &writer)
        case .deleteField(let field):
            nicira(50, length: 24, into: &writer) { Self.name(Subfield(field), version: nil, into: &$0) }
        case .load(let value, let bits): load(value, bits, into: &writer)
        case .move(let source, let target): move(source, target, into: &writer)
        case .push(let bits): stack(27, bits, into: &writer)
        case .pop(let bits): stack(28, bits, into: &writer)
        case .setVLANID(let vlan, let pushes): setVLAN(.vlanVID, vlan, pushIfNeeded: pushes, into: &writer)
        case .setVLANPriority(let priority, let pushes):
            setVLAN(.vlanPCP, UInt16(priority), pushIfNeeded: pushes, into: &writer)
        case .setEthernetSource(let address): ethernet(.ethSource, address, v10: 4, into: &writer)
        case .setEthernetDestination(let address): ethernet(.ethDestination, address, v10: 5, into: &writer)
        case .setIPv4Source(let address): address4(.ipv4Source, address, v10: 6, into: &writer)
        case .setIPv4Destination(let address): address4(.ipv4Destination, address, v10: 7, into: &writer)
        case .setToS(let value):
            if version >= .v12 { return setWhole(.ipDSCP, UInt64(value >> 2), into: &writer) }
            standard8(version == .v10 ? 8 : 7, value, into: &writer)
        case .setECN(let value): setECN(value, into: &writer)
        case .setTTL(let value):
            if version == .v10 { return load(UInt64(value), Subfield(.ipTTL), into: &writer) }
            standard8(23, value, into: &writer)
        case .setTransportSource(let port): setPort(port, isSource: true, into: &writer)
        case .setTransportDestination(let port): setPort(port, isSource: false, into: &writer)
        case .setTunnel(let key, let isWide): setTunnel(key, isWide: isWide, into: &writer)
        case .setMPLSLabel(let label):
            if version >= .v12 { return setWhole(.mplsLabel, UInt64(label), into: &writer) }
            standard32(13, nicira: 30, label, into: &writer)
        case .setMPLSTC(let value):
            if version >= .v12 { return setWhole(.mplsTC, UInt64(value), into: &writer) }
            if version == .v10 { return nicira(31, into: &writer) { $0.uint8(value) } }
            standard8(14, value, into: &writer)
        case .setMPLSTTL(let value):
            if version == .v10 { return nicira(25, into: &writer) { $0.uint8(value) } }
            standard8(15, value, into: &writer)
        case .pushVLAN(let tpid):
            hasVLAN = true
            // OpenFlow 1.0 pushes where it sets.
            if version > .v10 { standard16(17, nicira: 0, tpid, into: &writer) }
        case .popVLAN:
            hasVLAN = false
            standard(version == .v10 ? 3 : 18, into: &writer) { $0.zeros(4) }
        case .pushMPLS(let type): standard16(19, nicira: 23, type, into: &writer)
        case .popMPLS(let type): standard16(20, nicira: 24, type, into: &writer)
        case .pushPBB(let type): if version >= .v13 { standard16(26, nicira: 0, type, into: &writer) }
        case .popPBB: if version >= .v13 { plain(27, nicira: 0, into: &writer) }
        case .decrementTTL(let controllers): decrementTTL(controllers, into: &writer)
        case .decrementMPLSTTL: plain(16, nicira: 26, into: &writer)
        case .copyTTLOut: if version > .v10 { plain(11, nicira: 0, into: &writer) }
        case .copyTTLIn: if version > .v10 { plain(12, nicira: 0, into: &writer) }
        case .encapsulate(let type): packetType(46, type, into: &writer)
        case .decapsulate(let type): packetType(47, type ?? Self.nextProtocol, into: &writer)
        case .resubmit(let port, let table, let connectionTuple):
            nicira(connectionTuple ? 44 : 14, into: &writer) {
                $0.uint16(PortNumber.short(port ?? PortNumber.inPort))
                $0.uint8(table ?? 255)
            }
        case .clone(let inner): clone(inner, into: &writer)
        case .exit: nicira(17, into: &writer) { _ in }
        case .drop: break
        case .learn(let flow): learn(flow, into: &writer)
        case .conjunction(let id, let clause, let clauses):
            nicira(34, into: &writer) {
                $0.uint8(clause)
                $0.uint8(clauses)
                $0.uint32(id)
            }
        case .multipath(let choice): multipath(choice, into: &writer)
        case .finTimeout(let idle, let hard):
            nicira(19, into: &writer) {
                $0.uint16(idle)
                $0.uint16(hard)
            }
        case .checkPacketLarger(let length, let bits):
            nicira(49, length: 24, into: &writer) {
                $0.uint16(length)
                $0.uint16(UInt16(bits.start))
                Self.name(bits, version: nil, into: &$0)
            }
        case .connectionTrack(let tracking): connectionTrack(tracking, into: &writer)
        case .connectionClear: nicira(43, into: &writer) { _ in }
        case .nat(let translation): nat(translation, into: &writer)
        case .sample(let sample): self.sample(sample, into: &writer)
        case .note(let bytes): nicira(8, into: &writer) { $0.bytes(bytes) }
        }
    }

    // MARK: Frames

    /// A standard action; `body` writes what is behind type and length, at least four bytes.
    @inline(__always)
    func standard(_ type: UInt16, into writer: inout WireWriter, _ body: (inout WireWriter) -> Void) {
        writer.paddedFrame(type, body)
    }

    /// One of Nicira's actions; `body` writes what is behind the subtype.
    /// - Parameter length: the least bytes of the whole action.
    func nicira(
        _ subtype: UInt16, length: Int = 16, into writer: inout WireWriter, _ body: (inout WireWriter) -> Void
    ) {
        let start = writer.count
        writer.paddedFrame(ActionCodec.experimenterType) {
            $0.uint32(ActionCodec.nicira)
            $0.uint16(subtype)
            body(&$0)
            $0.zeros(max(0, length - ($0.count - start)))
        }
    }

    private func plain(_ type: UInt16, nicira subtype: UInt16, into writer: inout WireWriter) {
        if version == .v10 {
            nicira(subtype, into: &writer) { _ in }
        } else {
            standard(type, into: &writer) { $0.zeros(4) }
        }
    }

    private func standard8(_ type: UInt16, _ value: UInt8, into writer: inout WireWriter) {
        standard(type, into: &writer) { $0.uint8(value) }
    }

    private func standard16(_ type: UInt16, nicira subtype: UInt16, _ value: UInt16, into writer: inout WireWriter) {
        if version == .v10 {
            nicira(subtype, into: &writer) { $0.uint16(value) }
        } else {
            standard(type, into: &writer) { $0.uint16(value) }
        }
    }

    private func standard32(_ type: UInt16, nicira subtype: UInt16, _ value: UInt32, into writer: inout WireWriter) {
        if version == .v10 {
            nicira(subtype, into: &writer) {
                $0.zeros(2)
                $0.uint32(value)
            }
        } else {
            standard(type, into: &writer) { $0.uint32(value) }
        }
    }

    // MARK: Outputs

    private func output(_ port: UInt32, maxLength: UInt16, into writer: inout WireWriter) {
        standard(0, into: &writer) {
            if version == .v10 { $0.uint16(PortNumber.short(port)) } else { $0.uint32(port) }
            $0.uint16(maxLength)
        }
    }

    private func enqueue(_ port: UInt32, _ queue: UInt32, into writer: inout WireWriter) {
        guard version == .v10 else {
            // Later versions set the queue for the outputs that follow.
            standard(21, into: &writer) { $0.uint32(queue) }
            output(port, maxLength: 0xffff, into: &writer)
            return nicira(5, into: &writer) { _ in }
        }
        standard(11, into: &writer) {
            $0.uint16(PortNumber.short(port))
            $0.zeros(6)
            $0.uint32(queue)
        }
    }

    private func outputField(_ bits: Subfield, _ maxLength: UInt16, into writer: inout WireWriter) {
        let type = Self.type(of: bits)
        if type?.classID == OXMType.experimenterClass {
            nicira(32, length: 24, into: &writer) {
                $0.uint16(Self.packed(bits))
                $0.uint16(maxLength)
                Self.name(bits, version: nil, into: &$0)
            }
        } else {
            nicira(15, length: 24, into: &writer) {
                $0.uint16(Self.packed(bits))
                Self.name(bits, version: nil, into: &$0)
                $0.uint16(maxLength)
            }
        }
    }

    private func controller(_ output: ControllerOutput, into writer: inout WireWriter) {
        let isPlain = output.userData.isEmpty && !output.pause && output.meter == nil
        if isPlain, output.id == 0, output.reason == .action {
            return self.output(PortNumber.controller, maxLength: output.maxLength, into: &writer)
        }
        if isPlain {
            return nicira(20, into: &writer) {
                $0.uint16(output.maxLength)
                $0.uint16(output.id)
                $0.uint8(output.reason.rawValue)
                $0.zeros(1)
            }
        }
        nicira(37, into: &writer) {
            $0.zeros(6)
            // Open vSwitch counts the padding of 16-bit properties.
            if output.maxLength != 0xffff { $0.property(0) { $0.uint32(UInt32(output.maxLength) << 16) } }
            if output.id != 0 { $0.property(1) { $0.uint32(UInt32(output.id) << 16) } }
            if output.reason != .action { $0.property(2) { $0.uint8(output.reason.rawValue) } }
            if !output.userData.isEmpty { $0.property(3) { $0.bytes(output.userData) } }
            if output.pause { $0.property(4) { _ in } }
            if let meter = output.meter { $0.property(5) { $0.uint32(meter) } }
        }
    }

    // MARK: The setters of OpenFlow 1.0

    private mutating func setVLAN(
        _ field: Field, _ value: UInt16, pushIfNeeded: Bool, into writer: inout WireWriter
    ) {
        if version > .v10, pushIfNeeded, !hasVLAN { standard(17, into: &writer) { $0.uint16(0x8100) } }
        hasVLAN = true
        let isNumber = field == .vlanVID
        if version >= .v12 {
            return setWhole(field, UInt64(isNumber ? value | FlowKey.vlanPresent : value), into: &writer)
        }
        standard(isNumber ? 1 : 2, into: &writer) {
            if isNumber { $0.uint16(value) } else { $0.uint8(UInt8(truncatingIfNeeded: value)) }
        }
    }

    /// - Parameter type: OpenFlow 1.0's number; 1.1's is one less.
    private func ethernet(_ field: Field, _ address: UInt64, v10 type: UInt16, into writer: inout WireWriter) {
        if version >= .v12 { return setWhole(field, address, into: &writer) }
        standard(version == .v10 ? type : type - 1, into: &writer) { $0.uint48(address) }
    }

    private func address4(_ field: Field, _ address: UInt32, v10 type: UInt16, into writer: inout WireWriter) {
        if version >= .v12 { return setWhole(field, UInt64(address), into: &writer) }
        standard(version == .v10 ? type : type - 1, into: &writer) { $0.uint32(address) }
    }

    private func setECN(_ value: UInt8, into writer: inout WireWriter) {
        switch version {
        case .v10: load(UInt64(value), Subfield(.ipECN), into: &writer)
        case .v11: standard8(8, value, into: &writer)
        default: setWhole(.ipECN, UInt64(value), into: &writer)
        }
    }

    private func setPort(_ port: UInt16, isSource: Bool, into writer: inout WireWriter) {
        let field: Field? =
            switch transport {
            case 6: isSource ? .tcpSource : .tcpDestination
            case 17: isSource ? .udpSource : .udpDestination
            case 132: isSource ? .sctpSource : .sctpDestination
            default: nil
            }
        if version >= .v12, let field { return setWhole(field, UInt64(port), into: &writer) }
        standard(isSource ? 9 : 10, into: &writer) { $0.uint16(port) }
    }

    private func setTunnel(_ key: UInt64, isWide: Bool, into writer: inout WireWriter) {
        if version >= .v12 { return setWhole(.tunnelID, key, into: &writer) }
        if isWide || key > UInt64(UInt32.max) {
            nicira(9, into: &writer) {
                $0.zeros(6)
                $0.uint64(key)
            }
        } else {
            nicira(2, into: &writer) {
                $0.zeros(2)
                $0.uint32(UInt32(truncatingIfNeeded: key))
            }
        }
    }

    private func decrementTTL(_ controllers: [UInt16], into writer: inout WireWriter) {
        if controllers.isEmpty { return plain(24, nicira: 18, into: &writer) }
        nicira(21, into: &writer) {
            $0.uint16(UInt16(truncatingIfNeeded: controllers.count))
            $0.zeros(4)
            for id in controllers { $0.uint16(id) }
        }
    }

    private func packetType(_ subtype: UInt16, _ type: UInt32, into writer: inout WireWriter) {
        // Open vSwitch has them from OpenFlow 1.3 on.
        guard version >= .v13 else { return }
        nicira(subtype, into: &writer) {
            $0.zeros(2)
            $0.uint32(type)
        }
    }
}
