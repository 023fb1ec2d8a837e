import Glibc
import HostNetwork
import Linux
import Ports
import Switch
import Synchronization
import Topology
import Wire

// What a lab says about itself.

extension Supervisor {
    func status() -> LabStatus {
        let lab = topology.withLock { $0 }
        var peers: [LabTopology.Endpoint: LabTopology.Endpoint] = [:]
        var down: Set<LabTopology.Endpoint> = []
        let stopped = stopped.withLock { $0 }
        for link in lab.links {
            peers[link.a] = link.b
            peers[link.b] = link.a
            if !link.up || stopped.contains(link.a.node) || stopped.contains(link.b.node) {
                down.formUnion([link.a, link.b])
            }
        }
        let table = processCounts()
        let (datapath, traffic, ports) = fabric.counters()
        let present = (try? Host.addresses(of: hosts)) ?? [:]
        let nodes = lab.nodes.map { node in
            let host = try? host(node.name)
            let interfaces = node.interfaces.map { interface in
                let endpoint = LabTopology.Endpoint(node.name, interface.name)
                let count = traffic[endpoint] ?? ports[endpoint]
                let planned = interface.ipv4.map(\.description) + interface.ipv6.map(\.description)
                let addresses = present[node.name].map { all in
                    all.filter { $0.interface == interface.name }.map(\.prefix.description)
                }
                return InterfaceStatus(
                    name: interface.name, mac: interface.mac?.description,
                    addresses: addresses ?? planned,
                    isUp: !down.contains(endpoint), peer: peers[endpoint]?.description,
                    received: count?.received ?? TrafficCount(), sent: count?.sent ?? TrafficCount())
            }
            return NodeStatus(
                name: node.name, kind: node.kind.rawValue,
                state: stopped.contains(node.name) ? "stopped" : host?.condition.withLock { $0 } ?? "running",
                interfaces: interfaces, processes: table[node.name] ?? 0)
        }
        return LabStatus(
            name: lab.name, pid: machinePID, started: started, directory: paths.directory, rootless: isRootless,
            mechanism: fabric.poller.mechanism?.rawValue ?? "none", memory: residentMemory(), datapath: datapath,
            nodes: nodes)
    }

    private func residentMemory() -> UInt64 {
        guard let text = try? File.readText("/proc/self/statm") else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (UInt64(fields[1]) ?? 0) * UInt64(getpagesize()) : 0
    }

    /// The programs on each host, by the network namespaces of the lab's processes.
    private func processCounts() -> [String: Int] {
        var names: [UInt64: String] = [:]
        for host in hosts where !host.isOnMachine {
            guard let network = try? host.network() else { continue }
            names[Namespace.identity(network.descriptor)] = host.node.name
        }
        var counts: [String: Int] = [:]
        for (_, namespace) in Self.processNamespaces() {
            if let name = names[namespace] { counts[name, default: 0] += 1 }
        }
        return counts
    }

    func processNumbers(of host: Host, network: OwnedDescriptor?) throws(LabError) -> [Int32] {
        guard let network, !host.isOnMachine else { return [] }
        let wanted = Namespace.identity(network.descriptor)
        return Self.processNamespaces().filter { $0.namespace == wanted }.map(\.pid)
    }

    /// The lab's processes and the inode numbers of their network namespaces.
    private static func processNamespaces() -> [(pid: Int32, namespace: UInt64)] {
        guard let names = try? File.list("/proc") else { return [] }
        return names.compactMap { name in
            guard let pid = Int32(name), pid > 1 else { return nil }
            var status = stat()
            // The link's target, not the link: its inode is the namespace's number.
            return stat("/proc/\(name)/ns/net", &status) == 0 ? (pid, UInt64(status.st_ino)) : nil
        }
    }

    func switchReport(_ name: String) throws(LabError) -> SwitchReport {
        let bridge = try bridge(name)
        let controllers = control.report([name])
        return fabric.poller.run { datapath, now in
            let flows = datapath.flows(bridge: bridge).map { rule in
                FlowReport(
                    table: rule.table, priority: rule.priority, cookie: rule.cookie, match: rule.match.description,
                    actions: rule.instructions.description, packets: rule.packets, bytes: rule.bytes,
                    duration: now &- min(now, rule.created))
            }
            let tree = datapath.spanningTree(bridge: bridge).map { tree in
                let status = tree.status
                let root = String(status.rootID, radix: 16)
                return status.isRoot
                    ? "this bridge is the root (\(root))" : "root \(root), cost \(status.rootPathCost)"
            }
            return SwitchReport(
                name: name, flows: flows, addresses: datapath.learnedAddresses(bridge: bridge, now: now),
                ports: datapath.portStatus(bridge: bridge), spanningTree: tree,
                controllers: controllers)
        }
    }

    /// The controllers of all switches, in the order of the topology.
    func controllers() -> [ControllerReport] {
        let names = topology.withLock { lab in lab.nodes.filter { $0.kind == .switch }.map(\.name) }
        return control.report(names)
    }

    // MARK: What switches remember

    func flushAddresses(of name: String) throws(LabError) {
        let bridge = try bridge(name)
        fabric.poller.run { datapath, _ in datapath.flushAddresses(bridge: bridge) }
    }

    /// The connections that are tracked, a line each.
    func connections(zone: UInt16?, verbose: Bool, statistics: Bool) -> String {
        fabric.poller.run { datapath, now in
            datapath.connections.tracker.snapshots(zone: zone, now: now).map {
                $0.text(verbose: verbose, statistics: statistics) + "\n"
            }.joined()
        }
    }

    func flushConnections(zone: UInt16?) {
        var filter = ConnectionFilter()
        filter.zone = zone
        let wanted = filter
        fabric.poller.run { datapath, _ in _ = datapath.connections.tracker.flush(wanted) }
    }

    func fidelity() -> [LinkReport] {
        let lab = topology.withLock { $0 }
        let links = fabric.links
        return fabric.poller.run { datapath, _ in
            lab.links.enumerated().flatMap { index, link -> [LinkReport] in
                let number = links[index]
                guard number >= 0 else { return [] }
                let isUp = datapath.isUp(link: number)
                let ways = [(link.a, link.b, link.aToB), (link.b, link.a, link.bToA)]
                return ways.enumerated().map { offset, way in
                    let direction = number * 2 + Int32(offset)
                    return LinkReport(
                        from: way.0.description, to: way.1.description, isUp: isUp, profile: way.2,
                        statistics: datapath.linkStatistics(direction: direction),
                        fidelity: datapath.fidelity(direction: direction),
                        traffic: datapath.traffic(direction: direction))
                }
            }
        }
    }
}

extension Fabric {
    struct EndpointCount {
        var received: TrafficCount
        var sent: TrafficCount
    }

    /// The data path's state, and what devices (seen from the host: what it receives) and ports have carried.
    func counters() -> (
        status: DatapathStatus, devices: [Endpoint: EndpointCount], ports: [Endpoint: EndpointCount]
    ) {
        poller.run { [self] datapath, _ in
            var byDevice: [Endpoint: EndpointCount] = [:]
            for (endpoint, device) in devices {
                let traffic = datapath.traffic(device: device)
                byDevice[endpoint] = EndpointCount(received: traffic.sent, sent: traffic.received)
            }
            var byPort: [Endpoint: EndpointCount] = [:]
            for (name, bridge) in bridges {
                for port in datapath.portStatus(bridge: bridge) {
                    byPort[Endpoint(name, port.name)] = EndpointCount(received: port.received, sent: port.sent)
                }
            }
            return (datapath.status, byDevice, byPort)
        }
    }
}
