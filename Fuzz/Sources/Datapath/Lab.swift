import Switch
import Wire

/// Three bridges in a ring, a host for each way in which a port can carry VLANs.
final class Lab {
    private let datapath: Datapath
    private var now: UInt64 = 1_000_000_000
    private var devices: [Int32] = []
    private var links: [Int32] = []
    private var bridges: [Int32] = []
    private var ports: [UInt32] = []

    init(seed: UInt64) {
        // Small enough that a flood meets the end of the memory.
        datapath = Datapath(seed: seed, now: now, memoryLimit: 16 << 20)
        datapath.depthLimit = 32
        datapath.onCapture = { _, _, frame, _ in precondition(frame.count >= 14) }
        for (index, settings) in [
            BridgeSettings(spanningTree: true), BridgeSettings(spanningTree: true, standalone: false),
            BridgeSettings(spanningTree: true, priority: 4096),
        ].enumerated() {
            bridges.append(
                datapath.addBridge(name: "s\(index)", address: 0x0200_0000_0010 + UInt64(index), settings: settings))
            ports.append(1)
        }
        for (index, mode) in [
            VLANMode.trunk(nil), .access(10), .trunk([10, 20]), .nativeTagged(10, trunks: nil),
            .nativeUntagged(20, trunks: [10]), .access(20),
        ].enumerated() {
            let device = datapath.addDevice(name: "h\(index)")
            devices.append(device)
            links.append(datapath.addLink(.device(device), port(index % 3, mode), now: now))
        }
        links.append(datapath.addLink(port(0), port(1), now: now))
        links.append(datapath.addLink(port(2), port(0), forward: LinkProfile(delay: 1000), now: now))
        links.append(datapath.addLink(port(1), port(2), forward: Self.everything, reverse: Self.everything, now: now))
        datapath.setQueues(
            port: datapath.port(bridge: bridges[2], number: 3)!,
            [LinkQueue(id: 0, minRate: 1_000_000), LinkQueue(id: 7, maxRate: 50_000_000, priority: 1)], now: now)
        datapath.setCapture(port: datapath.port(bridge: bridges[0], number: 1)!, true)
        for choice in 0..<4 { addFlow(UInt8(choice), table: choice == 3 ? 1 : 0, priority: UInt16(choice)) }
        drain()
    }

    private func port(_ bridge: Int, _ mode: VLANMode = .trunk(nil)) -> LinkEnd {
        defer { ports[bridge] += 1 }
        return .port(
            datapath.addPort(bridge: bridges[bridge], number: ports[bridge], name: "p\(ports[bridge])", vlan: mode))
    }

    private static let everything = LinkProfile(
        rate: 100_000_000, delay: 1_000_000,
        jitter: .init(spread: 500_000, distribution: .normal, correlation: 0.5),
        loss: .gilbertElliott(p: 0.1, r: 0.5, lossBad: 0.9, lossGood: 0.01), duplicate: .init(probability: 0.1),
        corrupt: .init(probability: 0.2), reorder: .init(chance: .init(probability: 0.1), gap: 2), mtu: 1500,
        queue: .packets(20), aqm: .codel(target: 500_000, interval: 5_000_000, ecn: true))

    private static let profiles = [
        everything, LinkProfile(), LinkProfile(delay: 20_000), LinkProfile(rate: 10_000_000, queue: .bytes(20_000)),
        LinkProfile(
            rate: 1_000_000_000, queue: .packets(64),
            aqm: .red(minimum: 3000, maximum: 9000, probability: 0.5, ecn: true)),
        LinkProfile(duplicate: .init(probability: 1), corrupt: .init(probability: 1)), LinkProfile(mtu: 576),
        LinkProfile(rate: 1, delay: .max),
    ]

    private func addFlow(_ choice: UInt8, table: UInt8, priority: UInt16) {
        let match: Match
        switch choice >> 4 & 3 {
        case 1: match = Match().with(.ethType, EtherType.ipv4)
        case 2: match = Match().with(.vlanTCI, 0x100a as UInt16)
        case 3: match = Match().with(.inPort, 1 as UInt32)
        default: match = Match()
        }
        let actions: [Action]
        switch choice & 15 {
        case 0:
            actions = [
                .pushVLAN(tpid: 0x88a8), .setField(.vlanVID, value: FieldValue(UInt16(10)), mask: .ones(12)),
                .resubmit(port: nil, table: 1), .popVLAN, .output(PortNumber.normal),
            ]
        case 1:
            actions = [
                .setField(.ipv4Source, value: FieldValue(0x0a00_0001 as UInt32), mask: .ones(32)),
                .setField(.ipv6Destination, value: FieldValue(high: 1, low: 2), mask: .ones(128)),
                .setField(.tcpDestination, value: FieldValue(80 as UInt16), mask: .ones(16)),
                .decrementTTL(), .output(PortNumber.flood),
            ]
        case 2:
            actions = [
                .popVLAN, .popVLAN,
                .setField(.ethSource, value: FieldValue(0x0200_0000_0099 as UInt64), mask: .ones(48)),
                .output(PortNumber.inPort), .output(PortNumber.all),
            ]
        case 3: actions = [.setQueue(7), .output(3), .enqueue(port: 4, queue: 7), .output(PortNumber.normal)]
        case 4: actions = [.resubmit(port: 2, table: nil)]
        case 5: actions = [Action](repeating: .pushVLAN(tpid: 0x8100), count: 40) + [.output(PortNumber.flood)]
        case 6: actions = [.setField(.ipToS, value: FieldValue(0xff as UInt8), mask: .ones(8)), .output(2), .output(3)]
        case 7:
            actions = [
                .setField(.arpTarget, value: FieldValue(1 as UInt32), mask: .ones(32)),
                .setField(.icmpType, value: FieldValue(8 as UInt8), mask: .ones(8)),
                .setField(.ndTarget, value: FieldValue(high: 3, low: 4), mask: .ones(128)), .output(PortNumber.all),
            ]
        case 8: actions = []
        default: actions = [.output(PortNumber.normal)]
        }
        datapath.addFlow(
            bridge: bridges[1], table: table, priority: priority, match: match,
            instructions: Instructions(apply: actions, goTo: table == 0 && choice & 64 != 0 ? 1 : nil), now: now)
    }

    func step(_ input: inout Input) {
        let choice = input.byte()
        switch choice & 15 {
        case 0..<10:
            receive(&input, from: devices[Int(choice >> 4) % devices.count])
        case 10, 11:
            // Up to 65 ms, or up to 16 s.
            let time = UInt64(input.word())
            advance(by: choice & 1 == 0 ? time * 1000 : time * 250_000)
        case 12:
            datapath.setUp(link: links[Int(choice >> 4) % links.count], input.byte() & 1 == 0, now: now)
        case 13:
            let which = input.byte()
            datapath.setProfile(
                link: links[Int(choice >> 4) % links.count], forward: Self.profiles[Int(which & 7)],
                reverse: Self.profiles[Int(which >> 4 & 7)], now: now)
        case 14:
            addFlow(input.byte(), table: choice >> 4 & 1, priority: UInt16(choice >> 5))
        default:
            _ = datapath.removeFlow(
                bridge: bridges[1], table: choice >> 4 & 1, priority: UInt16(choice >> 5), match: Match())
        }
        drain()
    }

    private func receive(_ input: inout Input, from device: Int32) {
        let header = input.take(VirtioNetHeader.byteCount)
        let frame = input.take(Int(input.word() & 0xfff))
        guard header.count == VirtioNetHeader.byteCount, let start = header.baseAddress,
            let packet = datapath.pool.allocate(copying: frame)
        else { return }
        packet.pointee.offload = VirtioNetHeader(reading: start)
        datapath.receive(packet, from: device, now: now)
    }

    private func advance(by nanoseconds: UInt64) {
        let end = now + nanoseconds
        var steps = 0
        while let deadline = datapath.nextDeadline, deadline <= end, steps < 1000 {
            now = max(now, deadline)
            datapath.run(now: now)
            drain()
            steps += 1
        }
        now = end
        datapath.run(now: now)
    }

    /// Takes what is for devices, as the poller would: what a device sees must be sound.
    private func drain() {
        for index in 0..<datapath.outbox.count {
            let item = datapath.outbox[index]
            precondition(devices.contains(item.device) && item.packet.pointee.references >= 1)
            precondition(item.packet.pointee.length >= EthernetHeader.byteCount)
            precondition(Segmentation.sanitize(item.packet))
            precondition(item.packet.headroom >= VirtioNetHeader.byteCount && item.packet.tailroom >= 0)
            datapath.pool.release(item.packet)
        }
        datapath.emptyOutbox()
    }

    /// Pulls every cable: no packet may be left.
    func end() {
        for link in links { datapath.setUp(link: link, false, now: now) }
        advance(by: 1000)
        drain()
        precondition(datapath.pool.inUse == 0, "packets were lost")
        for bridge in bridges {
            _ = datapath.flows(bridge: bridge)
            _ = datapath.learnedAddresses(bridge: bridge, now: now)
        }
        for link in links {
            for direction in [link * 2, link * 2 + 1] {
                guard let count = datapath.linkStatistics(direction: direction) else { continue }
                precondition(count.queuedPackets == 0 && count.flyingPackets == 0)
                precondition(count.packetsIn + count.duplicates == count.packetsDelivered + count.dropped)
            }
        }
    }
}
