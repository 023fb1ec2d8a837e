import Wire

// Which address does an interface get when the file gives none?
//
// Interfaces that can reach each other without a router form a segment: all hosts on connected switches, or the two ends
// of a link between two hosts. Every segment is one subnet:
//   - one switched segment in the lab: all of `ipv4Base`, the hosts numbered in the order of the file, as in Mininet
//     (h1 is 10.0.0.1/8, h2 is 10.0.0.2/8, …);
//   - several: the k-th takes the k-th part of `ipv4Base`, parts of 8 more bits (10.k.0.0/16), or of as many as the
//     number of segments needs; hosts are numbered within each;
//   - the k-th link between two hosts (from 0) takes the k-th /30 of `linkBase`: 172.16.0.1 and .2, 172.16.0.5 and .6, …
//   - where the file gives some interfaces of a segment an address, the others take the lowest free ones of that subnet.
// IPv6 follows the same numbers: fd00::N/64 on the only segment, fd00:0:0:k::N/64 on the k-th of several,
// fd00:0:1:k::1 and ::2 on the links between hosts.
// MAC addresses are locally administered and come from lab, node and interface names, so that a node added to the file
// leaves the others' addresses alone.

/// Gives addresses to the interfaces of hosts that have none, the same ones for the same topology every time.
public struct AddressPlan: Sendable {
    public enum Numbering: Sendable {
        /// One subnet per segment; routers work.
        case segments
        /// Mininet's: the n-th host's first interface is number n of `ipv4Base`, all other interfaces get nothing.
        case mininet
    }

    public enum MACStyle: Sendable {
        /// From a hash of the names.
        case named
        /// Mininet's `--mac`: the n-th host's first interface is 00:00:00:00:00:0n.
        case hostNumber
    }

    public var ipv4Base: IPv4Prefix
    public var linkBase: IPv4Prefix
    public var numbering: Numbering
    public var macStyle: MACStyle
    public var ipv6: Bool
    /// Hosts whose interfaces get no addresses (those whose own commands set them).
    public var leftAlone: Set<String>

    public init(
        ipv4Base: IPv4Prefix = .init(IPv4Address(10, 0, 0, 0), length: 8),
        linkBase: IPv4Prefix = .init(IPv4Address(172, 16, 0, 0), length: 12),
        numbering: Numbering = .segments, macStyle: MACStyle = .named, ipv6: Bool = true, leftAlone: Set<String> = []
    ) {
        self.ipv4Base = ipv4Base
        self.linkBase = linkBase
        self.numbering = numbering
        self.macStyle = macStyle
        self.ipv6 = ipv6
        self.leftAlone = leftAlone
    }

    /// Fills MAC, IPv4 and IPv6 addresses; throws when a base is too small for the lab.
    public func fill(_ topology: inout LabTopology) throws(TopologyError) {
        fillMACs(&topology)
        switch numbering {
        case .mininet: try fillAsMininet(&topology)
        case .segments: try fillSegments(&topology)
        }
    }

    private func fillMACs(_ topology: inout LabTopology) {
        var taken: Set<MACAddress> = []
        for node in topology.nodes { taken.formUnion(node.interfaces.compactMap(\.mac)) }
        var number: UInt64 = 0
        for n in topology.nodes.indices where topology.nodes[n].isHost || topology.nodes[n].kind == .machine {
            if topology.nodes[n].isHost { number += 1 }
            for i in topology.nodes[n].interfaces.indices where topology.nodes[n].interfaces[i].mac == nil {
                var mac: MACAddress
                if macStyle == .hostNumber, i == 0, topology.nodes[n].isHost {
                    mac = .init(rawValue: number)
                } else {
                    let names = "\(topology.name)/\(topology.nodes[n].name)/\(topology.nodes[n].interfaces[i].name)"
                    var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
                    for byte in names.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
                    mac = .init(rawValue: 0x02 << 40 | hash >> 8 & 0xFF_FFFF_FFFF)
                    while taken.contains(mac) {
                        mac = .init(rawValue: 0x02 << 40 | (mac.rawValue &+ 1) & 0xFF_FFFF_FFFF)
                    }
                }
                taken.insert(mac)
                topology.nodes[n].interfaces[i].mac = mac
            }
        }
    }

    private func fillAsMininet(_ topology: inout LabTopology) throws(TopologyError) {
        var number = 0
        for n in topology.nodes.indices where topology.nodes[n].isHost {
            number += 1
            guard !topology.nodes[n].interfaces.isEmpty, !leftAlone.contains(topology.nodes[n].name) else { continue }
            if topology.nodes[n].interfaces[0].ipv4.isEmpty {
                guard let address = member(number, of: ipv4Base) else { throw tooSmall(ipv4Base, "hosts") }
                topology.nodes[n].interfaces[0].ipv4 = [address]
            }
            if ipv6, topology.nodes[n].interfaces[0].ipv6.isEmpty {
                topology.nodes[n].interfaces[0].ipv6 = [
                    .init(IPv6Address(high: 0xFD00 << 48, low: UInt64(number)), length: 64)
                ]
            }
        }
    }

    private func fillSegments(_ topology: inout LabTopology) throws(TopologyError) {
        var switched: [Segment] = []
        var direct: [Segment] = []
        for segment in Segment.all(of: topology) {
            // The hosts of an existing bridge or interface belong to somebody's own network, but the lab's hosts on it
            // still need addresses, so only a host that hangs directly on a physical interface is left alone.
            if segment.isDirect { direct.append(segment) } else { switched.append(segment) }
        }
        let open = switched.filter { needsAddresses($0, topology) }
        var length = ipv4Base.length
        if open.count > 1 {
            var bits = 8
            while 1 << bits <= open.count { bits += 1 }
            length += bits
        }
        for (place, segment) in open.enumerated() {
            let subnet = open.count == 1 ? 0 : place + 1
            guard length <= 30 else { throw tooSmall(ipv4Base, "segments") }
            let base = IPv4Prefix(ipv4Base.network.advanced(by: subnet << (32 - length)), length: length)
            let base6 = IPv6Prefix(IPv6Address(high: 0xFD00 << 48 | UInt64(subnet), low: 0), length: 64)
            try fill(segment, base, base6, &topology)
        }
        var link = 0
        for segment in direct {
            let number = link
            link += 1
            guard needsAddresses(segment, topology), !segment.touchesPhysical else { continue }
            guard number < 1 << max(0, 30 - linkBase.length) else { throw tooSmall(linkBase, "links") }
            let base = IPv4Prefix(linkBase.network.advanced(by: number << 2), length: 30)
            let base6 = IPv6Prefix(IPv6Address(high: 0xFD00 << 48 | 1 << 16 | UInt64(number), low: 0), length: 64)
            try fill(segment, base, base6, &topology)
        }
    }

    private func needsAddresses(_ segment: Segment, _ topology: LabTopology) -> Bool {
        segment.members.contains { member in
            let node = topology.nodes[member.node]
            return node.isHost && !leftAlone.contains(node.name) && node.interfaces[member.interface].ipv4.isEmpty
        }
    }

    private func fill(
        _ segment: Segment, _ standard: IPv4Prefix, _ standard6: IPv6Prefix,
        _ topology: inout LabTopology
    ) throws(TopologyError) {
        var given: [IPv4Prefix] = []
        var given6: [IPv6Prefix] = []
        for member in segment.members {
            given += topology.nodes[member.node].interfaces[member.interface].ipv4
            given6 += topology.nodes[member.node].interfaces[member.interface].ipv6
        }
        let base = given.first { $0.length <= 30 }?.masked ?? standard
        let base6 = given6.first { $0.length <= 64 }?.masked ?? standard6
        let taken = Set(given.map(\.address))
        let taken6 = Set(given6.map(\.address))
        var number = 0
        var number6 = 0
        for place in segment.members {
            let node = topology.nodes[place.node]
            guard node.isHost || (node.kind == .machine && segment.isDirect) else { continue }
            let hasOwn = leftAlone.contains(node.name)
            number += 1
            number6 += 1
            if !hasOwn, node.interfaces[place.interface].ipv4.isEmpty {
                while let address = member(number, of: base), taken.contains(address.address) { number += 1 }
                guard let address = member(number, of: base) else { throw tooSmall(base, "hosts on one segment") }
                topology.nodes[place.node].interfaces[place.interface].ipv4 = [address]
            }
            if ipv6, !hasOwn, node.interfaces[place.interface].ipv6.isEmpty {
                while taken6.contains(base6.network.advanced(by: number6)) { number6 += 1 }
                topology.nodes[place.node].interfaces[place.interface].ipv6 = [
                    .init(base6.network.advanced(by: number6), length: base6.length)
                ]
            }
        }
    }

    /// The n-th host of a network.
    private func member(_ number: Int, of base: IPv4Prefix) -> IPv4Prefix? {
        base.host(number).map { IPv4Prefix($0, length: base.length) }
    }

    private func tooSmall(_ base: IPv4Prefix, _ what: String) -> TopologyError {
        TopologyError("\(base) has too few addresses for the lab's \(what)", remedy: "give a larger ip-base")
    }
}
