import Testing
import Wire

@Suite struct CaptureTests {
    static let frames: [[UInt8]] = [HeaderTests.echo, [1, 2, 3], Array(0..<100), []]
    static let times: [UInt64] = [0, 1_700_000_000_123_456_000, 1_700_000_001_999_999_000, 4_294_967_295_000_000_000]

    func written(_ writer: CaptureWriter, interfaces: [String] = [""]) -> [UInt8] {
        var out: [UInt8] = []
        writer.appendHeader(interfaces: interfaces, to: &out)
        for (index, frame) in Self.frames.enumerated() {
            frame.withUnsafeBytes {
                writer.appendPacket(
                    $0, timestamp: Self.times[index], interface: UInt32(index % interfaces.count), to: &out)
            }
        }
        return out
    }

    func read(_ bytes: [UInt8]) throws -> [CaptureReader.Packet] {
        var reader = try CaptureReader(bytes)
        var packets: [CaptureReader.Packet] = []
        while let packet = try reader.next() { packets.append(packet) }
        return packets
    }

    @Test(arguments: [CaptureFormat.pcapMicroseconds, .pcapNanoseconds, .pcapng])
    func bothWays(format: CaptureFormat) throws {
        let names = format == .pcapng ? ["h1:eth0", "s1"] : [""]
        let bytes = written(CaptureWriter(format: format), interfaces: names)
        let packets = try read(bytes)
        #expect(packets.count == Self.frames.count)
        for (index, packet) in packets.enumerated() {
            #expect(Array(bytes[packet.range]) == Self.frames[index])
            #expect(packet.timestamp == Self.times[index])
            #expect(packet.originalByteCount == Self.frames[index].count)
            #expect(packet.interface == index % names.count)
        }
    }

    @Test func classicHeader() {
        let bytes = written(CaptureWriter(format: .pcapNanoseconds, snapshotByteCount: 65535))
        #expect(Array(bytes[..<24]) == hex("4d3cb2a1 0200 0400 00000000 00000000 ffff0000 01000000"))
        let seconds = written(CaptureWriter(format: .pcapMicroseconds))
        // Seconds, microseconds, kept, original of the first packet.
        #expect(Array(seconds[24..<40]) == hex("00000000 00000000 2e000000 2e000000"))
    }

    @Test func nextGenerationHeader() {
        var out: [UInt8] = []
        CaptureWriter(format: .pcapng, snapshotByteCount: 128).appendHeader(interfaces: ["eth0"], to: &out)
        #expect(
            out
                == hex(
                    """
                    0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000   # section
                    01000000 28000000 0100 0000 80000000                             # interface, Ethernet, 128 bytes
                    0200 0400 65746830  0900 0100 09000000  00000000 28000000        # "eth0", nanoseconds, end
                    """))
    }

    @Test func snapshotKeepsTheOriginalLength() throws {
        let bytes = written(CaptureWriter(format: .pcapng, snapshotByteCount: 10))
        let packets = try read(bytes)
        #expect(packets.map(\.range.count) == [10, 3, 10, 0])
        #expect(packets.map(\.originalByteCount) == [46, 3, 100, 0])
    }

    @Test func bigEndianFile() throws {
        let bytes = hex(
            """
            a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000001
            00000001 00000002 00000003 00000040 aabbcc
            """)
        let packets = try read(bytes)
        #expect(packets.map(\.range) == [40..<43] && packets.map(\.timestamp) == [1_000_002_000])
        #expect(packets.map(\.originalByteCount) == [64] && packets.map(\.interface) == [0])
    }

    @Test func everyTruncationIsAnErrorOrFewerPackets() throws {
        for format in [CaptureFormat.pcapNanoseconds, .pcapng] {
            let bytes = written(CaptureWriter(format: format))
            let whole = try read(bytes)
            for count in 0..<bytes.count {
                guard let packets = try? read(Array(bytes[..<count])) else { continue }
                #expect(packets == Array(whole[..<packets.count]) && packets.count < whole.count)
            }
        }
    }

    @Test func failuresNameThePlace() throws {
        #expect(throws: CaptureReader.Failure.notACapture) { try CaptureReader([UInt8](repeating: 7, count: 64)) }
        var reader = try CaptureReader(written(CaptureWriter()).dropLast())
        #expect(throws: CaptureReader.Failure.malformed(offset: 24 + 62 + 19 + 116)) {
            while try reader.next() != nil {}
        }
    }
}
