import Testbed
import Testing
import Wire

@testable import Switch

/// Each edit on a frame is compared with the frame that is built from changed fields, checksums and all; with a finished
/// checksum, with an unfinished one, and with the tags and options that shift everything.
@Suite struct PacketEditingTests {
    struct Edit: Sendable {
        var field: Field
        var value: @Sendable (inout SeededGenerator) -> FieldValue
        var change: @Sendable (inout FrameModel, FieldValue) -> Void
        var applies: @Sendable (FrameModel) -> Bool
    }

    static func number(_ bits: Int) -> @Sendable (inout SeededGenerator) -> FieldValue {
        { random in FieldValue(UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64(64 - bits)) }
    }
    static let wide: @Sendable (inout SeededGenerator) -> FieldValue = { random in
        FieldValue(high: UInt64.random(in: 0...UInt64.max, using: &random), low: random.next())
    }
    static let always: @Sendable (FrameModel) -> Bool = { _ in true }
    static let version4: @Sendable (FrameModel) -> Bool = { !$0.isIPv6 }
    static let version6: @Sendable (FrameModel) -> Bool = { $0.isIPv6 }
    static let tagged: @Sendable (FrameModel) -> Bool = { !$0.tags.isEmpty }
    static let solicitation: @Sendable (FrameModel) -> Bool = { $0.transport == .solicitation }

    static let edits: [Edit] = [
        Edit(
            field: .ethDestination, value: number(48), change: { $0.destination = MACAddress(rawValue: $1.low) },
            applies: always),
        Edit(
            field: .ethSource, value: number(48), change: { $0.source = MACAddress(rawValue: $1.low) }, applies: always),
        Edit(
            field: .ipv4Source, value: number(32), change: { $0.source4 = IPv4Address(rawValue: UInt32($1.low)) },
            applies: version4),
        Edit(
            field: .ipv4Destination, value: number(32),
            change: { $0.destination4 = IPv4Address(rawValue: UInt32($1.low)) }, applies: version4),
        Edit(
            field: .ipv6Source, value: wide, change: { $0.source6 = IPv6Address(high: $1.high, low: $1.low) },
            applies: version6),
        Edit(
            field: .ipv6Destination, value: wide,
            change: { $0.destination6 = IPv6Address(high: $1.high, low: $1.low) }, applies: version6),
        Edit(field: .ipToS, value: number(8), change: { $0.trafficClass = UInt8($1.low) }, applies: always),
        Edit(
            field: .ipDSCP, value: number(6), change: { $0.trafficClass = $0.trafficClass & 3 | UInt8($1.low) << 2 },
            applies: always),
        Edit(
            field: .ipECN, value: number(2), change: { $0.trafficClass = $0.trafficClass & 0xfc | UInt8($1.low) },
            applies: always),
        Edit(field: .ipTTL, value: number(8), change: { $0.timeToLive = UInt8($1.low) }, applies: always),
        Edit(
            field: .ipv6FlowLabel, value: number(20), change: { $0.flowLabel = UInt32($1.low) }, applies: version6),
        Edit(
            field: .tcpSource, value: number(16), change: { $0.sourcePort = UInt16($1.low) },
            applies: { $0.transport == .tcp }),
        Edit(
            field: .tcpDestination, value: number(16), change: { $0.destinationPort = UInt16($1.low) },
            applies: { $0.transport == .tcp }),
        Edit(
            field: .udpSource, value: number(16), change: { $0.sourcePort = UInt16($1.low) },
            applies: { $0.ipProtocol == IPProtocol.udp }),
        Edit(
            field: .udpDestination, value: number(16), change: { $0.destinationPort = UInt16($1.low) },
            applies: { $0.ipProtocol == IPProtocol.udp }),
        Edit(
            field: .sctpSource, value: number(16), change: { $0.sourcePort = UInt16($1.low) },
            applies: { $0.transport == .sctp }),
        Edit(
            field: .sctpDestination, value: number(16), change: { $0.destinationPort = UInt16($1.low) },
            applies: { $0.transport == .sctp }),
        Edit(
            field: .icmpType, value: number(8), change: { $0.type = UInt8($1.low) },
            applies: { $0.transport == .icmp && !$0.isIPv6 }),
        Edit(
            field: .icmpCode, value: number(8), change: { $0.code = UInt8($1.low) },
            applies: { $0.transport == .icmp && !$0.isIPv6 }),
        Edit(
            field: .icmpv6Code, value: number(8), change: { $0.code = UInt8($1.low) },
            applies: { $0.ipProtocol == IPProtocol.icmpv6 }),
        Edit(
            field: .ndTarget, value: wide, change: { $0.target = IPv6Address(high: $1.high, low: $1.low) },
            applies: solicitation),
        Edit(
            field: .ndSourceEth, value: number(48), change: { $0.linkLayer = MACAddress(rawValue: $1.low) },
            applies: solicitation),
        Edit(
            field: .vlanVID, value: number(12),
            change: { $0.tags[0].control = $0.tags[0].control & 0xf000 | UInt16($1.low) }, applies: tagged),
        Edit(
            field: .vlanPCP, value: number(3),
            change: { $0.tags[0].control = $0.tags[0].control & 0x1fff | UInt16($1.low) << 13 }, applies: tagged),
        Edit(
            field: .vlanTCI, value: number(16),
            change: { $0.tags[0].control = UInt16($1.low) & 0xefff | $0.tags[0].control & 0x1000 }, applies: tagged),
        Edit(
            field: .vlan2TCI, value: number(16),
            change: { $0.tags[1].control = UInt16($1.low) & 0xefff | $0.tags[1].control & 0x1000 },
            applies: { $0.tags.count > 1 }),
    ]

    static func randomModel(_ random: inout SeededGenerator) -> FrameModel {
        var model = FrameModel()
        model.transport = FrameModel.Transport.allCases.randomElement(using: &random)!
        model.isIPv6 = Bool.random(using: &random) || model.transport == .solicitation
        if model.transport == .udpWithoutChecksum { model.isIPv6 = false }
        model.tags = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            VLANTag(control: UInt16.random(in: 0...0xffff, using: &random))
        }
        if Bool.random(using: &random) {
            model.options = model.isIPv6 ? [0, 0, 1, 4, 0, 0, 0, 0] : [1, 1, 1, 0]
        }
        model.source4 = IPv4Address(rawValue: UInt32.random(in: 0...UInt32.max, using: &random))
        model.trafficClass = UInt8.random(in: 0...255, using: &random)
        model.type = model.isIPv6 ? 128 : 8
        if model.transport != .solicitation {
            model.payload = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
        }
        return model
    }

    static func layout(_ packet: PacketRef) -> PacketLayout {
        var key = FlowKey()
        return extract(frame: UnsafeRawBufferPointer(packet.bytes), inPort: 1, into: &key)
    }

    @Test func editsAreWhatBuildingAnewGives() {
        var pool = PacketPool()
        var random = SeededGenerator(seed: 5)
        var done = [Int](repeating: 0, count: Self.edits.count)
        for _ in 0..<4000 {
            var model = Self.randomModel(&random)
            let canBeUnfinished = model.transport != .udpWithoutChecksum && model.transport != .sctp
            let isUnfinished = canBeUnfinished && Bool.random(using: &random)
            let packet = pool.packet(
                model.bytes(isFinished: !isUnfinished), isUnfinished ? model.unfinishedOffload : VirtioNetHeader())
            var layout = Self.layout(packet)
            let before = layout
            for _ in 0..<3 {
                let index = Int.random(in: 0..<Self.edits.count, using: &random)
                let edit = Self.edits[index]
                let value = edit.value(&random)
                let applies = edit.applies(model)
                #expect(PacketEditing.set(edit.field, value, in: packet, &layout) == applies)
                if applies {
                    done[index] += 1
                    edit.change(&model, value)
                }
                if isUnfinished {
                    // A sum of zero has two forms; what counts is the finished frame.
                    let copy = pool.copy(packet)!
                    Segmentation.finishChecksum(copy)
                    #expect(Array(copy.bytes) == model.bytes(), "\(edit.field)")
                    pool.release(copy)
                } else {
                    #expect(Array(packet.bytes) == model.bytes(), "\(edit.field)")
                }
            }
            #expect(layout == before)
            pool.release(packet)
        }
        #expect(done.allSatisfy { $0 > 20 })
        #expect(pool.inUse == 0)
    }

    @Test func tagsArePushedAndPoppedOnAnyPacket() {
        var pool = PacketPool()
        var random = SeededGenerator(seed: 6)
        for _ in 0..<2000 {
            var model = Self.randomModel(&random)
            let isUnfinished = model.transport == .tcp
            let packet = pool.packet(
                model.bytes(isFinished: !isUnfinished), isUnfinished ? model.unfinishedOffload : VirtioNetHeader())
            var layout = Self.layout(packet)
            for _ in 0..<6 {
                if Bool.random(using: &random), model.tags.count < 2 {
                    let tag = VLANTag(
                        protocolIdentifier: Bool.random(using: &random) ? EtherType.vlan : EtherType.serviceVLAN,
                        control: UInt16.random(in: 0...0xffff, using: &random))
                    #expect(
                        PacketEditing.pushVLAN(
                            tpid: tag.protocolIdentifier, tci: tag.control, in: packet, &layout))
                    model.tags.insert(tag, at: 0)
                } else {
                    PacketEditing.popVLAN(packet, &layout)
                    if !model.tags.isEmpty { model.tags.removeFirst() }
                }
                #expect(Array(packet.bytes) == model.bytes(isFinished: !isUnfinished))
                #expect(layout == Self.layout(packet))
                if isUnfinished { #expect(packet.pointee.offload == model.unfinishedOffload) }
            }
            Segmentation.finishChecksum(packet)
            #expect(Array(packet.bytes) == model.bytes())
            pool.release(packet)
        }
    }

    @Test func labelsArePushedAndPopped() {
        var pool = PacketPool()
        var model = FrameModel()
        model.tags = [VLANTag(vlan: 7)]
        model.payload = [1, 2, 3]
        let packet = pool.packet(model.bytes(isFinished: false), model.unfinishedOffload)
        var layout = Self.layout(packet)
        for label in [
            MPLSLabel(label: 16, isBottom: true, timeToLive: 64), MPLSLabel(label: 17, isBottom: false, timeToLive: 2),
        ] {
            #expect(PacketEditing.pushMPLS(etherType: EtherType.mpls, entry: label, in: packet, &layout))
            model.labels.insert(label, at: 0)
            #expect(Array(packet.bytes) == model.bytes(isFinished: false))
            #expect(packet.pointee.offload == model.unfinishedOffload)
            #expect(layout.l25 == 18 && Int(layout.l3) == model.l3 && Int(layout.mplsCount) == model.labels.count)
        }
        #expect(PacketEditing.set(.mplsLabel, FieldValue(99), in: packet, &layout))
        #expect(PacketEditing.set(.mplsTC, FieldValue(5), in: packet, &layout))
        #expect(PacketEditing.set(.mpls1TTL, FieldValue(9), in: packet, &layout))
        #expect(!PacketEditing.set(.mpls2TTL, FieldValue(9), in: packet, &layout))
        model.labels = [
            MPLSLabel(label: 99, trafficClass: 5, isBottom: false, timeToLive: 2),
            MPLSLabel(label: 16, isBottom: true, timeToLive: 9),
        ]
        #expect(Array(packet.bytes) == model.bytes(isFinished: false))
        #expect(!PacketEditing.decrementMPLSTTL(packet, layout))
        #expect(PacketEditing.decrementMPLSTTL(packet, layout))
        PacketEditing.popMPLS(etherType: EtherType.mpls, packet, &layout)
        PacketEditing.popMPLS(etherType: EtherType.ipv4, packet, &layout)
        model.labels = []
        #expect(Array(packet.bytes) == model.bytes(isFinished: false))
        #expect(layout.l25 == -1 && layout.mplsCount == 0 && Int(layout.l3) == model.l3)
        PacketEditing.popMPLS(etherType: EtherType.ipv6, packet, &layout)
        #expect(Array(packet.bytes) == model.bytes(isFinished: false))
        Segmentation.finishChecksum(packet)
        #expect(Array(packet.bytes) == model.bytes())
        pool.release(packet)
    }

    @Test func superPacketsKeepTheirHeaderInStep() throws {
        var pool = PacketPool()
        var model = FrameModel()
        model.payload = SegmentationTests.payload(4000)
        let packet = pool.packet(model.bytes(isFinished: false), model.superOffload(segment: 1000))
        #expect(Segmentation.sanitize(packet))
        var layout = Self.layout(packet)
        #expect(packet.wireByteCount == 4 * 1054)
        #expect(PacketEditing.pushVLAN(tpid: 0x8100, tci: 9, in: packet, &layout))
        #expect(packet.wireByteCount == 4 * 1058)
        #expect(PacketEditing.set(.ipv4Source, FieldValue(UInt32(0xc0a8_0001)), in: packet, &layout))
        model.tags = [VLANTag(control: 9)]
        model.source4 = IPv4Address(192, 168, 0, 1)
        let offload = packet.pointee.offload
        #expect(Segmentation.sanitize(packet) && packet.pointee.offload == offload)
        var segmenter = try Segmenter(packet, finishChecksums: true)
        var number = 0
        while let segment = segmenter.next(from: &pool) {
            var expected = model
            expected.payload = Array(model.payload[(number * 1000)..<(number * 1000 + 1000)])
            expected.identification &+= UInt16(number)
            expected.sequence &+= UInt32(number * 1000)
            #expect(Array(segment.bytes) == expected.bytes())
            number += 1
            pool.release(segment)
        }
        PacketEditing.popVLAN(packet, &layout)
        #expect(packet.wireByteCount == 4 * 1054)
        pool.release(packet)
    }

    @Test func timeToLive() {
        var pool = PacketPool()
        for isIPv6 in [false, true] {
            var model = FrameModel()
            model.isIPv6 = isIPv6
            model.timeToLive = 3
            let packet = pool.packet(model.bytes())
            let layout = Self.layout(packet)
            #expect(!PacketEditing.decrementTTL(packet, layout))
            #expect(!PacketEditing.decrementTTL(packet, layout))
            model.timeToLive = 1
            #expect(Array(packet.bytes) == model.bytes())
            #expect(PacketEditing.decrementTTL(packet, layout))
            #expect(Array(packet.bytes) == model.bytes())
            pool.release(packet)
        }
    }

    @Test func fragments() {
        var pool = PacketPool()
        var model = FrameModel()
        model.transport = .udp
        model.payload = SegmentationTests.payload(64)
        var bytes = model.bytes()
        // A later fragment: what is where the UDP header would be must not change.
        bytes[model.l3 + 7] = 8
        let later = pool.packet(bytes)
        var layout = Self.layout(later)
        #expect(layout.l4 == -1)
        #expect(PacketEditing.set(.ipv4Destination, FieldValue(UInt32(1)), in: later, &layout))
        #expect(!PacketEditing.set(.udpSource, FieldValue(UInt32(1)), in: later, &layout))
        #expect(Array(later.bytes[model.l4...]) == Array(bytes[model.l4...]))
        // A first fragment: its checksum covers more than is here, and is kept by difference.
        bytes[model.l3 + 6] = 0x20
        bytes[model.l3 + 7] = 0
        let first = pool.packet(bytes)
        layout = Self.layout(first)
        #expect(PacketEditing.set(.ipv4Destination, FieldValue(UInt32(1)), in: first, &layout))
        model.destination4 = IPv4Address(rawValue: 1)
        #expect(Array(first.bytes[model.l4...]) == Array(model.bytes()[model.l4...]))
        pool.release(later)
        pool.release(first)
    }

    @Test func routingHeaderHidesTheDestination() {
        var pool = PacketPool()
        var model = FrameModel()
        model.isIPv6 = true
        // Next header is filled in; 0 more units; type 4 with 1 segment left.
        model.options = [0, 0, 4, 1, 0, 0, 0, 0]
        var bytes = model.bytes()
        bytes[model.l3 + 6] = IPProtocol.routing
        let packet = pool.packet(bytes)
        var layout = Self.layout(packet)
        let value = FieldValue(high: 5, low: 6)
        #expect(PacketEditing.set(.ipv6Destination, value, in: packet, &layout))
        #expect(Array(packet.bytes[model.l4...]) == Array(bytes[model.l4...]))
        #expect(PacketEditing.set(.ipv6Source, value, in: packet, &layout))
        #expect(Array(packet.bytes[model.l4...]) != Array(bytes[model.l4...]))
        pool.release(packet)
    }

    @Test func aWrongChecksumStaysWrong() {
        var pool = PacketPool()
        for transport in [FrameModel.Transport.tcp, .sctp] {
            var model = FrameModel()
            model.transport = transport
            model.payload = [1, 2, 3, 4]
            var bytes = model.bytes()
            bytes[model.l4 + model.checksumOffset] ^= 0x40
            let packet = pool.packet(bytes)
            var layout = Self.layout(packet)
            let field = transport == .tcp ? Field.tcpSource : .sctpSource
            #expect(PacketEditing.set(field, FieldValue(UInt16(77)), in: packet, &layout))
            model.sourcePort = 77
            #expect(Array(packet.bytes) != model.bytes())
            #expect(PacketEditing.set(field, FieldValue(UInt16(1000)), in: packet, &layout))
            #expect(Array(packet.bytes) == bytes)
            pool.release(packet)
        }
    }

    @Test func arp() {
        var pool = PacketPool()
        var bytes = [UInt8](repeating: 0xa5, count: 60)
        var packet = ARPPacket(
            operation: 1, senderMAC: MACAddress(rawValue: 1), senderIP: .loopback, targetMAC: .zero, targetIP: .any)
        bytes.withUnsafeMutableBytes {
            EthernetHeader(destination: .broadcast, source: .zero, etherType: EtherType.arp).emit(into: $0)
            packet.emit(into: UnsafeMutableRawBufferPointer(rebasing: $0[14...]))
        }
        let ref = pool.packet(bytes)
        var layout = Self.layout(ref)
        #expect(PacketEditing.set(.arpOperation, FieldValue(2), in: ref, &layout))
        #expect(PacketEditing.set(.arpSource, FieldValue(UInt32(0x0102_0304)), in: ref, &layout))
        #expect(PacketEditing.set(.arpTarget, FieldValue(UInt32(0x0506_0708)), in: ref, &layout))
        #expect(PacketEditing.set(.arpSourceEth, FieldValue(UInt64(0x0a0b_0c0d_0e0f)), in: ref, &layout))
        #expect(PacketEditing.set(.arpTargetEth, FieldValue(UInt64(0x1a1b_1c1d_1e1f)), in: ref, &layout))
        packet = ARPPacket(
            operation: 2, senderMAC: MACAddress(rawValue: 0x0a0b_0c0d_0e0f), senderIP: IPv4Address(1, 2, 3, 4),
            targetMAC: MACAddress(rawValue: 0x1a1b_1c1d_1e1f), targetIP: IPv4Address(5, 6, 7, 8))
        bytes.withUnsafeMutableBytes { packet.emit(into: UnsafeMutableRawBufferPointer(rebasing: $0[14...])) }
        #expect(Array(ref.bytes) == bytes)
        pool.release(ref)
    }

    @Test func pushingStopsBeforeThePortsHeader() {
        var pool = PacketPool()
        let model = FrameModel()
        let packet = pool.packet(model.bytes())
        var layout = Self.layout(packet)
        var pushed = 0
        while PacketEditing.pushVLAN(tpid: 0x8100, tci: 1, in: packet, &layout) { pushed += 1 }
        #expect(pushed == (Packet.headroom - VirtioNetHeader.byteCount) / 4)
        #expect(packet.headroom >= VirtioNetHeader.byteCount)
        for _ in 0..<pushed { PacketEditing.popVLAN(packet, &layout) }
        #expect(Array(packet.bytes) == model.bytes())
        pool.release(packet)
    }

    /// Every edit on damaged frames with random offload headers: the frame's bounds hold, whatever the fields say.
    @Test func damagedFramesStayInBounds() {
        var pool = PacketPool()
        var random = SeededGenerator(seed: 8)
        for _ in 0..<20_000 {
            var bytes = Self.randomModel(&random).bytes()
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<min(bytes.count, 80), using: &random)] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            bytes = Array(bytes.prefix(Int.random(in: 14...120, using: &random)))
            var offload = VirtioNetHeader()
            offload.flags = 1
            offload.checksumStart = UInt16.random(in: 0...140, using: &random)
            offload.checksumOffset = UInt16.random(in: 0...20, using: &random)
            let packet = pool.packet(bytes, offload)
            defer { pool.release(packet) }
            guard Segmentation.sanitize(packet) else { continue }
            // What is behind the frame must not change.
            (packet.pointee.data + bytes.count).storeBigEndian(UInt64(0xa5a5_a5a5_a5a5_a5a5))
            var layout = Self.layout(packet)
            let edit = Self.edits.randomElement(using: &random)!
            PacketEditing.set(edit.field, edit.value(&random), in: packet, &layout)
            _ = PacketEditing.decrementTTL(packet, layout)
            PacketEditing.popVLAN(packet, &layout)
            PacketEditing.popMPLS(etherType: EtherType.ipv4, packet, &layout)
            let start = Int(packet.pointee.offload.checksumStart) + Int(packet.pointee.offload.checksumOffset)
            #expect(packet.pointee.offload.flags == 0 || start + 2 <= packet.pointee.length)
            let end = packet.pointee.data + packet.pointee.length
            #expect(end.loadBigEndian64() == 0xa5a5_a5a5_a5a5_a5a5)
            #expect(packet.pointee.length >= 14)
        }
    }
}
