/// Who a bridge's controllers are, where the way to them leads through the bridge itself (`connection_mode=in-band`,
/// ovs-vswitchd.conf.db(5)): what passes between them and the bridge is forwarded as a learning switch does, whatever
/// flows there are.
public struct InBandControl: Codable, Hashable, Sendable {
    /// A controller's IPv4 address and TCP port.
    public struct Remote: Codable, Hashable, Sendable {
        public var address: UInt32
        public var port: UInt16

        public init(address: UInt32, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    public var remotes: [Remote]
    /// The MAC addresses of the next hops to them.
    public var nextHops: [UInt64]

    public init(remotes: [Remote], nextHops: [UInt64] = []) {
        self.remotes = remotes
        self.nextHops = nextHops
    }

    /// What is forwarded, with Open vSwitch's priorities, which are above those that flows can have (its in-band.c tells
    /// why each of them): the bridge's DHCP, its ARP, that of the next hops and of the controllers, and TCP with them.
    func flows(of address: UInt64) -> [(priority: UInt32, match: Match)] {
        func arp(_ operation: Int) -> Match { Match().with(.ethType, 0x0806).with(.arpOperation, operation) }
        let tcp = Match().with(.ethType, 0x0800).with(.ipProtocol, 6)
        var flows: [(priority: UInt32, match: Match)] = [
            (
                180_000,
                Match().with(.inPort, PortNumber.local).with(.ethSource, address)
                    .with(.ethType, 0x0800).with(.ipProtocol, 17).with(.udpSource, 68).with(.udpDestination, 67)
            ),
            (180_001, arp(2).with(.ethDestination, address)),
            (180_002, arp(1).with(.ethSource, address)),
        ]
        for hop in nextHops {
            flows.append((180_003, arp(2).with(.ethDestination, hop)))
            flows.append((180_004, arp(1).with(.ethSource, hop)))
        }
        for remote in Set(remotes.map(\.address)).sorted() {
            flows.append((180_005, arp(2).with(.arpTarget, remote)))
            flows.append((180_006, arp(1).with(.arpSource, remote)))
        }
        for remote in remotes {
            flows.append(
                (180_007, tcp.with(.ipv4Destination, remote.address).with(.tcpDestination, remote.port)))
            flows.append((180_008, tcp.with(.ipv4Source, remote.address).with(.tcpSource, remote.port)))
        }
        return flows
    }
}
