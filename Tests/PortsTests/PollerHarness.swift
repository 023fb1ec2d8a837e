import Glibc
import HostNetwork
import Linux
import Ports
import Switch
import Testbed
import Wire

/// What the tests of this target need, and why they cannot run where it is missing.
enum Means {
    static var missing: String? {
        if !Machine.isRoot { return "root" }
        if !Machine.hasTUN { return "/dev/net/tun" }
        return nil
    }
    static var arePresent: Bool { missing == nil }
    static var absence: String { "needs \(missing ?? "")" }
}

/// Hosts with real network stacks, their TAPs on one poller.
final class PollerHarness: @unchecked Sendable {
    let poller: Poller
    private let thread: NamespaceThread
    private var networks: [FileDescriptorBox] = []
    private(set) var devices: [Int32] = []

    final class FileDescriptorBox: @unchecked Sendable {
        let namespace: Int32
        let tap: TAP
        init(namespace: Int32, tap: TAP) {
            self.namespace = namespace
            self.tap = tap
        }
        deinit { close(namespace) }
    }

    init(hosts: Int, mechanism: PollerMechanism, mtu: UInt32 = 1500) throws {
        poller = try Poller(datapath: Datapath(seed: 1, now: MonotonicClock.now()), mechanism: mechanism)
        thread = try NamespaceThread()
        for number in 1...hosts {
            let box = try thread.run { () throws -> FileDescriptorBox in
                let request = TAPRequest(
                    "eth0", address: MACAddress(rawValue: 0x0200_0000_0000 | UInt64(number)), mtu: mtu,
                    prefixes: [HostPrefix(HostAddress(bytes: [10, 0, 0, UInt8(number)])!, length: 24)])
                let host = try HostNamespace.make(taps: [request])
                return FileDescriptorBox(namespace: dup(host.network.rawValue), tap: host.taps[0])
            }
            networks.append(box)
        }
        poller.start()
        for (index, box) in networks.enumerated() {
            devices.append(poller.addDevice(name: "h\(index + 1)", descriptor: box.tap.descriptor.rawValue))
        }
    }

    /// All hosts on one switch, each by a link with this profile towards the switch.
    func joinBySwitch(_ profile: LinkProfile = LinkProfile()) {
        let devices = devices
        poller.run { datapath, now in
            let bridge = datapath.addBridge(name: "s1", address: 0x0200_0000_ff00)
            for (index, device) in devices.enumerated() {
                let port = datapath.addPort(bridge: bridge, number: UInt32(index + 1), name: "p\(index + 1)")
                _ = datapath.addLink(.device(device), .port(port), forward: profile, now: now)
            }
        }
    }

    /// Makes a socket in a host's namespace.
    func socket(host: Int, _ type: Int32) throws -> Int32 {
        let namespace = networks[host - 1].namespace
        return try thread.run { () throws -> Int32 in
            try Namespace.enter(FileDescriptor(owning: dup(namespace)), .network)
            let number = Glibc.socket(AF_INET, type, 0)
            guard number >= 0 else { throw SystemError("make a socket") }
            var patience = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            return number
        }
    }

    static func address(host: Int, port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x0a00_0000 + host).bigEndian
        return address
    }

    func stop() { poller.stop() }
}

func withAddress<Result>(_ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}
