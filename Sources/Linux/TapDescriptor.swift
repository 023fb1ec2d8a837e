import CLinux

/// Settings of a TAP device by its open descriptor.
public enum TapDescriptor {
    /// Bytes of the virtio-net header before each frame.
    public static func setHeaderByteCount(
        _ byteCount: Int, of descriptor: borrowing FileDescriptor
    ) throws(SystemError) {
        let number = descriptor.rawValue
        try retrying("set the header of TAP descriptor", "\(number)") {
            rk_tun_set_vnet_header_size(number, Int32(byteCount))
        }
    }

    /// What the reader takes (TUN_F_CSUM, TUN_F_TSO4 …); what the kernel does not know of them is left out.
    public static func setOffloads(_ offloads: UInt32, of descriptor: borrowing FileDescriptor) {
        let number = descriptor.rawValue
        if rk_ioctl_value(number, RK_TUNSETOFFLOAD, UInt(offloads)) == 0 { return }
        // UDP segmentation is of Linux 6.2.
        _ = rk_ioctl_value(number, RK_TUNSETOFFLOAD, UInt(offloads & 0x1f))
    }
}
