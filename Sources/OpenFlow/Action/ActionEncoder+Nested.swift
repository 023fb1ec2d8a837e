import Switch

// Actions with lists in them: choices, learned flows, connection tracking, samples.

extension ActionEncoder {
    /// `NXM_OF_IN_PORT`, the only kind of member that there is.
    private static let memberType: UInt32 = 0x0000_0002

    func bundle(_ choice: BundleChoice, into writer: inout WireWriter) {
        nicira(choice.destination == nil ? 12 : 13, length: 32, into: &writer) {
            $0.uint16(choice.algorithm.rawValue)
            $0.uint16(choice.fields.rawValue)
            $0.uint16(choice.basis)
            $0.uint32(Self.memberType)
            $0.uint16(UInt16(truncatingIfNeeded: choice.members.count))
            if let bits = choice.destination {
                $0.uint16(Self.packed(bits))
                Self.name(bits, version: nil, into: &$0)
                $0.zeros(4)
            } else {
                $0.zeros(10)
            }
            for port in choice.members { $0.uint16(PortNumber.short(port)) }
        }
    }

    func multipath(_ choice: Multipath, into writer: inout WireWriter) {
        nicira(10, length: 32, into: &writer) {
            $0.uint16(choice.fields.rawValue)
            $0.uint16(choice.basis)
            $0.zeros(2)
            $0.uint16(choice.algorithm.rawValue)
            $0.uint16(choice.maxLink)
            $0.uint32(choice.argument)
            $0.zeros(2)
            $0.uint16(Self.packed(choice.destination))
            Self.name(choice.destination, version: nil, into: &$0)
        }
    }

    func learn(_ flow: LearnedFlow, into writer: inout WireWriter) {
        let isSecond = flow.limit != 0 || flow.resultBit != nil
        nicira(isSecond ? 45 : 16, length: 32, into: &writer) {
            $0.uint16(flow.idleTimeout)
            $0.uint16(flow.hardTimeout)
            $0.uint16(flow.priority)
            $0.uint64(flow.cookie)
            $0.uint16(
                (flow.sendFlowRemoved ? LearnFlags.sendFlowRemoved : 0)
                    | (flow.deleteLearned ? LearnFlags.deleteLearned : 0)
                    | (flow.resultBit != nil ? LearnFlags.writeResult : 0))
            $0.uint8(flow.table)
            $0.zeros(1)
            $0.uint16(flow.finIdleTimeout)
            $0.uint16(flow.finHardTimeout)
            if isSecond {
                $0.uint32(flow.limit)
                $0.uint16(UInt16(flow.resultBit?.start ?? 0))
                $0.zeros(2)
                if let bit = flow.resultBit { Self.name(bit, version: nil, into: &$0) }
            }
            for specification in flow.specifications { Self.write(specification, into: &$0) }
        }
    }

    private static func write(_ specification: LearnedFlow.Specification, into writer: inout WireWriter) {
        switch specification {
        case .match(let source, let target):
            write(source, kind: 0, into: &writer)
            write(target, into: &writer)
        case .load(let source, let target):
            write(source, kind: LearnFlags.load, into: &writer)
            write(target, into: &writer)
        case .output(let bits): write(.field(bits), kind: LearnFlags.output, into: &writer)
        }
    }

    private static func write(_ source: LearnedFlow.Source, kind: UInt16, into writer: inout WireWriter) {
        switch source {
        case .field(let bits):
            writer.uint16(UInt16(bits.count) | kind)
            write(bits, into: &writer)
        case .immediate(let value, let count):
            writer.uint16(UInt16(count) | kind | LearnFlags.immediate)
            writer.value(value, bytes: (count + 15) / 16 * 2)
        }
    }

    private static func write(_ bits: Subfield, into writer: inout WireWriter) {
        name(bits, version: nil, into: &writer)
        writer.uint16(UInt16(bits.start))
    }

    func clone(_ actions: [Action], into writer: inout WireWriter) {
        nicira(42, into: &writer) {
            $0.zeros(6)
            list(actions, into: &$0)
        }
    }

    private func list(_ actions: [Action], into writer: inout WireWriter) {
        var inner = self
        for action in actions { inner.encode(action, into: &writer) }
    }

    func connectionTrack(_ tracking: ConnectionTracking, into writer: inout WireWriter) {
        nicira(35, length: 24, into: &writer) {
            $0.uint16(
                (tracking.commit ? ConnectionFlags.commit : 0) | (tracking.force ? ConnectionFlags.force : 0))
            switch tracking.zone {
            case .number(let zone):
                $0.uint32(0)
                $0.uint16(zone)
            case .field(let bits):
                Self.name(bits, version: nil, into: &$0)
                $0.uint16(Self.packed(bits))
            }
            $0.uint8(tracking.table ?? 255)
            $0.zeros(3)
            $0.uint16(tracking.helper)
            list(tracking.actions, into: &$0)
        }
    }

    func nat(_ translation: AddressTranslation, into writer: inout WireWriter) {
        nicira(36, into: &writer) {
            var flags: UInt16 = 0
            switch translation.direction {
            case .source: flags |= NATFlags.source
            case .destination: flags |= NATFlags.destination
            case nil: break
            }
            if translation.persistent { flags |= NATFlags.persistent }
            if translation.hash { flags |= NATFlags.hash }
            if translation.random { flags |= NATFlags.random }
            $0.zeros(2)
            $0.uint16(flags)
            let place = $0.count
            $0.zeros(2)
            var present: UInt16 = 0
            switch translation.addresses {
            case .ipv4(let first, let last):
                present |= NATFlags.ipv4First
                $0.uint32(first)
                if last != first {
                    present |= NATFlags.ipv4Last
                    $0.uint32(last)
                }
            case .ipv6(let first, let last):
                present |= NATFlags.ipv6First
                $0.value(first, bytes: 16)
                if last != first {
                    present |= NATFlags.ipv6Last
                    $0.value(last, bytes: 16)
                }
            case nil: break
            }
            if let ports = translation.ports {
                present |= NATFlags.portFirst
                $0.uint16(ports.lowerBound)
                if ports.upperBound != ports.lowerBound {
                    present |= NATFlags.portLast
                    $0.uint16(ports.upperBound)
                }
            }
            $0.patch16(present, at: place)
        }
    }

    func sample(_ sample: PacketSample, into writer: inout WireWriter) {
        let subtype: UInt16 =
            sample.direction != .both ? 41 : sample.samplingPort != PortNumber.any ? 38 : 29
        nicira(subtype, length: subtype == 29 ? 24 : 32, into: &writer) {
            $0.uint16(sample.probability)
            $0.uint32(sample.collectorSet)
            $0.uint32(sample.observationDomain)
            $0.uint32(sample.observationPoint)
            if subtype != 29 {
                $0.uint16(PortNumber.short(sample.samplingPort))
                $0.uint8(sample.direction.rawValue)
            }
        }
    }
}
