import OpenFlow
import Switch

// Shortest paths through any network of switches, loops and parallel ways included.
//
// What: the controller finds links by LLDP, and hosts by the packets that they send. On each switch it keeps one select group
// for each switch that has hosts, whose buckets are the ports of all shortest ways there (ECMP); a host is one flow that
// points to its switch's group. So a link that comes or goes changes groups, not flows, and a network of any number of
// hosts is rerouted by a message or two for each switch.
// Broadcasts go out of the ports to which no other switch is connected, on all switches at once: they cannot loop. Questions
// for addresses that are known (ARP) are answered by the controller.
// OpenFlow 1.0 has no groups: there, each destination takes one of its shortest ways.

/// Routes along shortest paths.
public final class ShortestPath: ControllerApplication {
    typealias Place = NetworkGraph.Place

    private struct Host {
        var place: Place
        var ipv4: UInt32?
    }

    private var switches: [UInt64: ConnectedSwitch] = [:]
    private var graph = NetworkGraph()
    private var hosts: [UInt64: Host] = [:]
    private var addresses: [UInt32: UInt64] = [:]
    /// On which switches the flows of a host stand.
    private var flows: [UInt64: Set<UInt64>] = [:]
    /// The ports in the groups that stand, by switch and the switch that they lead to.
    private var groups: [UInt64: [UInt64: [UInt32]]] = [:]
    private var groupNumbers: [UInt64: UInt32] = [:]
    /// When a link was last confirmed, and since when a port has been up without one.
    private var confirmed: [Place: UInt64] = [:]
    private var upSince: [Place: UInt64] = [:]
    private var now: UInt64 = 0
    private var nextDiscovery: UInt64 = 0
    /// Is told of links that come and go, and of the time that it took to reroute.
    public var onNote: ((String) -> Void)?

    /// How often links are looked for, and how long one is believed in without a sign, in nanoseconds.
    private static let interval: UInt64 = 1_000_000_000
    private static let patience: UInt64 = 3_500_000_000
    /// How long a new port is watched before it counts as one where hosts are.
    private static let settling: UInt64 = 250_000_000
    private static let hostPriority: UInt16 = 100
    /// Hosts that are known at a time; packets to others are flooded.
    private static let hostLimit = 65_536

    public init() {}

    /// Links found, each counted once.
    public var linkCount: Int { graph.links.count / 2 }
    public var hostCount: Int { hosts.count }
    public var switchCount: Int { switches.count }
    /// Whether every port that is up is known to lead to a switch or to hosts.
    public var isSettled: Bool { upSince.keys.allSatisfy { graph.links[$0] != nil || isEdge($0) } }

    // MARK: Switches

    public func connected(_ peer: ConnectedSwitch) {
        let id = peer.datapathID
        switches[id] = peer
        groups[id] = [:]
        for host in flows.keys { flows[host]!.remove(id) }
        upSince = upSince.filter { $0.key.datapathID != id }
        if groupNumbers[id] == nil { groupNumbers[id] = UInt32(groupNumbers.count + 1) }
        peer.removeFlows()
        if peer.version > .v10 { peer.send(.groupMod(GroupModification(.delete, Group(id: Group.all, type: .all)))) }
        var match = Match()
        match.set(.ethType, FrameSummary.lldp)
        peer.addFlow(priority: 65535, match, [.controller(ControllerOutput(maxLength: 0xffff))])
        peer.addTableMiss()
        for port in peer.ports.values where isUp(port) { appeared(Place(datapathID: id, port: port.number)) }
        reroute()
    }

    public func disconnected(_ peer: ConnectedSwitch) {
        let id = peer.datapathID
        // A new connection of the same switch may have come before the end of the old one was seen.
        guard switches[id] === peer else { return }
        switches[id] = nil
        groups[id] = nil
        graph.remove(id)
        forgetHosts { $0.datapathID == id }
        upSince = upSince.filter { $0.key.datapathID != id }
        reroute()
    }

    public func changed(_ status: Message.PortStatus, of peer: ConnectedSwitch) {
        let place = Place(datapathID: peer.datapathID, port: status.port.number)
        if status.reason != .delete && isUp(status.port) {
            if upSince[place] == nil { appeared(place) }
            return
        }
        upSince[place] = nil
        if let other = graph.links[place], graph.cut(place) {
            onNote?("link lost: \(text(place)) – \(text(other))")
            reroute()
        }
    }

    private func forgetHosts(_ isThere: (Place) -> Bool) {
        for (address, host) in hosts where isThere(host.place) {
            hosts[address] = nil
            if let ipv4 = host.ipv4, addresses[ipv4] == address { addresses[ipv4] = nil }
        }
    }

    private func isUp(_ port: Message.Port) -> Bool {
        port.number <= PortNumber.maximum && !port.state.contains(.linkDown) && !port.configuration.contains(.down)
    }

    private func appeared(_ place: Place) {
        upSince[place] = now
        probe(place)
    }

    private func text(_ place: Place) -> String {
        let name = switches[place.datapathID]?.ports[place.port]?.name ?? "port \(place.port)"
        return "\(String(place.datapathID, radix: 16)):\(name)"
    }

    // MARK: Discovery

    private func probe(_ place: Place) {
        guard let peer = switches[place.datapathID], let port = peer.ports[place.port] else { return }
        peer.sendPacket(DiscoveryFrame.make(place, source: port.hardwareAddress), [.output(place.port)])
    }

    public func tick(now: UInt64) {
        self.now = now
        for (place, since) in upSince where now < since &+ Self.settling { probe(place) }
        guard now >= nextDiscovery else { return }
        nextDiscovery = now &+ Self.interval
        for place in upSince.keys { probe(place) }
        var isChanged = false
        for place in Array(graph.links.keys) where now > (confirmed[place] ?? 0) &+ Self.patience {
            // Either end's frames confirm a link.
            guard let other = graph.links[place], now > (confirmed[other] ?? 0) &+ Self.patience else { continue }
            onNote?("link silent: \(text(place)) – \(text(other))")
            isChanged = graph.cut(place) || isChanged
        }
        if isChanged { reroute() }
    }

    private func discovered(_ sender: Place, at place: Place) {
        guard switches[sender.datapathID]?.ports[sender.port] != nil, sender != place else { return }
        confirmed[place] = now
        guard graph.join(sender, place) else { return }
        confirmed[sender] = now
        // What was learned behind these ports came through a switch.
        forgetHosts { $0 == sender || $0 == place }
        onNote?("link found: \(text(sender)) – \(text(place))")
        reroute()
    }

    // MARK: Packets

    public func received(_ packet: Message.PacketIn, from peer: ConnectedSwitch) {
        let place = Place(datapathID: peer.datapathID, port: packet.inPort)
        let frame = FrameSummary(packet)
        if frame.etherType == FrameSummary.lldp {
            if let sender = DiscoveryFrame.sender(packet.data) { discovered(sender, at: place) }
            return
        }
        if isEdge(place) { learn(frame, at: place) }
        if frame.destination & FrameSummary.multicast == 0 {
            guard let host = hosts[frame.destination] else { return flood(packet, from: place) }
            forward(packet, to: frame.destination, host, from: peer)
        } else if !answer(frame, packet, to: peer) {
            flood(packet, from: place)
        }
    }

    /// Whether hosts may be behind a port: no switch is, as far as can be known by now.
    private func isEdge(_ place: Place) -> Bool {
        guard place.port <= PortNumber.maximum, graph.links[place] == nil, let since = upSince[place] else {
            return false
        }
        return now >= since &+ Self.settling
    }

    private func learn(_ frame: FrameSummary, at place: Place) {
        let address = frame.source
        guard address & FrameSummary.multicast == 0, address != 0 else { return }
        let before = hosts[address]
        guard before != nil || hosts.count < Self.hostLimit else { return }
        var host = Host(place: place, ipv4: before?.ipv4)
        if let sender = frame.sender, sender != 0 {
            if let old = host.ipv4, addresses[old] == address { addresses[old] = nil }
            host.ipv4 = sender
            addresses[sender] = address
        }
        hosts[address] = host
        if before?.place == place { return }
        // It has moved, or was forgotten for a while: flows that it has lead to where it was.
        for id in flows[address] ?? [] {
            if let peer = switches[id] { addFlow(address, host, on: peer) }
        }
    }

    /// Gives every switch on a shortest way to the host its flow, and sends the packet on its way.
    private func forward(_ packet: Message.PacketIn, to address: UInt64, _ host: Host, from peer: ConnectedSwitch) {
        let hops = graph.nextHops(to: host.place.datapathID)
        var waiting = [peer.datapathID]
        var seen: Set<UInt64> = []
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted, let member = switches[id] else { continue }
            if flows[address]?.contains(id) != true { addFlow(address, host, on: member) }
            for port in hops[id] ?? [] {
                if let far = graph.links[Place(datapathID: id, port: port)] { waiting.append(far.datapathID) }
            }
        }
        // Through the tables of the switch that asked, and so over the links, as those that follow. Its flow is there
        // already: messages keep their order.
        guard hops[peer.datapathID] != nil else { return }
        peer.sendPacket(packet.data, inPort: packet.inPort, [.output(PortNumber.table)])
    }

    private func addFlow(_ address: UInt64, _ host: Host, on peer: ConnectedSwitch) {
        var match = Match()
        match.set(.ethDestination, address)
        let id = peer.datapathID
        let actions: [Action]
        if id == host.place.datapathID {
            actions = [.output(host.place.port)]
        } else if peer.version > .v10 {
            updateGroup(on: peer, to: host.place.datapathID, graph.nextHops(to: host.place.datapathID)[id] ?? [])
            actions = [.group(groupNumbers[host.place.datapathID]!)]
        } else {
            let ports = graph.nextHops(to: host.place.datapathID)[id] ?? []
            actions = ports.isEmpty ? [] : [.output(ports[Int(address % UInt64(ports.count))])]
        }
        flows[address, default: []].insert(id)
        peer.addFlow(priority: Self.hostPriority, match, actions)
    }

    /// Sends a packet to all hosts: out of the edge ports of every switch.
    private func flood(_ packet: Message.PacketIn, from place: Place) {
        // Not from a link: then a switch has sent it that has flooded it already.
        guard graph.links[place] == nil else { return }
        for (id, peer) in switches {
            let ports = peer.ports.keys.filter { port in
                let other = Place(datapathID: id, port: port)
                return other != place && isEdge(other)
            }
            if !ports.isEmpty { peer.sendPacket(packet.data, ports.sorted().map { .output($0) }) }
        }
    }

    /// Answers a question for the address of a host that is known.
    private func answer(_ frame: FrameSummary, _ packet: Message.PacketIn, to peer: ConnectedSwitch) -> Bool {
        // Without a tag: there the fields would be elsewhere.
        guard packet.data.count >= 42, packet.data[12...13].elementsEqual([0x08, 0x06]),
            frame.etherType == 0x0806, frame.key[.arpOperation].low == 1,
            let address = addresses[UInt32(truncatingIfNeeded: frame.key[.arpTarget].low)], hosts[address] != nil,
            address != frame.source
        else { return false }
        var reply = Array(packet.data[..<42])
        let asker = Array(packet.data[22..<28])
        let askerAddress = Array(packet.data[28..<32])
        let own = (0..<6).map { UInt8(truncatingIfNeeded: address >> (40 - 8 * UInt64($0))) }
        let asked = Array(packet.data[38..<42])
        reply.replaceSubrange(0..<6, with: asker)
        reply.replaceSubrange(6..<12, with: own)
        reply[21] = 2
        reply.replaceSubrange(22..<28, with: own)
        reply.replaceSubrange(28..<32, with: asked)
        reply.replaceSubrange(32..<38, with: asker)
        reply.replaceSubrange(38..<42, with: askerAddress)
        peer.sendPacket(reply + [UInt8](repeating: 0, count: 18), [.output(packet.inPort)])
        return true
    }

    // MARK: Routes

    /// Brings the groups (and with OpenFlow 1.0 the flows) in line with the links.
    private func reroute() {
        let targets = Set(hosts.values.map(\.place.datapathID))
        for target in targets {
            let hops = graph.nextHops(to: target)
            for (id, peer) in switches where id != target {
                if peer.version > .v10 {
                    guard groups[id]?[target] != nil else { continue }
                    updateGroup(on: peer, to: target, hops[id] ?? [])
                } else {
                    for (address, host) in hosts
                    where host.place.datapathID == target && flows[address]?.contains(id) == true {
                        addFlow(address, host, on: peer)
                    }
                }
            }
        }
    }

    private func updateGroup(on peer: ConnectedSwitch, to target: UInt64, _ ports: [UInt32]) {
        let before = groups[peer.datapathID]?[target]
        guard before != ports, let number = groupNumbers[target] else { return }
        groups[peer.datapathID, default: [:]][target] = ports
        let buckets = ports.enumerated().map { index, port in
            Bucket(id: UInt32(index), weight: 1, actions: [.output(port)])
        }
        let group = Group(id: number, type: .select, buckets: buckets)
        peer.send(.groupMod(GroupModification(before == nil ? .add : .modify, group)))
    }
}
