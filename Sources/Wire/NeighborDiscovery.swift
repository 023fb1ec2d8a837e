/// A neighbour solicitation or advertisement (RFC 4861, 4.3 and 4.4), read from its ICMPv6 header on.
public struct NeighborDiscovery: Equatable, Sendable {
    /// `ICMPHeader.V6.neighborSolicitation` or `neighborAdvertisement`.
    public var type: UInt8
    /// The address asked for or answered.
    public var target: IPv6Address
    /// Offset from the ICMPv6 header of the address in the source link-layer option, or -1.
    public var sourceLinkLayerOffset: Int
    /// Offset from the ICMPv6 header of the address in the target link-layer option, or -1.
    public var targetLinkLayerOffset: Int
    /// The address in the source link-layer option, or zero.
    public var sourceLinkLayer: MACAddress
    /// The address in the target link-layer option, or zero.
    public var targetLinkLayer: MACAddress

    /// Bytes without options.
    public static let byteCount = 24
    /// Offset of the target address from the ICMPv6 header.
    public static let targetOffset = 8
    /// Option type: source link-layer address.
    public static let sourceLinkLayerOption: UInt8 = 1
    /// Option type: target link-layer address.
    public static let targetLinkLayerOption: UInt8 = 2

    /// Parses the message at the start of `bytes`; nil when it is another or they are too few for the fixed part.
    /// Options after a malformed one (length 0, or longer than what is left) are not looked at.
    @inlinable
    public init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else { return nil }
        type = start.loadByte()
        guard type == ICMPHeader.V6.neighborSolicitation || type == ICMPHeader.V6.neighborAdvertisement else {
            return nil
        }
        target = IPv6Address(reading: start + Self.targetOffset)
        sourceLinkLayerOffset = -1
        targetLinkLayerOffset = -1
        sourceLinkLayer = .zero
        targetLinkLayer = .zero
        var offset = Self.byteCount
        while offset + 8 <= bytes.count {
            let length = Int(start.loadByte(at: offset + 1)) * 8
            guard length > 0, offset + length <= bytes.count else { return }
            if length == 8 {
                if start.loadByte(at: offset) == Self.sourceLinkLayerOption, sourceLinkLayerOffset < 0 {
                    sourceLinkLayerOffset = offset + 2
                    sourceLinkLayer = MACAddress(reading: start + offset + 2)
                } else if start.loadByte(at: offset) == Self.targetLinkLayerOption, targetLinkLayerOffset < 0 {
                    targetLinkLayerOffset = offset + 2
                    targetLinkLayer = MACAddress(reading: start + offset + 2)
                }
            }
            offset += length
        }
    }
}
