import HostNetwork
import Linux
import Topology
import Wire

// The addresses that hosts have now, whoever gave them: the lab, a command of the lab file, a program.

/// An address of an interface of a host's.
struct InterfaceAddress: Hashable, Sendable {
    /// The interface's name in the lab.
    var interface: String
    var prefix: HostPrefix
}

extension Host {
    /// What the host's interfaces have for addresses, in the kernel's order, without those that every host has
    /// (127.0.0.1, ::1, link-local ones). A host on the machine itself has those of its own interfaces only.
    func addresses() throws(LabError) -> [InterfaceAddress] {
        try Self.addresses(of: [self])[node.name] ?? []
    }

    /// The same for many hosts, by name. A host that is going down is left out.
    static func addresses(of hosts: [Host]) throws(LabError) -> [String: [InterfaceAddress]] {
        if hosts.isEmpty { return [:] }
        let thread = try labelled { () throws(SystemError) in try NamespaceThread(name: "rookery-look") }
        return try thread.run { () throws(LabError) in
            var found: [String: [InterfaceAddress]] = [:]
            for host in hosts {
                if host.machine != nil {
                    // What the guest has made of them is its own affair.
                    found[host.node.name] = host.node.interfaces.flatMap { interface in
                        interface.ipv4.map { InterfaceAddress(interface: interface.name, prefix: HostPrefix($0)) }
                            + interface.ipv6.map { InterfaceAddress(interface: interface.name, prefix: HostPrefix($0)) }
                    }
                    continue
                }
                guard let network = try? host.network() else { continue }
                try labelled { () throws(SystemError) in try Namespace.enter(network.descriptor, .network) }
                found[host.node.name] = try host.addressesHere()
            }
            return found
        }
    }

    /// In the calling thread's network namespace.
    private func addressesHere() throws(LabError) -> [InterfaceAddress] {
        let socket = try labelled { () throws(SystemError) in try RouteSocket() }
        let records = try labelled { () throws(NetlinkError) in try socket.addresses() }
        var names = Dictionary(indices.map { ($1, $0) }) { first, _ in first }
        let isKnown = records.allSatisfy { names[$0.interface] != nil || $0.interface == 1 }
        if !isOnMachine {
            names[1] = "lo"
            // Programs can make interfaces, too.
            if !isKnown {
                for link in try labelled({ () throws(NetlinkError) in try socket.links() })
                where names[link.index] == nil {
                    names[link.index] = link.name
                }
            }
        }
        return records.compactMap { record in
            let address = record.prefix.address
            guard let name = names[record.interface], !address.isLinkLocal, !address.isLoopback else { return nil }
            return InterfaceAddress(interface: name, prefix: record.prefix)
        }
    }
}

extension HostAddress {
    fileprivate var isLoopback: Bool {
        switch self {
        case .v4(let address): address.isLoopback
        case .v6(let address): address == .loopback
        }
    }
}
