import CLinux
import Glibc
import Wire
import Linux

extension RouteBatch {
    /// Adds an address to an interface. A name is resolved now, in the calling thread's network namespace.
    /// - Parameters:
    ///   - noDuplicateDetection: an IPv6 address is usable at once (IFA_F_NODAD).
    ///   - broadcast: for IPv4, the broadcast address; nil for none.
    public mutating func addAddress(
        _ prefix: HostPrefix, on link: InterfaceReference, noDuplicateDetection: Bool = true,
        broadcast: HostAddress? = nil
    ) {
        add(
            "add the address \(prefix) to \(link)", type: MessageType.newAddress, flags: Self.create
        ) { encoder in
            Self.addressHeader(&encoder, prefix, Self.resolve(link))
            let bytes = prefix.address.bytes
            encoder.attribute(Int(IFA_LOCAL), bytes)
            encoder.attribute(Int(IFA_ADDRESS), bytes)
            if let broadcast { encoder.attribute(Int(IFA_BROADCAST), broadcast.bytes) }
            if prefix.address.isIPv6 && noDuplicateDetection {
                encoder.attribute(Int(IFA_FLAGS), number: UInt32(IFA_F_NODAD))
            }
        }
    }

    /// Removes an address. - Parameter ifPresent: one that is not there is fine.
    public mutating func deleteAddress(
        _ prefix: HostPrefix, on link: InterfaceReference, ifPresent: Bool = false
    ) {
        add(
            "delete the address \(prefix) of \(link)", type: MessageType.deleteAddress,
            tolerating: ifPresent ? [Errno(rawValue: EADDRNOTAVAIL)] : []
        ) { encoder in
            Self.addressHeader(&encoder, prefix, Self.resolve(link))
            encoder.attribute(Int(IFA_LOCAL), prefix.address.bytes)
        }
    }

    /// struct ifaddrmsg.
    private static func addressHeader(_ encoder: inout NetlinkEncoder, _ prefix: HostPrefix, _ index: Int32) {
        encoder.append(UInt8(prefix.address.isIPv6 ? AF_INET6 : AF_INET))
        encoder.append(UInt8(prefix.length))
        encoder.append(UInt8(0))
        encoder.append(UInt8(0))
        encoder.append(index)
    }

    /// Adds a route; with `replace`, in the place of one to the same destination.
    /// - Parameters:
    ///   - destination: nil is the default route; its family is then that of `gateway` (or IPv4).
    ///   - gateway: the next hop; nil where the destination is on the link.
    public mutating func addRoute(
        to destination: HostPrefix?, via gateway: HostAddress? = nil, on link: InterfaceReference? = nil,
        metric: UInt32? = nil, table: UInt32? = nil, source: HostAddress? = nil, replace: Bool = false
    ) {
        let flags = Int(NLM_F_CREATE) | Int(replace ? NLM_F_REPLACE : NLM_F_EXCL)
        add(
            "add the route to \(destination.map(\.description) ?? "default")"
                + (gateway.map { " via \($0)" } ?? "") + (link.map { " on \($0)" } ?? ""),
            type: MessageType.newRoute, flags: flags
        ) { encoder in
            Self.route(&encoder, destination, gateway, link, metric, table, source, scope: gateway == nil ? 253 : 0)
        }
    }

    /// Removes a route. - Parameter ifPresent: one that is not there is fine.
    public mutating func deleteRoute(
        to destination: HostPrefix?, via gateway: HostAddress? = nil, on link: InterfaceReference? = nil,
        table: UInt32? = nil, ifPresent: Bool = false
    ) {
        add(
            "delete the route to \(destination.map(\.description) ?? "default")", type: MessageType.deleteRoute,
            tolerating: ifPresent ? [.noSuchProcess] : []
        ) { encoder in
            Self.route(&encoder, destination, gateway, link, nil, table, nil, scope: 255)
        }
    }

    /// struct rtmsg and attributes. Scope: 0 universe, 253 link, 255 (for deletion) any.
    private static func route(
        _ encoder: inout NetlinkEncoder, _ destination: HostPrefix?, _ gateway: HostAddress?,
        _ link: InterfaceReference?, _ metric: UInt32?, _ table: UInt32?, _ source: HostAddress?, scope: UInt8
    ) {
        let isIPv6 = destination?.address.isIPv6 ?? gateway?.isIPv6 ?? false
        let tableNumber = table ?? UInt32(RT_TABLE_MAIN.rawValue)
        encoder.append(UInt8(isIPv6 ? AF_INET6 : AF_INET))
        encoder.append(UInt8(destination?.length ?? 0))
        encoder.append(UInt8(0))
        encoder.append(UInt8(0))
        encoder.append(tableNumber < 256 ? UInt8(tableNumber) : 0)
        encoder.append(UInt8(3))  // RTPROT_BOOT
        encoder.append(isIPv6 && scope != 255 ? UInt8(0) : scope)
        encoder.append(UInt8(RTN_UNICAST))
        encoder.append(UInt32(0))
        if tableNumber >= 256 { encoder.attribute(Int(RTA_TABLE.rawValue), number: tableNumber) }
        if let destination { encoder.attribute(Int(RTA_DST.rawValue), destination.address.bytes) }
        if let gateway { encoder.attribute(Int(RTA_GATEWAY.rawValue), gateway.bytes) }
        if let link { encoder.attribute(Int(RTA_OIF.rawValue), number: resolve(link)) }
        if let source { encoder.attribute(Int(RTA_PREFSRC.rawValue), source.bytes) }
        if let metric { encoder.attribute(Int(RTA_PRIORITY.rawValue), number: metric) }
    }

    /// Adds a permanent neighbour: a static ARP or ND entry, in the place of any other for that address.
    public mutating func addNeighbour(
        _ address: HostAddress, at linkAddress: MACAddress, on link: InterfaceReference
    ) {
        add(
            "add the neighbour \(address) on \(link)", type: MessageType.newNeighbour,
            flags: Int(NLM_F_CREATE) | Int(NLM_F_REPLACE)
        ) { encoder in
            Self.neighbourHeader(&encoder, address, Self.resolve(link))
            encoder.attribute(Int(NDA_DST), address.bytes)
            encoder.attribute(Int(NDA_LLADDR), linkAddress.bytes)
        }
    }

    /// Removes a neighbour. - Parameter ifPresent: one that is not there is fine.
    public mutating func deleteNeighbour(
        _ address: HostAddress, on link: InterfaceReference, ifPresent: Bool = false
    ) {
        add(
            "delete the neighbour \(address) on \(link)", type: MessageType.deleteNeighbour,
            tolerating: ifPresent ? [.noSuchFile] : []
        ) { encoder in
            Self.neighbourHeader(&encoder, address, Self.resolve(link))
            encoder.attribute(Int(NDA_DST), address.bytes)
        }
    }

    /// struct ndmsg.
    private static func neighbourHeader(_ encoder: inout NetlinkEncoder, _ address: HostAddress, _ index: Int32) {
        encoder.append(UInt8(address.isIPv6 ? AF_INET6 : AF_INET))
        encoder.append(UInt8(0))
        encoder.append(UInt16(0))
        encoder.append(index)
        encoder.append(UInt16(NUD_PERMANENT))
        encoder.append(UInt8(0))
        encoder.append(UInt8(0))
    }
}
