import Glibc
import Linux
import Testing
import Wire

@testable import HostNetwork

@Suite(.enabled(if: geteuid() == 0 && File.exists("/dev/net/tun"), "needs root and /dev/net/tun"))
struct HostNamespaceTests {
    private let prefix = HostPrefix(IPv4Prefix("10.0.0.1/8")!)

    @Test func comesUpConfigured() throws {
        let thread = try NamespaceThread()
        let prefix = prefix
        try thread.run { () throws(HostNetworkError) in
            let six = HostPrefix(IPv6Prefix("fd00::1/64")!)
            let gateway = HostAddress.v4(IPv4Address("10.0.0.2")!)
            let host = try HostNamespace.make(taps: [
                TAPRequest("eth0", address: MACAddress("02:00:00:00:00:01")!, mtu: 1400, prefixes: [prefix, six]),
                TAPRequest("eth1", isUp: false),
            ]) { (batch, indices) throws(HostNetworkError) in
                batch.addRoute(to: nil, via: gateway, on: .index(indices[0]))
                batch.addNeighbour(gateway, at: MACAddress("02:00:00:00:00:02")!, on: .index(indices[0]))
            }
            let socket = try system { () throws(SystemError) in try RouteSocket() }
            let links = try netlink { () throws(NetlinkError) in try socket.links() }
            let addresses = try netlink { () throws(NetlinkError) in try socket.addresses() }
            let routes = try netlink { () throws(NetlinkError) in try socket.routes() }
            let neighbours = try netlink { () throws(NetlinkError) in try socket.neighbours() }
            #expect(links.map(\.name) == ["lo", "eth0", "eth1"])
            #expect(links.map(\.isUp) == [true, true, false])
            #expect(links[1].mtu == 1400)
            #expect(links[1].index == host.indices[0])
            #expect(links[1].address == MACAddress("02:00:00:00:00:01"))
            let own = addresses.filter { $0.interface == host.indices[0] }.map(\.prefix)
            #expect(Set(own) == [prefix, six])  // no link-local address: generation is off
            #expect(routes.contains { $0.destination == nil && $0.gateway == gateway })
            #expect(neighbours.contains { $0.address == gateway && $0.state == 0x80 })
            #expect(host.taps[0].offloads.contains([.checksum, .tcp4, .tcp6]))
        }
    }

    @Test func namesTheRequestThatFailed() throws {
        let thread = try NamespaceThread()
        try thread.run { () throws(SystemError) in
            try Namespace.unshare(.network)
            let socket = try RouteSocket()
            var batch = RouteBatch()
            batch.setLink(.index(1), up: true)
            batch.setLink("absent", up: true)
            batch.deleteLink("absent", ifPresent: true)
            batch.addVeth("a", peer: "b", up: true)
            do throws(NetlinkError) {
                let refusals = try socket.runAll(batch)
                #expect(refusals.map(\.index) == [1])
                #expect(refusals.first?.description == "cannot set absent up: No such device")
                let veths = try socket.links().filter { $0.kind == "veth" }.map(\.name)
                #expect(Set(veths) == ["a", "b"])
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test func devicesDieWithTheirNamespace() throws {
        let thread = try NamespaceThread()
        let prefix = prefix
        let witness = try NamespaceThread()
        // A veth pair into the host's namespace tells when that is gone: its near end goes with it.
        let home = try witness.run { () throws(SystemError) in
            try Namespace.unshare(.network)
            return try Namespace.current(.network)
        }
        let homeNumber = home.rawValue
        try thread.run { () throws(HostNetworkError) in
            let host = try HostNamespace.make(taps: [TAPRequest("eth0", prefixes: [prefix])]) {
                (batch, _) throws(HostNetworkError) in
                batch.addVeth("far", peer: "near", peerNamespace: .descriptor(homeNumber))
            }
            #expect(host.taps.count == 1)
            try system { () throws(SystemError) in try Namespace.unshare(.network) }
        }
        var left = true
        for _ in 0..<500 where left {
            left = try witness.run { () throws(SystemError) -> Bool in
                let socket = try RouteSocket()
                do throws(NetlinkError) {
                    return try socket.links().contains { $0.name == "near" }
                } catch { return true }
            }
            if left { usleep(10_000) }
        }
        #expect(!left)
    }

    @Test func aPacketSocketHearsItsInterface() throws {
        let thread = try NamespaceThread()
        try thread.run { () throws(HostNetworkError) in
            try system { () throws(SystemError) in try Namespace.unshare(.network) }
            let socket = try system { () throws(SystemError) in try RouteSocket() }
            var batch = RouteBatch()
            batch.addVeth("a", peer: "b", up: true)
            try netlink { () throws(NetlinkError) in try socket.run(batch) }
            let a = try PacketSocket.open("a")
            let b = try PacketSocket.open("b")
            // A virtio-net header of zeros, and a broadcast frame of an experimental EtherType.
            let frame =
                [UInt8](repeating: 0, count: 10) + [UInt8](repeating: 0xFF, count: 6) + [2, 0, 0, 0, 0, 9, 0x88, 0xB5]
                + [UInt8](repeating: 0x5A, count: 46)
            var heard: [UInt8] = []
            // The kernel drops what is sent before its link watch has seen the carrier, hence again and again.
            for _ in 0..<1000 where heard.isEmpty {
                #expect(frame.withUnsafeBytes { write(a.rawValue, $0.baseAddress, $0.count) } == frame.count)
                var buffer = [UInt8](repeating: 0, count: 2048)
                let count = buffer.withUnsafeMutableBytes { read(b.rawValue, $0.baseAddress, $0.count) }
                if count > 0, buffer[22] == 0x88, buffer[23] == 0xB5 { heard = Array(buffer[..<count]) }
                if count <= 0 { usleep(1000) }
            }
            #expect(heard.dropFirst(10) == frame.dropFirst(10))
            #expect(throws: HostNetworkError.self) { _ = try PacketSocket.open("absent") }
        }
    }
}
