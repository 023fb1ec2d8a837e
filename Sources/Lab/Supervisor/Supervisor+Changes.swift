import HostNetwork
import Linux
import Synchronization
import Topology
import Wire

// Changes to a running lab.

extension Supervisor {
    /// Changes links by their places in the topology.
    func change(links: [(index: Int, change: LinkChange)]) throws(LabError) {
        // Under the lock, so that two changes of one link come to the data path in the order of the topology's.
        topology.withLock { lab in
            for (index, change) in links where lab.links.indices.contains(index) {
                change.apply(to: &lab.links[index])
                update(link: index, lab.links[index])
            }
        }
    }

    /// Brings the data path and the hosts' carriers in line with the topology.
    private func update(link index: Int, _ link: LabTopology.Link) {
        let isUp = stopped.withLock { link.up && !$0.contains(link.a.node) && !$0.contains(link.b.node) }
        fabric.set(link: index, to: link, isUp: isUp)
        showCarrier(ofLink: index, link, isUp: isUp)
    }

    /// Changes the links that `name` means: `a:b` (all links between two nodes), `node:interface`, `a:eth1-b:eth0`.
    func change(linksNamed name: String, _ change: LinkChange) throws(LabError) {
        let lab = topology.withLock { $0 }
        let found = lab.selections(link: name)
        if found.isEmpty {
            throw LabError("no link “\(name)” (write a:b, node:interface or a:eth1-b:eth0; rookery ps lists the links)")
        }
        try self.change(links: found.map { ($0.index, $0.isReversed ? change.reversed : change) })
    }

    /// Stops a switch (all its links go down) or starts it again.
    func setSwitch(_ name: String, running: Bool) throws(LabError) {
        _ = try bridge(name)
        stopped.withLock { stopped in
            if running { stopped.remove(name) } else { stopped.insert(name) }
        }
        topology.withLock { lab in
            for (index, link) in lab.links.enumerated() where link.a.node == name || link.b.node == name {
                update(link: index, link)
            }
        }
    }

    /// The data path's number of a switch.
    func bridge(_ name: String) throws(LabError) -> Int32 {
        if let bridge = fabric.bridges[name] { return bridge }
        let isNode = topology.withLock { lab in lab.nodes.contains { $0.name == name } }
        throw LabError(isNode ? "“\(name)” is not a switch of this lab" : "there is no node “\(name)” in this lab")
    }

    /// Changes a host's limits; nil leaves one as it is.
    func setLimits(
        of name: String, cpuShares: UInt64?, cpuLimit: Double?, memory: UInt64?, pids: UInt64?
    ) throws(LabError) {
        let host = try host(name)
        var change = Cgroup.Limits(
            cpuShares: cpuShares.map { Int(clamping: $0) }, cpuLimit: cpuLimit, memory: memory,
            processes: pids.map { Int(clamping: $0) })
        if change.controllers.isEmpty { return }
        try host.held.withLock { (held) throws(LabError) in
            if held.network == nil { throw LabError("the lab is going down") }
            let old = held.cgroup?.limits ?? HostCgroup.limits(of: host.node) ?? Cgroup.Limits()
            change.cpuShares = change.cpuShares ?? old.cpuShares
            change.cpuLimit = change.cpuLimit ?? old.cpuLimit
            change.memory = change.memory ?? old.memory
            change.processes = change.processes ?? old.processes
            change.cpuset = old.cpuset
            let before = held.cgroup
            // A controller that the cgroup was made without is one more directory.
            let cgroup = try cgroups.make(for: name, change)
            held.cgroup = cgroup
            guard before?.cgroup.directories != cgroup.cgroup.directories else { return }
            for pid in try processNumbers(of: host, network: held.network) {
                // One that has just ended is no reason to fail.
                try? cgroup.cgroup.add(process: pid)
            }
        }
        topology.withLock { lab in
            guard let index = lab.nodes.firstIndex(where: { $0.name == name }) else { return }
            if let cpuShares { lab.nodes[index].host.cpuShares = cpuShares }
            if let cpuLimit { lab.nodes[index].host.cpuLimit = cpuLimit }
            if let memory { lab.nodes[index].host.memory = memory }
            if let pids { lab.nodes[index].host.pids = pids }
        }
    }

    /// Replaces what a host's interface has for addresses of the new one's family, and sets the host's routes again, which
    /// the kernel drops with the addresses.
    func setAddress(of name: String, interface: String, _ text: String) throws(LabError) {
        let host = try host(name)
        guard let index = host.indices[interface] else {
            throw LabError(
                "\(name) has no interface “\(interface)”; it has \(host.indices.keys.sorted().joined(separator: ", "))")
        }
        let v4 = IPv4Prefix(text)
        let v6 = IPv6Prefix(text)
        guard let prefix = v4.map({ HostPrefix($0) }) ?? v6.map({ HostPrefix($0) }) else {
            throw LabError("“\(text)” is not an address with a prefix length, such as 10.0.0.1/8")
        }
        let plan = HostNetworkPlan(host.node, hasIPv6: true)
        var routes = RouteBatch()
        try plan.addRoutes(to: &routes, indices: host.indices)
        try host.inNetwork { [routes] () throws(NetlinkError) in
            let socket: RouteSocket
            do throws(SystemError) { socket = try RouteSocket() } catch {
                throw NetlinkError(request: "open a netlink socket", code: error.code)
            }
            var batch = RouteBatch()
            for record in try socket.addresses()
            where record.interface == index && record.prefix.address.isIPv6 == prefix.address.isIPv6
                && !record.prefix.address.isLinkLocal
            {
                batch.deleteAddress(record.prefix, on: .index(index), ifPresent: true)
            }
            batch.addAddress(prefix, on: .index(index))
            try socket.run(batch)
            // Those that lead elsewhere are there still; those that are out of reach now stay away.
            _ = try socket.runAll(routes)
        }
        let lab = topology.withLock { lab in
            for n in lab.nodes.indices where lab.nodes[n].name == name {
                for i in lab.nodes[n].interfaces.indices where lab.nodes[n].interfaces[i].name == interface {
                    if let v4 { lab.nodes[n].interfaces[i].ipv4 = [v4] }
                    if let v6, v4 == nil { lab.nodes[n].interfaces[i].ipv6 = [v6] }
                }
            }
            return lab
        }
        try writeHostsFile(lab)
    }
}

extension HostAddress {
    var isLinkLocal: Bool {
        if case .v6(let address) = self { address.isLinkLocal } else { false }
    }
}
