import CLinux
import Glibc
import Linux
import Wire

// What: TAP devices as a switch's ports (Documentation/networking/tuntap.rst). Each frame carries the 10-byte virtio-net
// header, so that TCP and UDP super-packets cross whole and checksums stay unfinished until something needs them.
// A device belongs to the network namespace that the calling thread is in when the device file is opened, and it goes
// away with its descriptor. The descriptor works in any thread of any namespace.

/// What the reader of a TAP device takes off the kernel's hands.
public struct TAPOffloads: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Unfinished checksums; the others need it.
    public static let checksum = TAPOffloads(rawValue: UInt32(TUN_F_CSUM))
    public static let tcp4 = TAPOffloads(rawValue: UInt32(TUN_F_TSO4))
    public static let tcp6 = TAPOffloads(rawValue: UInt32(TUN_F_TSO6))
    public static let tcpECN = TAPOffloads(rawValue: UInt32(TUN_F_TSO_ECN))
    /// UDP segmentation; the kernel takes both or neither (Linux 6.2).
    public static let udp4 = TAPOffloads(rawValue: UInt32(TUN_F_USO4))
    public static let udp6 = TAPOffloads(rawValue: UInt32(TUN_F_USO6))
    public static let udp: TAPOffloads = [.udp4, .udp6]
    public static let all: TAPOffloads = [.checksum, .tcp4, .tcp6, .tcpECN, .udp]
}

/// A TAP device of ours.
public final class TAP: Sendable {
    /// Frames with their virtio-net header; non-blocking.
    public let descriptor: FileDescriptor
    /// The interface's name in its network namespace.
    public let name: String
    /// The interface's number in its network namespace.
    public let index: Int32
    /// What the kernel agreed to.
    public let offloads: TAPOffloads

    init(descriptor: consuming FileDescriptor, name: String, index: Int32, offloads: TAPOffloads) {
        self.descriptor = descriptor
        self.name = name
        self.index = index
        self.offloads = offloads
    }

    /// Makes a TAP device in the calling thread's network namespace, or attaches to a persistent one.
    /// - Parameters:
    ///   - name: up to 15 bytes; with a "%d" in it the kernel chooses the number.
    ///   - offloads: what to ask for; what the kernel refuses is left out step by step.
    ///   - persistent: the device stays when its descriptor closes.
    ///   - napi: frames enter the kernel through NAPI, with GRO (IFF_NAPI).
    public static func open(
        _ name: String, offloads: TAPOffloads = .all, persistent: Bool = false, napi: Bool = false
    ) throws(HostNetworkError) -> TAP {
        try named { () throws(InterfaceNameError) in try InterfaceName.validate(name) }
        let descriptor = try system { () throws(SystemError) in try openDevice() }
        let number = descriptor.rawValue
        var given: [16 of CChar] = .init(repeating: 0)
        for (position, byte) in name.utf8.enumerated() { given[position] = CChar(bitPattern: byte) }
        let flags = Int32(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR) | (napi ? Int32(IFF_NAPI) : 0)
        let made = withUnsafeMutablePointer(to: &given) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 16) { rk_tun_set_interface(number, $0, flags) }
        }
        if made < 0 {
            throw .system(SystemError("make the TAP device", name, remedy: remedy()))
        }
        if rk_tun_set_vnet_header_size(number, Int32(VirtioNetHeader.byteCount)) < 0 {
            throw .system(SystemError("set the header size of the TAP device", name))
        }
        let agreed = try negotiate(offloads, number, name)
        if persistent, rk_ioctl_value(number, RK_TUNSETPERSIST, 1) < 0 {
            throw .system(SystemError("make the TAP device persistent", name))
        }
        let finalName = withUnsafePointer(to: &given) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 16) { String(cString: $0) }
        }
        return TAP(descriptor: descriptor, name: finalName, index: try interfaceIndex(finalName), offloads: agreed)
    }

    /// Whether the device goes away with its descriptor (false) or stays (true).
    public func setPersistent(_ on: Bool) throws(SystemError) {
        if rk_ioctl_value(descriptor.rawValue, RK_TUNSETPERSIST, on ? 1 : 0) < 0 {
            throw SystemError("change the persistence of the TAP device", name)
        }
    }

    /// Tells the host's kernel whether the cable is in (TUNSETCARRIER).
    public func setCarrier(_ on: Bool) throws(SystemError) {
        var value: Int32 = on ? 1 : 0
        if rk_ioctl(descriptor.rawValue, RK_TUNSETCARRIER, &value) < 0 {
            throw SystemError("change the carrier of the TAP device", name)
        }
    }

    private static func openDevice() throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return try File.open("/dev/net/tun", O_RDWR | O_NONBLOCK)
        } catch {
            let remedy: String? =
                switch error.code {
                case .noSuchFile, .noSuchDevice:
                    "load the module: modprobe tun; or make the node: mknod /dev/net/tun c 10 200"
                case .accessDenied, .notPermitted: "allow it: chmod 666 /dev/net/tun, or run as root"
                default: nil
                }
            throw SystemError("open", "/dev/net/tun", code: error.code, remedy: remedy)
        }
    }

    private static func interfaceIndex(_ name: String) throws(HostNetworkError) -> Int32 {
        let index = RouteBatch.resolve(.name(name))
        if index == 0 { throw .system(SystemError("find the number of the interface", name)) }
        return index
    }

    private static func negotiate(
        _ wanted: TAPOffloads, _ number: Int32, _ name: String
    ) throws(HostNetworkError) -> TAPOffloads {
        let steps: [TAPOffloads] = [
            wanted, wanted.subtracting(.udp), wanted.subtracting([.udp4, .udp6, .tcpECN]),
            wanted.intersection(.checksum), [],
        ]
        for offloads in steps where rk_ioctl_value(number, RK_TUNSETOFFLOAD, UInt(offloads.rawValue)) == 0 {
            return offloads
        }
        throw .system(SystemError("set the offloads of the TAP device", name))
    }

    private static func remedy() -> String? {
        switch errno {
        case EPERM: "run as root, or in a user namespace"
        case EBUSY: "another program has it open; choose another name"
        default: nil
        }
    }
}
