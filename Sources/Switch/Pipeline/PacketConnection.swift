/// What the connection tracker found out about the packet that is being performed, in the form of the flow key's `ct_*`
/// fields. It goes with the packet from `DatapathAction.track` through recirculations to the end of the bridge.
struct PacketConnection {
    /// `ct_state`; 0: not tracked.
    var state: UInt32 = 0
    var zone: UInt16 = 0
    var ipProtocol: UInt8 = 0
    var isIPv6 = false
    var mark: UInt32 = 0
    var label = FieldValue.zero
    /// The addresses and ports of the original direction; IPv4 addresses in the lowest 32 bits.
    var source = FieldValue.zero
    var destination = FieldValue.zero
    var sourcePort: UInt16 = 0
    var destinationPort: UInt16 = 0

    /// Fills the connection fields of a key whose other words are done.
    func store(into key: inout FlowKey) {
        guard state != 0 else { return }
        key.set(.ctState, UInt64(state))
        key.set(.ctZone, UInt64(zone))
        key.set(.ctProtocol, UInt64(ipProtocol))
        key.set(.ctMark, UInt64(mark))
        key[.ctLabel] = label
        if isIPv6 {
            key[.ctIPv6Source] = source
            key[.ctIPv6Destination] = destination
        } else {
            key.set(.ctIPv4Source, source.low)
            key.set(.ctIPv4Destination, destination.low)
        }
        key.set(.ctTransportSource, UInt64(sourcePort))
        key.set(.ctTransportDestination, UInt64(destinationPort))
    }

    init() {}

    /// As the fields of a key say, for packets that a controller hands back.
    init(of key: FlowKey) {
        state = UInt32(truncatingIfNeeded: key.value(.ctState))
        zone = UInt16(truncatingIfNeeded: key.value(.ctZone))
        ipProtocol = UInt8(truncatingIfNeeded: key.value(.ctProtocol))
        mark = UInt32(truncatingIfNeeded: key.value(.ctMark))
        label = key[.ctLabel]
        isIPv6 = !(key[.ctIPv6Source] | key[.ctIPv6Destination]).isZero
        source = isIPv6 ? key[.ctIPv6Source] : key[.ctIPv4Source]
        destination = isIPv6 ? key[.ctIPv6Destination] : key[.ctIPv4Destination]
        sourcePort = UInt16(truncatingIfNeeded: key.value(.ctTransportSource))
        destinationPort = UInt16(truncatingIfNeeded: key.value(.ctTransportDestination))
    }
}
