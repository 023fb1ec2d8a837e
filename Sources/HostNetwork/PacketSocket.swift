import CLinux
import Linux

/// A raw socket on an interface that exists already (packet(7)): sees every frame that comes in, not those that go out,
/// each with its virtio-net header (PACKET_VNET_HDR). The kernel takes the outer VLAN tag off first and hands it over
/// beside the frame (PACKET_AUXDATA). Non-blocking; promiscuous while it is open.
public enum PacketSocket {
    /// Opens it in the calling thread's network namespace.
    public static func open(_ interface: String) throws(HostNetworkError) -> FileDescriptor {
        try named { () throws(InterfaceNameError) in try InterfaceName.validate(interface) }
        let index = RouteBatch.resolve(.name(interface))
        guard index != 0 else {
            throw .system(
                SystemError("attach the interface", interface, code: .noSuchDevice, remedy: "see 'ip link'"))
        }
        var step: Int32 = 0
        let fd = rk_packet_open(index, &step)
        guard fd >= 0 else {
            let attempts = [
                "open a packet socket for", "ask for virtio-net headers on", "leave out outgoing frames of", "bind to",
                "make promiscuous", "ask for the VLAN tags of",
            ]
            let code = Errno.last
            throw .system(
                SystemError(
                    attempts[Int(step)], interface, code: code, remedy: code == .notPermitted ? "run as root" : nil))
        }
        return FileDescriptor(owning: fd)
    }
}
