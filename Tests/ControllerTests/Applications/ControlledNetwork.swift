import Controller
import OpenFlow
import Switch
import Synchronization
import Testing

@testable import VirtualSwitch

/// Switches, links, hosts and a controller without sockets or clocks: the real data path and agents on one side, the
/// library on the other, whole messages between them, in virtual time.
final class ControlledNetwork {
    static let millisecond: UInt64 = 1_000_000

    let datapath: Datapath
    private(set) var now: UInt64 = 1_000_000_000
    private let application: any ControllerApplication
    private let version: OpenFlowVersion
    private var members: [Member] = []
    private var nextTick: UInt64 = 0
    /// By number; their devices.
    private(set) var hosts: [(device: Int32, name: Int)] = []
    /// The data path's number of each link between switches.
    private(set) var links: [Int32] = []
    /// What hosts have received.
    private var inbox: [Int: [[UInt8]]] = [:]
    /// Errors that switches answered with.
    private(set) var refusals: [OpenFlowError] = []

    private final class Member {
        let bridge: Int32
        let agent: OpenFlowAgent
        let terms: ConnectionTerms
        var session: SwitchSession?
        /// Bytes for the switch.
        var framer = MessageFramer()
        var ports: UInt32 = 0
        init(bridge: Int32, agent: OpenFlowAgent, terms: ConnectionTerms) {
            self.bridge = bridge
            self.agent = agent
            self.terms = terms
        }
    }

    /// - Parameters:
    ///   - links: pairs of switches, from 0.
    ///   - hosts: the switch of each host.
    init(
        _ application: any ControllerApplication, version: OpenFlowVersion = .v13, switches: Int,
        links: [(Int, Int)] = [], hosts: [Int]
    ) {
        self.application = application
        self.version = version
        datapath = Datapath(seed: 7, now: now)
        for number in 0..<switches {
            let bridge = datapath.addBridge(
                name: "s\(number)", address: 0x0200_0000_1000 + UInt64(number),
                settings: BridgeSettings(standalone: false), now: now)
            let identity = SwitchIdentity(name: "s\(number)", datapathID: UInt64(number) + 1)
            members.append(
                Member(
                    bridge: bridge, agent: OpenFlowAgent(bridge: bridge, datapath: datapath, identity: identity),
                    terms: ConnectionTerms(version: version, kind: .controller)))
        }
        for (a, b) in links {
            self.links.append(datapath.addLink(.port(addPort(a)), .port(addPort(b)), now: now))
        }
        for (name, member) in hosts.enumerated() {
            let device = datapath.addDevice(name: "h\(name)")
            _ = datapath.addLink(.device(device), .port(addPort(member)), now: now)
            self.hosts.append((device, name))
        }
        datapath.onEvent = { [unowned self] event in
            members.first { $0.bridge == event.bridge }?.agent.note(event)
        }
        for index in members.indices { connect(index) }
        pass(500 * Self.millisecond)
    }

    private func addPort(_ index: Int) -> Int32 {
        members[index].ports += 1
        let number = members[index].ports
        return datapath.addPort(bridge: members[index].bridge, number: number, name: "s\(index)-eth\(number)")
    }

    private func connect(_ index: Int) {
        let member = members[index]
        member.agent.connect(ConnectionID(UInt32(index)), member.terms, now: now)
        let session = SwitchSession(application, versions: [version], now: now) { [unowned member] in
            member.framer.append($0)
        }
        member.session = session
        deliver(Message(.hello(.init(speaking: [version]))), to: session)
        exchange()
    }

    private func deliver(_ message: Message, to session: SwitchSession) {
        if case .error(let report) = message.body { refusals.append(report.error) }
        message.encode(version: version).withUnsafeBytes { session.receive($0, now: now) }
    }

    /// Carries messages until nobody has any left.
    private func exchange() {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            for (index, member) in members.enumerated() {
                var batch = RequestBatch()
                while let frame = try? member.framer.next() {
                    guard frame[1] != 0 else { continue }  // The hello.
                    frame.withUnsafeBytes { batch.append($0, version: version) }
                }
                if !batch.isEmpty {
                    isQuiet = false
                    member.agent.receive(ConnectionID(UInt32(index)), batch, now: now)
                }
                datapath.run(now: now)
                member.agent.run(now: now)
                for output in member.agent.takeOutput() {
                    // All that was handed over counts as sent.
                    member.terms.gauge.unwritten.store(0, ordering: .relaxed)
                    if !output.messages.isEmpty { isQuiet = false }
                    for message in output.messages {
                        if let session = member.session { deliver(message, to: session) }
                    }
                }
            }
            takeFrames()
        }
    }

    private func takeFrames() {
        for index in 0..<datapath.outbox.count {
            let item = datapath.outbox[index]
            let bytes = UnsafeRawBufferPointer(start: item.packet.pointee.data, count: item.packet.pointee.length)
            // Hosts pay no attention to what controllers look for links with.
            let isDiscovery = bytes.count > 13 && bytes[12] == 0x88 && bytes[13] == 0xcc
            if !isDiscovery, let host = hosts.first(where: { $0.device == item.device }) {
                inbox[host.name, default: []].append(Array(bytes))
            }
            datapath.pool.release(item.packet)
        }
        datapath.emptyOutbox()
    }

    // MARK: What tests do

    /// Lets time pass.
    func pass(_ nanoseconds: UInt64) {
        let end = now + nanoseconds
        while now < end {
            now = min(end, max(nextTick, now))
            if now >= nextTick {
                application.tick(now: now)
                nextTick = now + 100 * Self.millisecond
            }
            exchange()
            if now < end { now = min(end, nextTick) }
        }
        exchange()
    }

    /// A host sends a frame; what follows at once is done.
    func send(_ frame: [UInt8], from host: Int) {
        let packet = frame.withUnsafeBytes { datapath.pool.allocate(copying: $0) }!
        datapath.receive(packet, from: hosts[host].device, now: now)
        exchange()
    }

    /// What a host has received since the last look.
    func take(_ host: Int) -> [[UInt8]] { inbox.removeValue(forKey: host) ?? [] }

    /// Cuts or mends a link between switches; the switches notice.
    func set(link: Int, up: Bool) {
        datapath.setUp(link: links[link], up, now: now)
        exchange()
    }

    /// A switch's connection ends.
    func disconnect(_ index: Int) {
        members[index].agent.disconnect(ConnectionID(UInt32(index)), now: now)
        members[index].session?.end()
        members[index].session = nil
        exchange()
    }

    func reconnect(_ index: Int) {
        members[index].framer = MessageFramer()
        connect(index)
    }

    /// A switch comes back before the controller has seen the end of its connection.
    func replaceConnection(_ index: Int) {
        members[index].agent.disconnect(ConnectionID(UInt32(index)), now: now)
        let old = members[index].session
        reconnect(index)
        old?.end()
        exchange()
    }

    func flows(_ index: Int) -> [FlowSnapshot] { datapath.flowSnapshots(bridge: members[index].bridge, now: now) }
    func groups(_ index: Int) -> [Group] { datapath.groups(bridge: members[index].bridge) }

    /// Packets that a switch has sent out of a port.
    func sent(_ index: Int, port: UInt32) -> UInt64 {
        datapath.portStatistics(bridge: members[index].bridge, number: port, now: now).first?.sent.packets ?? 0
    }

    // MARK: Frames

    static func address(_ host: Int) -> UInt64 { 0x0200_0000_0000 | UInt64(host + 1) }
    static func ipv4(_ host: Int) -> [UInt8] { [10, 0, 0, UInt8(host + 1)] }

    private static func bytes(_ address: UInt64) -> [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: address >> (40 - 8 * UInt64($0))) }
    }

    /// A UDP datagram, or with `tcp` a TCP segment without anything in it.
    static func packet(
        from source: Int, to destination: Int, sourcePort: UInt16 = 1000, port: UInt16 = 9, tcp: Bool = false
    ) -> [UInt8] {
        var frame = bytes(address(destination)) + bytes(address(source)) + [0x08, 0x00]
        let length = tcp ? 40 : 28
        frame += [0x45, 0, 0, UInt8(length), 0, 0, 0, 0, 64, tcp ? 6 : 17, 0, 0] + ipv4(source) + ipv4(destination)
        frame += [UInt8(sourcePort >> 8), UInt8(sourcePort & 0xff), UInt8(port >> 8), UInt8(port & 0xff)]
        frame += tcp ? [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0] : [0, 8, 0, 0]
        return frame + [UInt8](repeating: 0, count: max(0, 60 - frame.count))
    }

    static func arpRequest(from source: Int, for target: Int) -> [UInt8] {
        var frame = [UInt8](repeating: 0xff, count: 6) + bytes(address(source)) + [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]
        frame += bytes(address(source)) + ipv4(source) + [UInt8](repeating: 0, count: 6) + ipv4(target)
        return frame + [UInt8](repeating: 0, count: 60 - frame.count)
    }
}
