import CLinux
import Linux
import Wire

// What: the namespaces of an emulated host, with their interfaces, made in the cheapest way the kernel offers.
// Design: a thread moves into a fresh network namespace by unshare; no process is cloned and no `ip` runs. All addresses
// and states go to the kernel in one batch of netlink messages with one acknowledgement.
// A TAP device is made persistent. That sounds wrong and is the point: a device that is not is unregistered by close() on
// its own, which waits for RCU grace periods (27 ms each measured), one device after another. A persistent one only lets
// go of its namespace, and devices that die with their namespaces are cleared away in batches (cleanup_net()). It
// cannot outlive the lab: nothing but the lab holds the namespace. This is so for a supervisor that is killed, too.
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
    /// The device goes away with its network namespace, not with its descriptor: many times faster for many hosts.
    public var diesWithNamespace = true

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

/// The network of one host. It ends, with all its devices, when the last of these is gone: this value, processes in it,
/// mounts of it.
public struct HostNamespace: ~Copyable, Sendable {
    public let network: FileDescriptor
    /// In the order of the requests.
    public let taps: [TAP]
    /// The interfaces' numbers inside, in the order of the requests.
    public let indices: [Int32]
}

extension HostNamespace {
    /// Makes a network namespace with the loopback up and these TAP devices, in the calling thread, which is in the new
    /// namespace afterwards and stays there.
    /// - Parameter finish: further requests for the same batch, such as routes and neighbours. Gets the interfaces'
    ///   numbers. Called in the new namespace, so that it can write sysctls, too.
    public static func make(
        taps requests: [TAPRequest],
        finish: (inout RouteBatch, [Int32]) throws(HostNetworkError) -> Void = { _, _ in }
    ) throws(HostNetworkError) -> HostNamespace {
        try system { () throws(SystemError) in try Namespace.unshare(.network) }
        let network = try system { () throws(SystemError) in try Namespace.current(.network) }
        let socket = try system { () throws(SystemError) in try RouteSocket() }
        var taps: [TAP] = []
        taps.reserveCapacity(requests.count)
        var batch = RouteBatch()
        batch.setLink(.index(1), up: true)
        for request in requests {
            let tap = try TAP.open(
                request.name, offloads: request.offloads, persistent: request.diesWithNamespace, napi: request.napi)
            taps.append(tap)
            let link = InterfaceReference.index(tap.index)
            // The mode of address generation counts when the link comes up, and one message sets it too late for that.
            batch.changeLink(
                link,
                .init(mtu: request.mtu, address: request.address, addressGeneration: request.addressGeneration))
            for prefix in request.prefixes { batch.addAddress(prefix, on: link) }
            if request.isUp { batch.setLink(link, up: true) }
        }
        let indices = taps.map(\.index)
        try finish(&batch, indices)
        try netlink { () throws(NetlinkError) in try socket.run(batch) }
        return HostNamespace(network: network, taps: taps, indices: indices)
    }
}
