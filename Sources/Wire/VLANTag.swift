/// A VLAN tag: the type that announces it and the tag control information (IEEE 802.1Q-2022, 9.6; S-tags as 802.1ad).
///
/// In a frame the four bytes stand between source address and EtherType: TPID, then TCI.
public struct VLANTag: Equatable, Sendable {
    /// The tag protocol identifier: `EtherType.vlan` or `EtherType.serviceVLAN`.
    public var protocolIdentifier: UInt16
    /// Priority (3 bits), drop eligible (1 bit), VLAN (12 bits).
    public var control: UInt16

    public static let byteCount = 4

    @inlinable
    public init(protocolIdentifier: UInt16 = EtherType.vlan, control: UInt16) {
        self.protocolIdentifier = protocolIdentifier
        self.control = control
    }

    @inlinable
    public init(
        protocolIdentifier: UInt16 = EtherType.vlan, vlan: UInt16, priority: UInt8 = 0, dropEligible: Bool = false
    ) {
        self.protocolIdentifier = protocolIdentifier
        control = UInt16(priority & 7) << 13 | (dropEligible ? 0x1000 : 0) | vlan & 0xfff
    }

    /// Parses the tag at the start of `bytes` (its TPID first); nil when they are too few or no tag is there.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        protocolIdentifier = start.loadBigEndian16()
        guard EtherType.isVLAN(protocolIdentifier) else { return nil }
        control = start.loadBigEndian16(at: 2)
    }

    /// The VLAN identifier, 0 to 4095; 0 says that the tag carries a priority only.
    @inlinable
    public var vlan: UInt16 { control & 0xfff }

    /// The priority code point, 0 to 7.
    @inlinable
    public var priority: UInt8 { UInt8(truncatingIfNeeded: control >> 13) }

    /// The drop eligible indicator.
    @inlinable
    public var isDropEligible: Bool { control & 0x1000 != 0 }

    /// Writes TPID and TCI at the start of `bytes`.
    /// - Precondition: `bytes` holds at least `byteCount`.
    @inlinable
    public func emit(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.byteCount)
        bytes.baseAddress!.storeBigEndian(protocolIdentifier)
        bytes.baseAddress!.storeBigEndian(control, at: 2)
    }
}
