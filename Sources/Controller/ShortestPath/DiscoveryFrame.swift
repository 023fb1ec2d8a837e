import Wire

/// The frames by which a controller finds links: LLDP with the switch and the port that sent it.
enum DiscoveryFrame {
    /// The nearest bridge's address (IEEE 802.1AB-2016, 7.1): ordinary bridges do not pass it on.
    private static let destination: [UInt8] = [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e]
    private static let locallyAssigned: UInt8 = 7

    static func make(_ place: NetworkGraph.Place, source: UInt64) -> [UInt8] {
        let name = "dpid:" + place.datapathID.hexadecimal(digits: 16)
        let packet = LLDPPacket(
            chassisSubtype: locallyAssigned, chassis: Array(name.utf8), portSubtype: locallyAssigned,
            port: (0..<4).map { UInt8(truncatingIfNeeded: place.port >> (24 - 8 * UInt32($0))) }, timeToLive: 120)
        var frame = [UInt8](repeating: 0, count: max(60, 14 + packet.byteCount))
        frame.replaceSubrange(0..<6, with: destination)
        for index in 0..<6 { frame[6 + index] = UInt8(truncatingIfNeeded: source >> (40 - 8 * UInt64(index))) }
        frame[12] = 0x88
        frame[13] = 0xcc
        frame.withUnsafeMutableBytes { packet.emit(into: UnsafeMutableRawBufferPointer(rebasing: $0[14...])) }
        return frame
    }

    /// Which port sent a frame of ours; nil for other people's LLDP.
    static func sender(_ frame: [UInt8]) -> NetworkGraph.Place? {
        guard frame.count > 14 else { return nil }
        let packet = frame.withUnsafeBytes { LLDPPacket(parsing: UnsafeRawBufferPointer(rebasing: $0[14...])) }
        guard let packet, packet.chassisSubtype == locallyAssigned, packet.portSubtype == locallyAssigned,
            packet.port.count == 4
        else { return nil }
        let name = String(decoding: packet.chassis, as: UTF8.self)
        guard name.hasPrefix("dpid:"), let datapathID = UInt64(name.dropFirst(5), radix: 16) else { return nil }
        return NetworkGraph.Place(
            datapathID: datapathID, port: packet.port.reduce(0) { $0 << 8 | UInt32($1) })
    }
}
