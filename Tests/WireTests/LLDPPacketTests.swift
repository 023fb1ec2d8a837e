import Testing
import Wire

@Suite struct LLDPPacketTests {
    static let bytes = hex(
        """
        02 07 04 02 00 00 00 00 01                    # chassis: MAC address
        04 05 05 65 74 68 30                          # port: interface name "eth0"
        06 02 00 78                                   # 120 s
        00 00
        """)

    @Test func bothWays() throws {
        let packet = LLDPPacket(
            chassisSubtype: LLDPPacket.chassisMAC, chassis: MACAddress(2, 0, 0, 0, 0, 1).bytes,
            portSubtype: LLDPPacket.portInterfaceName, port: Array("eth0".utf8), timeToLive: 120)
        #expect(packet.byteCount == Self.bytes.count)
        #expect(poisoned(packet.byteCount) { packet.emit(into: $0) } == Self.bytes)
        #expect(Self.bytes.withUnsafeBytes { LLDPPacket(parsing: $0) } == packet)
    }

    @Test func longestTLVs() {
        let packet = LLDPPacket(
            chassisSubtype: 7, chassis: [UInt8](repeating: 1, count: 255), portSubtype: 7,
            port: [UInt8](repeating: 2, count: 255), timeToLive: 0xffff)
        let bytes = poisoned(packet.byteCount) { packet.emit(into: $0) }
        #expect(bytes.withUnsafeBytes { LLDPPacket(parsing: $0) } == packet)
    }

    @Test func refusesWhatIsCutShortOrOutOfOrder() {
        for count in 0..<(Self.bytes.count - 2) {
            #expect(Self.bytes[..<count].withUnsafeBytes { LLDPPacket(parsing: $0) } == nil)
        }
        let swapped = Array(Self.bytes[9..<16] + Self.bytes[..<9] + Self.bytes[16...])
        #expect(swapped.withUnsafeBytes { LLDPPacket(parsing: $0) } == nil)
    }
}
