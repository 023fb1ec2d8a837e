import HostNetwork
import Linux
import Topology
import Wire

/// What a host's network is to be, in the kernel's terms.
struct HostNetworkPlan: Sendable {
    var node: LabTopology.Node
    var taps: [TAPRequest]
    /// Files below /proc/sys and their values, in the order of writing.
    var settings: [(path: String, value: String)]

    /// - Parameter hasIPv6: whether the machine's kernel has IPv6 at all.
    init(_ node: LabTopology.Node, hasIPv6: Bool) {
        self.node = node
        taps = []
        settings = []
        for interface in node.interfaces {
            let address = Self.address(of: interface, node: node.name)
            var prefixes = interface.ipv4.map { HostPrefix($0) }
            if hasIPv6 {
                // Given, not generated: the kernel's own address would send solicitations and wait for duplicates, and
                // a thousand hosts on one segment would hear a thousand of each.
                prefixes.append(HostPrefix(.v6(IPv6Address(linkLocal: address)), length: 64))
                prefixes += interface.ipv6.map { HostPrefix($0) }
                settings.append(("/proc/sys/net/ipv6/conf/\(interface.name)/accept_ra", "0"))
            }
            taps.append(
                TAPRequest(
                    interface.name, address: address, mtu: interface.mtu.map { UInt32(clamping: $0) },
                    prefixes: prefixes))
        }
        if node.host.forwarding {
            settings.append(("/proc/sys/net/ipv4/ip_forward", "1"))
            if hasIPv6 { settings.append(("/proc/sys/net/ipv6/conf/all/forwarding", "1")) }
        }
        for (name, value) in node.host.sysctls.sorted(by: { $0.key < $1.key }) {
            settings.append((Self.path(ofSetting: name), value))
        }
    }

    /// The interface's address, or one from the names: locally administered, the same in every run.
    private static func address(of interface: LabTopology.Interface, node: String) -> MACAddress {
        if let mac = interface.mac { return mac }
        let hash = Fabric.hash("\(node):\(interface.name)")
        return MACAddress(rawValue: hash & 0xfcff_ffff_ffff | 0x0200_0000_0000)
    }

    /// As sysctl(8) reads names: the first separator decides, and where it is a dot, a slash stands for a dot in a name
    /// (`net.ipv4.conf.eth0/100.forwarding`).
    static func path(ofSetting name: String) -> String {
        guard let first = name.first(where: { $0 == "." || $0 == "/" }), first == "." else {
            return "/proc/sys/" + name
        }
        return "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }

    /// Adds the host's routes to a batch.
    /// - Parameter indices: the interfaces' numbers by name.
    func addRoutes(to batch: inout RouteBatch, indices: [String: Int32]) throws(LabError) {
        for route in node.host.routes {
            func refuse(_ what: String) -> LabError {
                LabError("the route to \(route.destination) of \(node.name) \(what)")
            }
            var gateway: HostAddress?
            if let via = route.via {
                if let address = IPv4Address(via) {
                    gateway = .v4(address)
                } else if let address = IPv6Address(via) {
                    gateway = .v6(address)
                } else {
                    throw refuse("goes through “\(via)”, which is not an address")
                }
            }
            var link: InterfaceReference?
            if let name = route.interface {
                guard let index = indices[name] else {
                    throw refuse("leaves by “\(name)”, which the host does not have")
                }
                link = .index(index)
            }
            var destination: HostPrefix?
            if route.destination != "default" {
                if let prefix = IPv4Prefix(prefixOrAddress: route.destination) {
                    destination = HostPrefix(prefix.masked)
                } else if let prefix = IPv6Prefix(prefixOrAddress: route.destination) {
                    destination = HostPrefix(prefix.masked)
                } else {
                    throw refuse("has no destination that is a prefix or “default”")
                }
            }
            batch.addRoute(to: destination, via: gateway, on: link, metric: route.metric)
        }
    }
}
