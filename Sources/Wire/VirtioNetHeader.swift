/// The header that a TAP device or a packet socket puts in front of each frame (`IFF_VNET_HDR`, `PACKET_VNET_HDR`):
/// what is left to do on the packet before it is a frame that a wire would carry.
///
/// 10 bytes, little-endian fields: flags, GSO type, header length, GSO size, checksum start, checksum offset
/// (Virtual I/O Device 1.2, 5.1.6; `include/uapi/linux/virtio_net.h`).
public struct VirtioNetHeader: Equatable, Sendable {
    /// Bytes that the header takes in front of a frame.
    public static let byteCount = 10

    /// `flags`: the transport checksum is unfinished; fold the bytes from `checksumStart` to the end into
    /// the 16 bits at `checksumStart + checksumOffset`, which hold the pseudo-header's sum.
    public static let needsChecksum: UInt8 = 1
    /// `flags`: the checksum has been verified.
    public static let dataValid: UInt8 = 2

    /// `gsoType`: an ordinary frame.
    public static let gsoNone: UInt8 = 0
    /// `gsoType`: a TCP segment over IPv4, to be cut into segments of `gsoSize` bytes of payload.
    public static let gsoTCPv4: UInt8 = 1
    /// `gsoType`: a UDP datagram to be fragmented (legacy UFO).
    public static let gsoUDP: UInt8 = 3
    /// `gsoType`: a TCP segment over IPv6.
    public static let gsoTCPv6: UInt8 = 4
    /// `gsoType`: several UDP datagrams of `gsoSize` bytes in one (UDP segmentation offload, USO).
    public static let gsoUDPL4: UInt8 = 5
    /// `gsoType`: bit set beside the type when the TCP segment has CWR set.
    public static let gsoECN: UInt8 = 0x80

    public var flags: UInt8
    public var gsoType: UInt8
    /// Bytes of Ethernet, IP and transport headers; a hint that is not trusted.
    public var headerLength: UInt16
    /// Bytes of payload in each segment.
    public var gsoSize: UInt16
    /// Offset from the start of the frame at which summing starts.
    public var checksumStart: UInt16
    /// Offset from `checksumStart` at which the sum is stored.
    public var checksumOffset: UInt16

    /// The header of a finished, ordinary frame: all zero.
    @inlinable
    public init() {
        flags = 0
        gsoType = 0
        headerLength = 0
        gsoSize = 0
        checksumStart = 0
        checksumOffset = 0
    }

    /// Reads the 10 bytes at `bytes`.
    @inlinable
    public init(reading bytes: UnsafeRawPointer) {
        flags = bytes.load(as: UInt8.self)
        gsoType = bytes.load(fromByteOffset: 1, as: UInt8.self)
        headerLength = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        gsoSize = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        checksumStart = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        checksumOffset = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
    }

    /// Writes the 10 bytes at `bytes`.
    @inlinable
    public func write(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: flags, as: UInt8.self)
        bytes.storeBytes(of: gsoType, toByteOffset: 1, as: UInt8.self)
        bytes.storeBytes(of: headerLength.littleEndian, toByteOffset: 2, as: UInt16.self)
        bytes.storeBytes(of: gsoSize.littleEndian, toByteOffset: 4, as: UInt16.self)
        bytes.storeBytes(of: checksumStart.littleEndian, toByteOffset: 6, as: UInt16.self)
        bytes.storeBytes(of: checksumOffset.littleEndian, toByteOffset: 8, as: UInt16.self)
    }

    /// Whether the frame stands for several on a wire.
    @inlinable
    public var isSuperPacket: Bool { gsoType & ~Self.gsoECN != Self.gsoNone }
}
