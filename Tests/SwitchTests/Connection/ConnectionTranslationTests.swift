import Testing
import Wire

@testable import Switch

@Suite struct ConnectionTranslationTests {
    static func source(_ ports: ClosedRange<UInt16>? = nil, last: UInt32 = 0xc000_0201) -> AddressTranslation {
        AddressTranslation(direction: .source, addresses: .ipv4(first: 0xc000_0201, last: last), ports: ports)
    }

    /// Whatever is translated comes back as it was sent, and its checksums are right on the way.
    @Test(arguments: [UInt64](1...6))
    func isReversible(_ seed: UInt64) {
        var random = RandomSource(seed: seed)
        let harness = ConnectionHarness(seed: seed)
        for _ in 0..<400 {
            let isIPv6 = random.integer(below: 2) == 0
            func host(_ number: Int) -> String { isIPv6 ? "fd00::\(number)" : "10.0.0.\(number)" }
            let client = host(1 + random.integer(below: 20))
            let server = host(100 + random.integer(below: 3))
            let ports = (UInt16(1 + random.integer(below: 65535)), UInt16(1 + random.integer(below: 100)))
            var translation = AddressTranslation(
                direction: random.integer(below: 2) == 0 ? .source : .destination,
                persistent: random.integer(below: 2) == 0, random: random.integer(below: 2) == 0)
            translation.addresses =
                isIPv6
                ? .ipv6(
                    first: FieldValue(high: 0xfd00 << 48, low: 0x1000),
                    last: FieldValue(high: 0xfd00 << 48, low: 0x1003))
                : .ipv4(first: 0xc000_0200, last: 0xc000_0203)
            if random.integer(below: 2) == 0 { translation.ports = 5000...5100 }
            let request = ConnectionRequest(commit: true, translation: translation)
            let isTCP = random.integer(below: 2) == 0
            let sent =
                isTCP
                ? ConnectionFrames.tcp(client, server, ports, TCPHeader.Flag.syn, 1)
                : random.integer(below: 4) == 0
                    ? ConnectionFrames.ping(client, server, identifier: ports.0)
                    : ConnectionFrames.udp(client, server, ports)
            let there = harness.send(sent, request)
            // Ports of former connections may be met again.
            guard there.state.isSuperset(of: [.new, .tracked]) else { continue }
            #expect(ConnectionFrames.isIntact(there.frame))
            let back = Self.answer(to: there.frame, isIPv6: isIPv6)
            #expect(ConnectionFrames.isIntact(back))
            let arrived = harness.send(back, ConnectionRequest(translation: AddressTranslation()))
            #expect(ConnectionFrames.isIntact(arrived.frame))
            #expect(arrived.state.contains(.reply))
            #expect(arrived.frame == Self.answer(to: sent, isIPv6: isIPv6))
            let error = ConnectionFrames.unreachable(
                isIPv6 ? "fd00::fe" : "10.0.0.254", Self.sourceOf(there.frame, isIPv6), about: there.frame)
            let told = harness.send(error, ConnectionRequest(translation: AddressTranslation()))
            #expect(told.state.isSuperset(of: [.related, .reply]))
            #expect(ConnectionFrames.isIntact(told.frame))
            // The packet inside is the one that was sent, checksums and all.
            #expect(Array(told.frame.suffix(sent.count - 14)) == Array(sent[14...]))
        }
        #expect(harness.tracker.count > 200)
    }

    /// The frame with addresses and ports exchanged: an answer of the same length, with the same sums.
    private static func answer(to frame: [UInt8], isIPv6: Bool) -> [UInt8] {
        var result = frame
        let (first, size, l4) = isIPv6 ? (22, 16, 54) : (26, 4, 34)
        for index in 0..<size { result.swapAt(first + index, first + size + index) }
        let ipProtocol = frame[isIPv6 ? 20 : 23]
        if ipProtocol == IPProtocol.tcp || ipProtocol == IPProtocol.udp {
            result.swapAt(l4, l4 + 2)
            result.swapAt(l4 + 1, l4 + 3)
        } else {
            let type = frame[l4]
            result[l4] = isIPv6 ? 129 : 0
            let sum = UInt16(frame[l4 + 2]) << 8 | UInt16(frame[l4 + 3])
            let new = InternetChecksum.update(sum, from: UInt16(type) << 8, to: UInt16(result[l4]) << 8)
            result[l4 + 2] = UInt8(new >> 8)
            result[l4 + 3] = UInt8(new & 0xff)
        }
        if ipProtocol == IPProtocol.tcp {
            // A SYN is answered by SYN+ACK.
            let flags = frame[l4 + 13]
            result[l4 + 13] = flags | 0x10
            for index in 0..<4 { result[l4 + 8 + index] = index == 3 ? 2 : 0 }
            var sum = InternetChecksum(continuing: ~(UInt16(frame[l4 + 16]) << 8 | UInt16(frame[l4 + 17])))
            sum.add(0x10 as UInt16)
            sum.add(2 as UInt16)
            result[l4 + 16] = UInt8(sum.value >> 8)
            result[l4 + 17] = UInt8(sum.value & 0xff)
        }
        return result
    }

    private static func sourceOf(_ frame: [UInt8], _ isIPv6: Bool) -> String {
        frame.withUnsafeBytes { bytes in
            isIPv6
                ? IPv6Address(reading: bytes.baseAddress! + 22).description
                : IPv4Address(rawValue: bytes.baseAddress!.loadBigEndian32(at: 26)).description
        }
    }

    /// No two connections to the same host and port look alike, as long as there are ports.
    @Test func usesEachPortOnce() {
        let harness = ConnectionHarness()
        var seen: Set<[UInt8]> = []
        let request = ConnectionRequest(commit: true, translation: Self.source(5000...5063))
        for host in 1...64 {
            let outcome = harness.send(ConnectionFrames.udp("10.0.0.\(host)", "10.9.9.9", (700, 53)), request)
            #expect(outcome.state == [.new, .tracked, .sourceTranslated])
            seen.insert(Array(outcome.frame[26..<36]))
        }
        #expect(seen.count == 64)
        // One more finds none, and must not go out untranslated.
        let lost = harness.send(ConnectionFrames.udp("10.0.0.200", "10.9.9.9", (700, 53)), request)
        #expect(lost.state == [.invalid, .tracked])
        #expect(harness.tracker.statistics.exhaustedTranslations == 1)
        #expect(harness.tracker.count == 64)
        // To another host there is room.
        #expect(harness.send(ConnectionFrames.udp("10.0.0.200", "10.9.9.8", (700, 53)), request).state.contains(.new))
    }

    /// Two hosts that ping with the same identifier through one address get their own answers.
    @Test func pingsThroughOneAddress() {
        let harness = ConnectionHarness()
        let request = ConnectionRequest(commit: true, translation: Self.source())
        let one = harness.send(ConnectionFrames.ping("10.0.0.1", "10.9.9.9", identifier: 77), request)
        let two = harness.send(ConnectionFrames.ping("10.0.0.2", "10.9.9.9", identifier: 77), request)
        #expect(one.frame[38...39] == [0, 77])
        #expect(two.frame[38...39] != [0, 77])
        #expect(ConnectionFrames.isIntact(two.frame))
        let identifier = UInt16(two.frame[38]) << 8 | UInt16(two.frame[39])
        let back = harness.send(
            ConnectionFrames.ping("10.9.9.9", "192.0.2.1", reply: true, identifier: identifier),
            ConnectionRequest(translation: AddressTranslation()))
        #expect(back.frame == ConnectionFrames.ping("10.9.9.9", "10.0.0.2", reply: true, identifier: 77))
    }

    @Test func persistence() {
        for persistent in [true, false] {
            let harness = ConnectionHarness()
            var translation = Self.source(last: 0xc000_0210)
            translation.persistent = persistent
            var addresses: Set<[UInt8]> = []
            for server in 1...40 {
                let frame = ConnectionFrames.udp("10.0.0.1", "10.9.9.\(server)", (700, 53))
                let outcome = harness.send(frame, ConnectionRequest(commit: true, translation: translation))
                addresses.insert(Array(outcome.frame[26..<30]))
            }
            #expect(persistent ? addresses.count == 1 : addresses.count > 8)
        }
    }
}
