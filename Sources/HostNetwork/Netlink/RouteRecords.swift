import CLinux
import Glibc
import Wire

// What the kernel's dumps say, decoded.

/// A link, from RTM_NEWLINK.
public struct LinkRecord: Equatable, Sendable {
    public var index: Int32 = 0
    public var name = ""
    /// IFF_* of the interface (netdevice(7)).
    public var flags: UInt32 = 0
    public var mtu: UInt32 = 0
    public var address = MACAddress.zero
    /// The bridge it is in, or 0.
    public var master: Int32 = 0
    /// "veth", "bridge", "tun"; nil for hardware and the loopback.
    public var kind: String?
    public var errors = LinkErrorCounts()

    /// Whether it was brought up.
    public var isUp: Bool { flags & 1 != 0 }
    /// Whether something is at the other end (IFF_LOWER_UP).
    public var hasCarrier: Bool { flags & (1 << 16) != 0 }
    public var isLoopback: Bool { flags & (1 << 3) != 0 }

    init?(_ message: NetlinkMessage) {
        guard message.type == MessageType.newLink, message.payload.count >= 16 else { return nil }
        index = message.payload.number(at: 4, as: Int32.self)
        flags = message.payload.number(at: 8, as: UInt32.self)
        for attribute in message.attributes(after: 16) {
            switch UInt32(attribute.type) {
            case UInt32(IFLA_IFNAME): name = attribute.string
            case UInt32(IFLA_MTU): mtu = attribute.number(as: UInt32.self)
            case UInt32(IFLA_MASTER): master = attribute.number(as: Int32.self)
            case UInt32(IFLA_ADDRESS) where attribute.content.count == 6:
                address = attribute.content.macAddress
            case UInt32(IFLA_STATS64) where attribute.content.count >= 128:
                errors = LinkErrorCounts(attribute.content)
            case UInt32(IFLA_LINKINFO):
                kind = attribute.nested.first { $0.type == Int(IFLA_INFO_KIND) }?.string
            default: break
            }
        }
    }
}

/// What the kernel counts of an interface beside packets and bytes (struct rtnl_link_stats64).
public struct LinkErrorCounts: Equatable, Sendable {
    public var received: UInt64 = 0
    public var sent: UInt64 = 0
    /// Packets to groups that were received: no error, but counted here alone.
    public var multicast: UInt64 = 0
    public var collisions: UInt64 = 0
    public var overruns: UInt64 = 0
    public var checksums: UInt64 = 0
    public var frames: UInt64 = 0
    public var missed: UInt64 = 0

    init() {}

    init(_ content: ArraySlice<UInt8>) {
        func counter(_ index: Int) -> UInt64 { content.number(at: index * 8, as: UInt64.self) }
        received = counter(4)
        sent = counter(5)
        multicast = counter(8)
        collisions = counter(9)
        overruns = counter(11)
        checksums = counter(12)
        frames = counter(13)
        missed = counter(15)
    }
}

/// An address of an interface, from RTM_NEWADDR.
public struct AddressRecord: Equatable, Sendable {
    public var interface: Int32
    public var prefix: HostPrefix
    /// IFA_F_*.
    public var flags: UInt32

    init?(_ message: NetlinkMessage) {
        guard message.type == MessageType.newAddress, message.payload.count >= 8 else { return nil }
        var address: HostAddress?
        var local: HostAddress?
        flags = UInt32(message.payload.number(at: 2, as: UInt8.self))
        for attribute in message.attributes(after: 8) {
            switch UInt32(attribute.type) {
            case UInt32(IFA_ADDRESS): address = HostAddress(bytes: attribute.content)
            case UInt32(IFA_LOCAL): local = HostAddress(bytes: attribute.content)
            case UInt32(IFA_FLAGS): flags = attribute.number(as: UInt32.self)
            default: break
            }
        }
        // On a point-to-point link IFA_ADDRESS is the peer's.
        guard let own = local ?? address else { return nil }
        prefix = HostPrefix(own, length: Int(message.payload.number(at: 1, as: UInt8.self)))
        interface = message.payload.number(at: 4, as: Int32.self)
    }
}

/// A route, from RTM_NEWROUTE.
public struct RouteRecord: Equatable, Sendable {
    /// nil for the default route.
    public var destination: HostPrefix?
    public var gateway: HostAddress?
    /// 0 where there are several ways.
    public var interface: Int32 = 0
    public var metric: UInt32 = 0
    public var table: UInt32
    public var isIPv6: Bool

    init?(_ message: NetlinkMessage) {
        guard message.type == MessageType.newRoute, message.payload.count >= 12 else { return nil }
        isIPv6 = message.payload.number(at: 0, as: UInt8.self) == AF_INET6
        table = UInt32(message.payload.number(at: 4, as: UInt8.self))
        for attribute in message.attributes(after: 12) {
            switch UInt32(attribute.type) {
            case UInt32(RTA_DST.rawValue):
                guard let address = HostAddress(bytes: attribute.content) else { return nil }
                destination = HostPrefix(address, length: Int(message.payload.number(at: 1, as: UInt8.self)))
            case UInt32(RTA_GATEWAY.rawValue): gateway = HostAddress(bytes: attribute.content)
            case UInt32(RTA_OIF.rawValue): interface = attribute.number(as: Int32.self)
            case UInt32(RTA_PRIORITY.rawValue): metric = attribute.number(as: UInt32.self)
            case UInt32(RTA_TABLE.rawValue): table = attribute.number(as: UInt32.self)
            default: break
            }
        }
    }
}

/// A neighbour, from RTM_NEWNEIGH.
public struct NeighbourRecord: Equatable, Sendable {
    public var address: HostAddress
    public var linkAddress: MACAddress?
    public var interface: Int32
    /// NUD_*.
    public var state: UInt16

    init?(_ message: NetlinkMessage) {
        guard message.type == MessageType.newNeighbour, message.payload.count >= 12 else { return nil }
        var address: HostAddress?
        linkAddress = nil
        for attribute in message.attributes(after: 12) {
            switch UInt32(attribute.type) {
            case UInt32(NDA_DST): address = HostAddress(bytes: attribute.content)
            case UInt32(NDA_LLADDR) where attribute.content.count == 6:
                linkAddress = attribute.content.macAddress
            default: break
            }
        }
        guard let address else { return nil }
        self.address = address
        interface = message.payload.number(at: 4, as: Int32.self)
        state = message.payload.number(at: 8, as: UInt16.self)
    }
}
