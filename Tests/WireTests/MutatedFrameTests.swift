import Testbed
import Testing
import Wire

/// Runs every parser over damaged frames that end exactly at the end of their allocation. What is checked is that each
/// parser comes back, that the offsets it gives are inside, and that what it accepts can be written again.
@Suite struct MutatedFrameTests {
    static let seeds: [[UInt8]] = [
        HeaderTests.echo, BPDUTests.configuration, LLDPPacketTests.bytes,
        hex(
            """
            333300000001 020000000001 8100 0064 86dd
            6000000000402b40 fe800000000000000000000000000001 ff020000000000000000000000000001
            2c00010400000000 3a00000100000007 8700000000000000 20010db8000000000000000000000007 0101020000000009
            """),
        hex(
            "020000000002 020000000001 8847 00010040 000201ff 4500001c000000004011 0000 0a000001 0a000002 00350035 0008 0000"
        ),
    ]

    static func parseAll(_ bytes: UnsafeRawBufferPointer) {
        if let header = EthernetHeader(parsing: bytes) { _ = header.hasLength }
        _ = LLCHeader(parsing: bytes)
        _ = LLCHeader.snapEtherType(bytes)
        _ = VLANTag(parsing: bytes)
        if let count = MPLSLabel.stackByteCount(bytes) { #expect(count <= bytes.count && count >= 4) }
        _ = ARPPacket(parsing: bytes)
        if let header = IPv4Header(parsing: bytes) {
            #expect(header.headerByteCount <= bytes.count && header.totalByteCount >= header.headerByteCount)
        }
        _ = IPv6Header(parsing: bytes)
        if let walk = IPv6ExtensionWalk(bytes) { #expect(walk.transportOffset <= bytes.count) }
        if let header = TCPHeader(parsing: bytes) { #expect(header.headerByteCount <= bytes.count) }
        _ = UDPHeader(parsing: bytes)
        _ = SCTPHeader(parsing: bytes)
        _ = ICMPHeader(parsing: bytes)
        if let message = NeighborDiscovery(parsing: bytes) {
            #expect(message.sourceLinkLayerOffset + 6 <= bytes.count)
            #expect(message.targetLinkLayerOffset + 6 <= bytes.count)
        }
        _ = MulticastMembership(igmp: bytes)
        _ = MulticastMembership(mld: bytes)
        if let bpdu = BPDU(frame: bytes) {
            var frame = [UInt8](repeating: 0, count: 60)
            frame.withUnsafeMutableBytes { _ = bpdu.emitFrame(source: .zero, into: $0) }
            #expect(frame.withUnsafeBytes { BPDU(frame: $0) } == bpdu)
        }
        if let packet = LLDPPacket(parsing: bytes) {
            let again = poisoned(packet.byteCount) { packet.emit(into: $0) }
            #expect(again.withUnsafeBytes { LLDPPacket(parsing: $0) } == packet)
        }
        _ = InternetChecksum.checksum(of: bytes)
    }

    @Test func parsersSurviveDamage() {
        var random = SeededGenerator(seed: 20)
        for _ in 0..<20_000 {
            var bytes = Self.seeds.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let end = Int.random(in: 0...bytes.count, using: &random)
            let start = Bool.random(using: &random) ? [0, 14, 18, 34, 54].randomElement(using: &random)! : 0
            let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: max(end - start, 0), alignment: 1)
            if start < end { exact.copyBytes(from: bytes[start..<end]) }
            Self.parseAll(UnsafeRawBufferPointer(exact))
            exact.deallocate()
        }
    }

    @Test func captureReaderSurvivesDamage() throws {
        var random = SeededGenerator(seed: 21)
        for format in [CaptureFormat.pcapMicroseconds, .pcapNanoseconds, .pcapng] {
            var whole: [UInt8] = []
            let writer = CaptureWriter(format: format)
            writer.appendHeader(interfaces: ["a", "b"], to: &whole)
            for frame in Self.seeds {
                frame.withUnsafeBytes { writer.appendPacket($0, timestamp: 1 << 60, interface: 1, to: &whole) }
            }
            for _ in 0..<5000 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                guard var reader = try? CaptureReader(bytes) else { continue }
                while let packet = try? reader.next() {
                    #expect(packet.range.lowerBound >= 0 && packet.range.upperBound <= bytes.count)
                }
            }
        }
    }
}
