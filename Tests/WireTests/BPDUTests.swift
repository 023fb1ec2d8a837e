import Testing
import Wire

@Suite struct BPDUTests {
    /// A configuration BPDU as a Linux bridge sends it (with a longer path added).
    static let configuration = hex(
        """
        01 80 c2 00 00 00  02 00 00 00 00 05  00 26 42 42 03  # to the bridge group, 38 bytes, LLC
        00 00 00 00 00                                # protocol, version 0, configuration, no flags
        80 00 02 00 00 00 00 01  00 00 00 04          # root, cost 4
        80 00 02 00 00 00 00 05  80 02                # bridge, port 2
        01 00 14 00 02 00 0f 00                       # age 1 s, maximum 20 s, hello 2 s, forward delay 15 s
        00 00 00 00 00 00 00 00                       # padding
        """)

    @Test func configurationBothWays() throws {
        let bpdu = try #require(Self.configuration.withUnsafeBytes { BPDU(frame: $0) })
        #expect(bpdu.kind == .configuration && bpdu.flags == 0 && bpdu.rootPathCost == 4)
        #expect(bpdu.rootIdentifier == BPDU.identifier(priority: 0x8000, address: MACAddress(2, 0, 0, 0, 0, 1)))
        #expect(bpdu.portIdentifier == 0x8002 && bpdu.messageAge == 256 && bpdu.maxAge == 20 * 256)
        #expect(bpdu.helloTime == 512 && bpdu.forwardDelay == 15 * 256)
        let frame = poisoned(61) { bpdu.emitFrame(source: MACAddress(2, 0, 0, 0, 0, 5), into: $0) }
        #expect(frame == Self.configuration + [0xa5])
    }

    @Test func rapidBothWays() throws {
        var bpdu = BPDU(
            kind: .rapid, flags: BPDU.Flag.proposal | BPDU.Flag.agreement, rootIdentifier: 1 << 60, rootPathCost: 20000,
            bridgeIdentifier: 2 << 60, portIdentifier: 0x8001, messageAge: 256)
        bpdu.portRole = .designated
        #expect(bpdu.flags == 0x4e)
        let frame = poisoned(60) { bpdu.emitFrame(source: .zero, into: $0) }
        #expect(Array(frame[12..<22]) == hex("00 27 42 42 03 00 00 02 02 4e"))
        #expect(frame.withUnsafeBytes { BPDU(frame: $0) } == bpdu)
        // The version of MSTP is read as rapid.
        var later = frame
        later[19] = 3
        #expect(later.withUnsafeBytes { BPDU(frame: $0) } == bpdu)
        // One that is too old is accepted, unlike a configuration BPDU (9.3.4).
        bpdu.messageAge = bpdu.maxAge
        let old = poisoned(60) { bpdu.emitFrame(source: .zero, into: $0) }
        #expect(old.withUnsafeBytes { BPDU(frame: $0) } == bpdu)
    }

    @Test func notification() throws {
        let frame = poisoned(60) { BPDU.topologyChangeNotification.emitFrame(source: .zero, into: $0) }
        #expect(Array(frame[12..<21]) == hex("00 07 42 42 03 00 00 00 80"))
        #expect(frame.withUnsafeBytes { BPDU(frame: $0) }?.kind == .topologyChangeNotification)
    }

    @Test func refusals() {
        func refused(_ change: (inout [UInt8]) -> Void) -> Bool {
            var frame = Self.configuration
            change(&frame)
            return frame.withUnsafeBytes { BPDU(frame: $0) } == nil
        }
        #expect(refused { $0[12] = 0x08 })
        #expect(refused { $0[13] = 0x25 })
        #expect(refused { $0[14] = 0xaa })
        #expect(refused { $0[18] = 1 })
        #expect(refused { $0[20] = 0x7f })
        // Too old: the age is not below the maximum.
        #expect(refused { $0[44] = 0x14 })
        #expect(refused { $0.removeLast(10) })
        #expect(!refused { $0.removeLast(8) })
    }
}
