import Linux
import Ports
import Switch
import Topology

// A lab's data path with the names of the topology: which bridge, port, device and link is whose.
// The data path belongs to the poller's thread; everything here goes through `Poller.run`. What is laid out at the start
// (bridges, ports, links between switches) comes before the hosts, so that spanning trees settle while hosts are made.

/// Where a switch's port is in the data path.
struct FabricPort: Sendable {
    let bridge: Int32
    /// Its OpenFlow number.
    let number: UInt32
    /// Its number in the data path.
    let index: Int32
}

/// The switches and links of a running lab.
final class Fabric: @unchecked Sendable {
    typealias Endpoint = LabTopology.Endpoint

    let poller: Poller
    /// By name of the switch. Fixed once the lab is up, as everything below.
    private(set) var bridges: [String: Int32] = [:]
    private(set) var ports: [Endpoint: FabricPort] = [:]
    private(set) var devices: [Endpoint: Int32] = [:]
    /// The data path's number of each link of the topology.
    private(set) var links: [Int32]
    /// The switches that forward nothing by themselves while no controller looks after them.
    private(set) var secure: Set<String> = []
    /// Whether any switch runs a spanning tree.
    private(set) var hasSpanningTree = false

    init(_ topology: LabTopology) throws(SystemError) {
        let datapath = Datapath(seed: topology.seed, now: MonotonicClock.now())
        poller = try Poller(datapath: datapath)
        poller.start()
        links = Array(repeating: -1, count: topology.links.count)
        layOutSwitches(topology)
    }

    // MARK: Layout

    private func layOutSwitches(_ topology: LabTopology) {
        let looped = SwitchLoops.members(of: topology)
        let salt = Self.hash(topology.name) & 0xff_ffff
        // No way through the lab is longer; how long news of a lost root goes round in a loop depends on it.
        let hops = UInt16(clamping: max(8, topology.nodes.count { $0.kind == .switch }))
        poller.run { [self] datapath, now in
            var count: UInt64 = 0
            for node in topology.nodes where node.kind == .switch {
                count += 1
                let settings = node.bridge
                let runsTree =
                    switch settings.spanningTree {
                    case .on: true
                    case .off: false
                    // Controllers look after loops themselves, but for the one that does as switches do.
                    case .auto: looped.contains(node.name) && settings.controllers.allSatisfy { $0 == .learning }
                    }
                hasSpanningTree = hasSpanningTree || runsTree
                // A learning switch in a loop without a spanning tree would flood the lab until somebody pulls the plug.
                let wouldFlood = !runsTree && looped.contains(node.name) && !settings.controllers.isEmpty
                if settings.failMode ?? (wouldFlood ? .secure : .standalone) == .secure { secure.insert(node.name) }
                // Locally administered; the lab's name keeps the bridges of labs that are joined apart.
                let address = 0x02 << 40 | salt << 16 | count
                let bridge = datapath.addBridge(
                    name: node.name, address: address,
                    settings: BridgeSettings(
                        spanningTree: runsTree, priority: settings.stpPriority ?? 32768, hops: hops,
                        standalone: !secure.contains(node.name) && settings.controllers.isEmpty,
                        ageing: settings.ageing),
                    now: now)
                bridges[node.name] = bridge
                for interface in node.interfaces {
                    let number = interface.port ?? 1
                    let port = datapath.addPort(
                        bridge: bridge, number: number, name: interface.name, vlan: Self.mode(interface.vlan))
                    ports[Endpoint(node.name, interface.name)] = FabricPort(
                        bridge: bridge, number: number, index: port)
                }
            }
            addLinks(topology, datapath, now) { a, b in
                if case .port = a, case .port = b { true } else { false }
            }
        }
    }

    /// Adds devices and the links that they are the ends of. To be called once all devices are there.
    func attach(
        _ added: [(endpoint: Endpoint, descriptor: Int32, capabilities: DeviceCapabilities)],
        rings: [(Endpoint, Int32)] = [], of lab: LabTopology
    ) {
        poller.run { [self] datapath, now in
            for (endpoint, device) in rings { devices[endpoint] = device }
            for device in added {
                devices[device.endpoint] = poller.addDevice(
                    name: device.endpoint.description, descriptor: device.descriptor,
                    capabilities: device.capabilities)
            }
            addLinks(lab, datapath, now) { a, b in a != .none && b != .none }
        }
    }

    private func addLinks(
        _ topology: LabTopology, _ datapath: Datapath, _ now: UInt64, where isWanted: (LinkEnd, LinkEnd) -> Bool
    ) {
        for (index, link) in topology.links.enumerated() where links[index] < 0 {
            let (a, b) = (end(link.a), end(link.b))
            guard isWanted(a, b) else { continue }
            links[index] = datapath.addLink(
                a, b, forward: link.aToB, reverse: link.bToA, isUp: link.up, now: now)
        }
    }

    private func end(_ endpoint: Endpoint) -> LinkEnd {
        if let port = ports[endpoint] { return .port(port.index) }
        if let device = devices[endpoint] { return .device(device) }
        return .none
    }

    private static func mode(_ vlan: LabTopology.PortVLAN?) -> VLANMode {
        switch vlan {
        case nil: .trunk(nil)
        case .access(let tag): .access(tag)
        case .trunk(let tags, nil): .trunk(tags.isEmpty ? nil : tags)
        case .trunk(let tags, let native?): .nativeUntagged(native, trunks: tags.isEmpty ? nil : tags)
        }
    }

    /// FNV-1a, 64 bits: the same for the same name in every run.
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    }

    // MARK: Changes

    func set(link: Int, to settings: LabTopology.Link, isUp: Bool) {
        let number = links[link]
        guard number >= 0 else { return }
        poller.run { datapath, now in
            let (forward, reverse) = datapath.profile(link: number)
            if forward != settings.aToB || reverse != settings.bToA {
                datapath.setProfile(link: number, forward: settings.aToB, reverse: settings.bToA, now: now)
            }
            if datapath.isUp(link: number) != isUp { datapath.setUp(link: number, isUp, now: now) }
        }
    }

    /// Waits until the spanning trees have decided about every port, at most `limit` nanoseconds.
    func waitForSpanningTrees(limit: UInt64) {
        guard hasSpanningTree else { return }
        let deadline = MonotonicClock.now() + limit
        let all = Array(bridges.values)
        while MonotonicClock.now() < deadline {
            let isSettled = poller.run { datapath, _ in
                all.allSatisfy { bridge in
                    datapath.portStatus(bridge: bridge).allSatisfy { port in
                        !port.isUp || port.state == "forwarding" || port.role != "root" && port.role != "designated"
                    }
                }
            }
            if isSettled { return }
            MonotonicClock.sleep(until: MonotonicClock.now() + 10_000_000)
        }
    }
}
