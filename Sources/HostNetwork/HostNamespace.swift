import CLinux
import Linux
import Wire

// What: the namespaces of an emulated host, with their interfaces, made in the cheapest way the kernel offers.
// Design: the calling thread moves into a fresh network namespace by unshare and stays there until it makes the next
// one; no process is cloned and no `ip` runs. All addresses and states go to the kernel in one netlink message batch with
// one acknowledgement.
// The thread is for this alone: see `NamespaceThread`. Several threads can make hosts at a time.

/// A TAP device and what the host is to see of it.
public struct TAPRequest: Sendable {
    /// The interface's name inside the host.
    public var name: String
    public var address: MACAddress?
    public var mtu: UInt32?
    public var prefixes: [HostPrefix]
    public var isUp: Bool
    public var addressGeneration: AddressGeneration
    public var offloads: TAPOffloads
    public var napi: Bool

    public init(
        _ name: String, address: MACAddress? = nil, mtu: UInt32? = nil, prefixes: [HostPrefix] = [],
        isUp: Bool = true, addressGeneration: AddressGeneration = .none, offloads: TAPOffloads = .all,
        napi: Bool = false
    ) {
        self.name = name
        self.address = address
        self.mtu = mtu
        self.prefixes = prefixes
        self.isUp = isUp
        self.addressGeneration = addressGeneration
        self.offloads = offloads
        self.napi = napi
    }
}

/// The namespaces of one host. They live while this value, a process or a thread in them does.
public struct HostNamespace: ~Copyable, Sendable {
    public let network: FileDescriptor
    /// In the order of the requests.
    public let taps: [TAP]

    /// Makes a network namespace with the loopback up and these TAP devices, in the calling thread, which is in the new
    /// namespace afterwards (so that it can add routes with a `RouteSocket`, write sysctls, and so on).
    /// - Parameter finish: further requests for the same batch: routes, neighbours. Gets the interfaces' numbers.
    public static func make(
        taps requests: [TAPRequest], finish: (inout RouteBatch, [Int32]) -> Void = { _, _ in }
    ) throws(HostNetworkError) -> HostNamespace {
        try system { () throws(SystemError) in try Namespace.unshare(.network) }
        let network = try system { () throws(SystemError) in try Namespace.current(.network) }
        var taps: [TAP] = []
        taps.reserveCapacity(requests.count)
        var batch = RouteBatch()
        batch.setLink(.index(1), up: true)
        for request in requests {
            let tap = try TAP.open(request.name, offloads: request.offloads, napi: request.napi)
            taps.append(tap)
            let link = InterfaceReference.index(tap.index)
            // The mode of address generation counts when the link comes up, and one message sets it too late for that.
            batch.changeLink(
                link,
                .init(mtu: request.mtu, address: request.address, addressGeneration: request.addressGeneration))
            for prefix in request.prefixes { batch.addAddress(prefix, on: link) }
            if request.isUp { batch.setLink(link, up: true) }
        }
        finish(&batch, taps.map(\.index))
        let socket = try system { () throws(SystemError) in try RouteSocket() }
        try netlink { () throws(NetlinkError) in try socket.run(batch) }
        return HostNamespace(network: network, taps: taps)
    }
}
