import CLinux
import Glibc
import Wire
import Linux

/// How an interface gets its IPv6 link-local address (IFLA_INET6_ADDR_GEN_MODE).
public enum AddressGeneration: UInt8, Sendable {
    /// From the MAC address, with duplicate detection.
    case eui64 = 0
    /// None by itself.
    case none = 1
    /// From a secret kept by the kernel (RFC 7217).
    case stablePrivacy = 2
    case random = 3
}

/// Where an interface is to live.
public enum NamespaceReference: Sendable {
    /// A descriptor of the network namespace.
    case descriptor(Int32)
    /// A process in it.
    case process(Int32)
}

extension RouteBatch {
    /// Several changes of one link in one request. What is nil stays as it is.
    public struct LinkChange: Sendable {
        public var up: Bool?
        public var newName: String?
        public var mtu: UInt32?
        public var address: MACAddress?
        /// The bridge to join; `.some(.index(0))` leaves the present one.
        public var master: InterfaceReference?
        public var addressGeneration: AddressGeneration?
        public var namespace: NamespaceReference?
        public var transmitQueueLength: UInt32?
        /// The interface's number in the namespace it moves to (IFLA_NEW_IFINDEX, Linux 5.13).
        public var newIndex: Int32?

        public init(
            up: Bool? = nil, newName: String? = nil, mtu: UInt32? = nil, address: MACAddress? = nil,
            master: InterfaceReference? = nil, addressGeneration: AddressGeneration? = nil,
            namespace: NamespaceReference? = nil, transmitQueueLength: UInt32? = nil, newIndex: Int32? = nil
        ) {
            self.up = up
            self.newName = newName
            self.mtu = mtu
            self.address = address
            self.master = master
            self.addressGeneration = addressGeneration
            self.namespace = namespace
            self.transmitQueueLength = transmitQueueLength
            self.newIndex = newIndex
        }
    }

    /// Changes a link. A new name is only possible for a link by `.index`, and on older kernels while it is down.
    public mutating func changeLink(_ link: InterfaceReference, _ change: LinkChange) {
        add("change \(link)", type: MessageType.newLink) { encoder in
            Self.header(&encoder, link, up: change.up)
            if let newName = change.newName { encoder.attribute(Int(IFLA_IFNAME), string: newName) }
            if let mtu = change.mtu { encoder.attribute(Int(IFLA_MTU), number: mtu) }
            if let address = change.address {
                encoder.attribute(Int(IFLA_ADDRESS), address.bytes)
            }
            if let master = change.master {
                encoder.attribute(Int(IFLA_MASTER), number: Self.resolve(master))
            }
            if let length = change.transmitQueueLength {
                encoder.attribute(Int(IFLA_TXQLEN), number: length)
            }
            if let newIndex = change.newIndex {
                encoder.attribute(Int(IFLA_NEW_IFINDEX), number: newIndex)
            }
            if let mode = change.addressGeneration {
                encoder.nested(Int(IFLA_AF_SPEC), flag: true) { encoder in
                    encoder.nested(Int(AF_INET6), flag: true) { encoder in
                        encoder.attribute(Int(IFLA_INET6_ADDR_GEN_MODE), number: mode.rawValue)
                    }
                }
            }
            Self.namespace(&encoder, change.namespace)
        }
    }

    /// Brings a link up or down.
    public mutating func setLink(_ link: InterfaceReference, up: Bool) {
        add("set \(link) \(up ? "up" : "down")", type: MessageType.newLink) { Self.header(&$0, link, up: up) }
    }

    /// Makes a pair of virtual Ethernet interfaces; `peer` may be made in another network namespace directly.
    /// - Parameter up: brings both ends up; in another namespace, the peer is left for that namespace's socket to bring up.
    public mutating func addVeth(
        _ name: String, peer: String, address: MACAddress? = nil, peerAddress: MACAddress? = nil,
        mtu: UInt32? = nil, peerNamespace: NamespaceReference? = nil, up: Bool = false
    ) {
        add("add the veth pair \(name), \(peer)", type: MessageType.newLink, flags: Self.create) { encoder in
            Self.header(&encoder, .index(0), up: up ? true : nil)
            encoder.attribute(Int(IFLA_IFNAME), string: name)
            if let address { encoder.attribute(Int(IFLA_ADDRESS), address.bytes) }
            if let mtu { encoder.attribute(Int(IFLA_MTU), number: mtu) }
            encoder.nested(Int(IFLA_LINKINFO)) { encoder in
                encoder.attribute(Int(IFLA_INFO_KIND), "veth".utf8)
                encoder.nested(Int(IFLA_INFO_DATA)) { encoder in
                    encoder.nested(Int(VETH_INFO_PEER)) { encoder in
                        // Not up yet: the driver refuses, for it has not tied the two together (veth_open()).
                        Self.header(&encoder, .index(0), up: nil)
                        encoder.attribute(Int(IFLA_IFNAME), string: peer)
                        if let peerAddress {
                            encoder.attribute(Int(IFLA_ADDRESS), peerAddress.bytes)
                        }
                        if let mtu { encoder.attribute(Int(IFLA_MTU), number: mtu) }
                        Self.namespace(&encoder, peerNamespace)
                    }
                }
            }
        }
        if up && peerNamespace == nil { setLink(.name(peer), up: true) }
    }

    /// Makes a bridge of the kernel's.
    public mutating func addBridge(_ name: String, up: Bool = true) { addLink(name, kind: "bridge", up: up) }

    /// Makes a dummy interface: what goes in is dropped.
    public mutating func addDummy(_ name: String, up: Bool = true) { addLink(name, kind: "dummy", up: up) }

    /// Makes a link of a kind that needs no settings.
    public mutating func addLink(_ name: String, kind: String, up: Bool = false) {
        add("add the \(kind) interface \(name)", type: MessageType.newLink, flags: Self.create) { encoder in
            Self.header(&encoder, .index(0), up: up ? true : nil)
            encoder.attribute(Int(IFLA_IFNAME), string: name)
            encoder.nested(Int(IFLA_LINKINFO)) { $0.attribute(Int(IFLA_INFO_KIND), kind.utf8) }
        }
    }

    /// Deletes a link. - Parameter ifPresent: one that is not there is fine.
    public mutating func deleteLink(_ link: InterfaceReference, ifPresent: Bool = false) {
        add(
            "delete \(link)", type: MessageType.deleteLink, tolerating: ifPresent ? [.noSuchDevice] : []
        ) { Self.header(&$0, link, up: nil) }
    }

    static let create = Int(NLM_F_CREATE) | Int(NLM_F_EXCL)

    /// struct ifinfomsg, and the name where there is no number.
    private static func header(_ encoder: inout NetlinkEncoder, _ link: InterfaceReference, up: Bool?) {
        encoder.append(UInt8(AF_UNSPEC))
        encoder.append(UInt8(0))
        encoder.append(UInt16(0))
        if case .index(let index) = link { encoder.append(index) } else { encoder.append(Int32(0)) }
        let upFlag: UInt32 = 1  // IFF_UP
        encoder.append(up == true ? upFlag : 0)
        encoder.append(up == nil ? 0 : upFlag)
        if case .name(let name) = link { encoder.attribute(Int(IFLA_IFNAME), string: name) }
    }

    private static func namespace(_ encoder: inout NetlinkEncoder, _ namespace: NamespaceReference?) {
        switch namespace {
        case .descriptor(let descriptor): encoder.attribute(Int(IFLA_NET_NS_FD), number: descriptor)
        case .process(let pid): encoder.attribute(Int(IFLA_NET_NS_PID), number: pid)
        case nil: break
        }
    }

    /// The number of an interface of the calling thread's network namespace; 0 where there is none.
    static func resolve(_ reference: InterfaceReference) -> Int32 {
        switch reference {
        case .index(let index): index
        case .name(let name): Int32(bitPattern: if_nametoindex(name))
        }
    }
}
