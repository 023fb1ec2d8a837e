import Glibc
import Linux
import Streams
import Topology
import Wire

// Controllers on hosts of the lab. A switch of the lab has no address in the networks that it connects, so it reaches
// such a controller from within the host: by the host's own loopback, where packets of the lab cannot disturb it.

/// Connects to programs on a lab's hosts.
final class HostDialler: Sendable {
    private struct Target {
        var node: String
        /// Where it listens, in the host.
        var addresses: [String]
    }

    private let targets: [String: Target]
    private let hub: StreamHub
    private let hosts: @Sendable (String) -> Host?

    init(_ lab: LabTopology, hub: StreamHub, hosts: @escaping @Sendable (String) -> Host?) {
        var targets: [String: Target] = [:]
        for node in lab.nodes where node.isHost && !node.host.nat {
            let own = node.interfaces.flatMap {
                $0.ipv4.map(\.address.description) + $0.ipv6.map(\.address.description)
            }
            targets[node.name] = Target(node: node.name, addresses: ["127.0.0.1"] + own)
            for address in own { targets[address] = Target(node: node.name, addresses: [address]) }
        }
        self.targets = targets
        self.hub = hub
        self.hosts = hosts
    }

    /// Connects to a host's name or address; false where the endpoint names none.
    func dial(
        _ endpoint: Endpoint, _ completion: @escaping @Sendable (Result<StreamConnection, StreamError>) -> Void
    ) -> Bool {
        guard case .tcp(let name, let port) = endpoint, let target = targets[name], let host = hosts(target.node),
            !host.isOnMachine
        else { return false }
        let hub = hub
        do throws(SystemError) {
            // Not on the hub's thread, which must neither wait nor change its namespace.
            try BackgroundThread.start("rookery-dial") {
                do throws(LabError) {
                    let socket = try host.inNetwork { () throws(SystemError) in
                        try Self.connect(target.addresses, port: port)
                    }
                    hub.adopt(socket: socket, to: endpoint, completion: completion)
                } catch {
                    let failure = StreamError("\(endpoint): \(error)")
                    hub.post { completion(.failure(failure)) }
                }
            }
        } catch {
            let failure = StreamError("\(endpoint): \(error)")
            hub.post { completion(.failure(failure)) }
        }
        return true
    }

    /// A socket that is connected to the first of the addresses where somebody listens.
    private static func connect(_ addresses: [String], port: Int) throws(SystemError) -> Int32 {
        var failure = SystemError("connect to", "port \(port)", code: .connectionRefused)
        for address in addresses {
            do throws(SystemError) {
                return try connect(address, port: port)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private static func connect(_ address: String, port: Int) throws(SystemError) -> Int32 {
        let isIPv6 = address.contains(":")
        let number = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("make a socket") }
        let status: Int32
        if isIPv6 {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = in_port_t(port).bigEndian
            inet_pton(AF_INET6, address, &name.sin6_addr)
            status = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        } else {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = in_port_t(port).bigEndian
            inet_pton(AF_INET, address, &name.sin_addr)
            status = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        guard status == 0 else {
            let failure = SystemError("connect to", "\(address):\(port)")
            close(number)
            throw failure
        }
        return number
    }
}
