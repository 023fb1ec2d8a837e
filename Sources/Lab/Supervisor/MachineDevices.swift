import Glibc
import HostNetwork
import Linux
import Ports
import Synchronization
import Topology
import Wire

// Devices in the machine's own network namespace: a TAP in a bridge of the machine's, a TAP with addresses (nodes of kind
// `machine`, and hosts that lead outside by NAT), a packet socket on an interface that exists. A TAP ends with its
// descriptor and so with the supervisor; it is listed for people only.

/// A device of the lab's in the machine's network namespace.
struct MachineDevice: Sendable {
    let endpoint: LabTopology.Endpoint
    let capabilities: DeviceCapabilities
    /// One of the two keeps it.
    let tap: TAP?
    let socket: OwnedDescriptor?

    var descriptor: Int32 { tap?.descriptor.rawValue ?? socket?.rawValue ?? -1 }
}

extension Supervisor {
    func makeMachineDevices(_ lab: LabTopology) throws(LabError) {
        for node in lab.nodes {
            switch node.kind {
            case .bridge:
                let bridge = if_nametoindex(node.name)
                guard bridge != 0 else {
                    throw LabError(
                        "the machine has no bridge “\(node.name)” (ip link add \(node.name) type bridge makes one)")
                }
                for interface in node.interfaces {
                    try addTAP(node, interface) { batch, link in
                        batch.changeLink(link, .init(up: true, master: .index(Int32(bitPattern: bridge))))
                    }
                }
            case .machine:
                for interface in node.interfaces { try addTAP(node, interface) { _, _ in } }
            case .physical:
                for interface in node.interfaces {
                    let socket = try labelled { () throws(HostNetworkError) in
                        OwnedDescriptor(try PacketSocket.open(interface.name))
                    }
                    keep(
                        MachineDevice(
                            endpoint: .init(node.name, interface.name),
                            capabilities: DeviceCapabilities(separateTag: true), tap: nil, socket: socket))
                }
            case .process where node.host.nat: try makeGateway(node)
            default: continue
            }
        }
    }

    private func keep(_ device: MachineDevice) { machineDevices.withLock { $0.append(device) } }

    @discardableResult
    private func addTAP(
        _ node: LabTopology.Node, _ interface: LabTopology.Interface,
        _ furnish: (inout RouteBatch, InterfaceReference) throws(LabError) -> Void
    ) throws(LabError) -> TAP {
        let lab = topology.withLock { $0.name }
        let name = try MachineInterfaceName.choose(for: interface.name, of: node, lab: lab) { if_nametoindex($0) != 0 }
        try state.add(.interface(name: name, node: node.name, interface: interface.name))
        let tap = try labelled("cannot make the interface \(name) on the machine") { () throws(HostNetworkError) in
            try TAP.open(name)
        }
        let hasIPv6 = File.exists("/proc/sys/net/ipv6")
        let plan = HostNetworkPlan(node, hasIPv6: hasIPv6)
        let link = InterfaceReference.index(tap.index)
        var batch = RouteBatch()
        if let wanted = plan.taps.first(where: { $0.name == interface.name }) {
            batch.changeLink(
                link, .init(mtu: wanted.mtu, address: wanted.address, addressGeneration: AddressGeneration.none))
            if node.kind != .bridge {
                for prefix in wanted.prefixes { batch.addAddress(prefix, on: link) }
            }
        }
        batch.setLink(link, up: true)
        try furnish(&batch, link)
        let socket = try labelled { () throws(SystemError) in try RouteSocket() }
        try labelled("on the machine") { () throws(NetlinkError) in try socket.run(batch) }
        keep(
            MachineDevice(
                endpoint: .init(node.name, interface.name), capabilities: DeviceCapabilities(tap.offloads), tap: tap,
                socket: nil)
        )
        return tap
    }

    /// A host by which the lab's traffic leaves the machine: it lives in the machine's own network namespace.
    private func makeGateway(_ node: LabTopology.Node) throws(LabError) {
        var indices: [String: Int32] = [:]
        for interface in node.interfaces {
            let tap = try addTAP(node, interface) { _, _ in }
            indices[interface.name] = tap.index
            for prefix in interface.ipv4 {
                try translate(prefix, tap.name)
            }
        }
        let network = try labelled { () throws(SystemError) in try Namespace.current(.network) }
        add([Host(node, network: network, taps: [], indices: indices, isOnMachine: true)])
    }

    private func translate(_ subnet: IPv4Prefix, _ interface: String) throws(LabError) {
        let label = topology.withLock { $0.name } + "-" + interface
        let undo = ["nft", "iptables"].flatMap {
            AddressTranslation.commands(program: $0, subnet: subnet, interface: interface, label: label).undo
        }
        try state.add(.commands(undo))
        try claim([
            .init(
                path: "/proc/sys/net/ipv4/ip_forward", need: .value("1"), network: MachineSettings.ownNetwork())
        ])
        _ = try labelled { () throws(AddressTranslationError) in
            try processes.withoutReaping { () throws(AddressTranslationError) in
                try AddressTranslation.start(subnet: subnet, interface: interface, label: label)
            }
        }
    }

    /// Shows a link's state to the hosts at its ends: a cable that is out.
    func showCarrier(ofLink index: Int, _ link: LabTopology.Link, isUp: Bool) {
        for endpoint in [link.a, link.b] {
            guard let host = existingHost(endpoint.node) else { continue }
            try? host.taps.first { $0.name == endpoint.interface }?.setCarrier(isUp)
        }
    }
}
