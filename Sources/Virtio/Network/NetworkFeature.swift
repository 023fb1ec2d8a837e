/// Feature bits of network devices (virtio 1.2, clause 5.1.3; segmentation of UDP from 1.3), as masks.
public enum NetworkFeature {
    public static let checksum: UInt64 = 1 << 0
    public static let guestChecksum: UInt64 = 1 << 1
    public static let controlGuestOffloads: UInt64 = 1 << 2
    public static let mtu: UInt64 = 1 << 3
    public static let mac: UInt64 = 1 << 5
    public static let guestTSO4: UInt64 = 1 << 7
    public static let guestTSO6: UInt64 = 1 << 8
    public static let guestECN: UInt64 = 1 << 9
    public static let guestUFO: UInt64 = 1 << 10
    public static let hostTSO4: UInt64 = 1 << 11
    public static let hostTSO6: UInt64 = 1 << 12
    public static let hostECN: UInt64 = 1 << 13
    public static let hostUFO: UInt64 = 1 << 14
    public static let mergeableBuffers: UInt64 = 1 << 15
    public static let status: UInt64 = 1 << 16
    public static let controlQueue: UInt64 = 1 << 17
    public static let controlReceive: UInt64 = 1 << 18
    public static let controlVLAN: UInt64 = 1 << 19
    public static let controlReceiveExtra: UInt64 = 1 << 20
    public static let announce: UInt64 = 1 << 21
    public static let multiQueue: UInt64 = 1 << 22
    public static let controlMAC: UInt64 = 1 << 23
    public static let guestUSO4: UInt64 = 1 << 54
    public static let guestUSO6: UInt64 = 1 << 55
    public static let hostUSO: UInt64 = 1 << 56

    /// What a port that takes super-packets whole can do: everything but UFO, which kernels have given up.
    public static let allOffloads =
        checksum | guestChecksum | guestTSO4 | guestTSO6 | guestECN | hostTSO4 | hostTSO6 | hostECN | guestUSO4
        | guestUSO6 | hostUSO | controlGuestOffloads

    /// Those that the driver may switch while it runs, and the kernel's flags for them (linux/if_tun.h, TUN_F_CSUM …).
    static let guestOffloads: [(feature: UInt64, flag: UInt32)] = [
        (guestChecksum, 0x01), (guestTSO4, 0x02), (guestTSO6, 0x04), (guestECN, 0x08), (guestUFO, 0x10),
        (guestUSO4, 0x20), (guestUSO6, 0x40),
    ]
}
