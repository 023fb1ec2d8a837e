import Linux
import Ports
import Streams
import Switch
import Wire

// Controllers that are reached through the bridge itself. Unlike with Open vSwitch, that has to be asked for
// (`connection_mode=in-band`): a switch that forwards what no flow asks for surprises more than one without controller.

extension BridgePlan {
    /// What of the machine's tables of routes and neighbours tells the next hops.
    struct Neighbourhood {
        /// Destination, mask and gateway, the longest masks first; a gateway of 0: none.
        var routes: [(destination: UInt32, mask: UInt32, gateway: UInt32)] = []
        var neighbours: [UInt32: UInt64] = [:]

        /// As the kernel has them now (proc(5), /proc/net/route and /proc/net/arp).
        init() {
            for line in Self.lines("/proc/net/route") where line.count >= 8 {
                guard let destination = UInt32(line[1], radix: 16), let gateway = UInt32(line[2], radix: 16),
                    let mask = UInt32(line[7], radix: 16)
                else { continue }
                // In the machine's byte order.
                routes.append((destination.byteSwapped, mask.byteSwapped, gateway.byteSwapped))
            }
            routes.sort { $0.mask > $1.mask }
            for line in Self.lines("/proc/net/arp") where line.count >= 4 {
                guard let address = IPv4Address(line[0]), let station = MACAddress(line[3]), station.rawValue != 0
                else { continue }
                neighbours[address.rawValue] = station.rawValue
            }
        }

        private static func lines(_ path: String) -> [[String]] {
            guard let text = try? File.readText(path) else { return [] }
            return text.split(separator: "\n").dropFirst().map { $0.split(separator: " ").map(String.init) }
                .map { $0.flatMap { $0.split(separator: "\t").map(String.init) } }
        }

        /// The MAC address of the next hop to an address, where it is known.
        func nextHop(to address: UInt32) -> UInt64? {
            let gateway = routes.first { address & $0.mask == $0.destination }?.gateway ?? 0
            return neighbours[gateway == 0 ? address : gateway]
        }
    }

    /// The bridge's in-band control; nil: no controller asks for it.
    var inBand: InBandControl? {
        let remotes = controllers.filter(\.isInBand).compactMap { controller -> InBandControl.Remote? in
            switch Endpoint(controller.target, defaultPort: 6653) {
            case .tcp(let host, let port)?, .tls(let host, let port)?:
                IPv4Address(host).map { .init(address: $0.rawValue, port: UInt16(clamping: port)) }
            default: nil
            }
        }
        guard !remotes.isEmpty else { return nil }
        let neighbourhood = Neighbourhood()
        let hops = Set(remotes.compactMap { neighbourhood.nextHop(to: $0.address) })
        return InBandControl(remotes: remotes, nextHops: hops.sorted())
    }
}
