import Testing
import Wire

@testable import Switch

/// What the recordings of Open vSwitch do not say.
@Suite struct ConnectionStateTests {
    let commit = ConnectionRequest(commit: true)
    typealias Flag = TCPHeader.Flag

    @Test func nothingRemainsOfWhatIsNotCommitted() {
        let harness = ConnectionHarness()
        for port in 1...2000 {
            let frame = ConnectionFrames.tcp("10.0.0.1", "10.0.0.2", (UInt16(port), 80), Flag.syn, 1)
            #expect(harness.send(frame, ConnectionRequest()).state == [.new, .tracked])
        }
        #expect(harness.tracker.count == 0)
        #expect(harness.tracker.nextExpiry == nil)
    }

    @Test func floodStaysWithinTheLimit() {
        let harness = ConnectionHarness()
        harness.tracker.limit = 500
        for port in 1...2000 {
            let frame = ConnectionFrames.tcp("10.0.0.1", "10.0.0.2", (UInt16(port), 80), Flag.syn, 1)
            let outcome = harness.send(frame, commit)
            #expect(outcome.state == [.new, .tracked])
        }
        #expect(harness.tracker.count == 500)
        #expect(harness.tracker.statistics.refusedConnections == 1500)
        // What was let in still works, and 30 seconds later there is room again.
        let answer = ConnectionFrames.tcp("10.0.0.2", "10.0.0.1", (80, 500), Flag.syn | Flag.ack, 9, 2)
        #expect(harness.send(answer, ConnectionRequest()).state == [.established, .reply, .tracked])
        harness.now += 31_000_000_000
        while harness.tracker.expire(now: harness.now, limit: 100) {}
        #expect(harness.tracker.count == 0)
    }

    @Test func limitsOfZones() {
        let harness = ConnectionHarness()
        harness.tracker.setLimit(zone: 3, 2)
        harness.tracker.setDefaultLimit(1)
        for port in 1...4 {
            for zone: UInt16 in [0, 3, 4] {
                let frame = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (UInt16(port), 53))
                _ = harness.send(frame, ConnectionRequest(zone: zone, commit: true))
            }
        }
        #expect(
            harness.tracker.limitsText(zones: [0, 3, 4]) == """
                default limit=1
                zone=0,limit=1,count=1
                zone=3,limit=2,count=2
                zone=4,limit=1,count=1

                """)
        #expect(harness.tracker.limitsText() == "default limit=1\nzone=3,limit=2,count=2\n")
        harness.tracker.setLimit(zone: 3, 0)
        _ = harness.send(
            ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (9, 53)), ConnectionRequest(zone: 3, commit: true))
        #expect(harness.tracker.limits(zones: [3]) == [ConnectionZoneLimit(zone: 3, limit: 0, count: 3)])
    }

    @Test func timeoutsOfAZone() {
        let harness = ConnectionHarness()
        harness.tracker.setTimeouts(
            zone: 5, ConnectionTimeouts(policy: ["udp_first": 5, "udp_multiple": 7, "tcp_last_ack": 1]))
        let request = ConnectionRequest(zone: 5, commit: true)
        let query = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (9, 53))
        _ = harness.send(query, request)
        #expect(harness.tracker.snapshots(now: harness.now).map(\.timeout) == [5])
        _ = harness.send(ConnectionFrames.udp("10.0.0.2", "10.0.0.1", (53, 9)), request)
        #expect(harness.tracker.snapshots(now: harness.now).map(\.timeout) == [7])
        harness.now += 7_000_000_000
        #expect(harness.tracker.snapshots(now: harness.now).isEmpty)
        #expect(harness.send(query, ConnectionRequest(zone: 5)).state == [.new, .tracked])
        harness.tracker.setTimeouts(zone: 5, nil)
        _ = harness.send(query, request)
        #expect(harness.tracker.snapshots(now: harness.now).map(\.timeout) == [60])
    }

    /// A connection that packets keep alive is moved to the end of its list by the sweep, and no sooner forgotten.
    @Test func sweepKeepsWhatIsAlive() {
        let harness = ConnectionHarness()
        for port: UInt16 in 1...100 {
            _ = harness.send(ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (port, 53)), commit)
            _ = harness.send(ConnectionFrames.udp("10.0.0.2", "10.0.0.1", (53, port)), commit)
        }
        for _ in 0..<10 {
            harness.now += 20_000_000_000
            for port: UInt16 in 1...50 {
                _ = harness.send(ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (port, 53)), commit)
            }
            while harness.tracker.expire(now: harness.now, limit: 7) {}
        }
        #expect(harness.tracker.count == 50)
        #expect(harness.tracker.snapshots(now: harness.now).allSatisfy { $0.original.sourcePort <= 50 })
    }

    @Test func labelsAndMasks() {
        let harness = ConnectionHarness()
        let frame = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (9, 53))
        var request = ConnectionRequest(
            commit: true, mark: 0xff, markMask: 0x0f, label: FieldValue(high: 1 << 63, low: 1),
            labelMask: FieldValue(high: .max, low: 1))
        #expect(harness.send(frame, request).metadata.mark == 0x0f)
        request.mark = 0
        request.markMask = 1
        request.labelMask = .zero
        let outcome = harness.send(frame, request)
        #expect(outcome.metadata.mark == 0x0e)
        #expect(outcome.metadata.label == FieldValue(high: 1 << 63, low: 1))
        #expect(harness.dump()[0].contains(",mark=14,labels=0x80000000000000000000000000000001"))
    }

    @Test func flushes() {
        let harness = ConnectionHarness()
        for zone: UInt16 in [0, 1] {
            for port: UInt16 in [10, 11, 12] {
                _ = harness.send(
                    ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (port, 53)),
                    ConnectionRequest(zone: zone, commit: true))
            }
        }
        _ = harness.send(ConnectionFrames.ping("10.0.0.1", "10.0.0.2", identifier: 5), commit)
        var filter = ConnectionFilter()
        filter.ipProtocol = 17
        filter.zone = 1
        filter.original.sourcePort = 11
        #expect(harness.tracker.flush(filter) == 1)
        filter = ConnectionFilter()
        filter.reply.destination = FieldValue(IPv4Address("10.0.0.1")!.rawValue)
        filter.reply.destinationPort = 12
        filter.ipProtocol = 17
        #expect(harness.tracker.flush(filter) == 2)
        filter = ConnectionFilter()
        filter.ipProtocol = 1
        filter.original.icmpIdentifier = 6
        #expect(harness.tracker.flush(filter) == 0)
        filter.original.icmpIdentifier = 5
        #expect(harness.tracker.flush(filter) == 1)
        filter = ConnectionFilter()
        filter.zone = 1
        #expect(harness.tracker.flush(filter) == 1)
        #expect(harness.tracker.flush() == 2)
        #expect(harness.tracker.count == 0)
    }

    @Test func statistics() {
        let harness = ConnectionHarness()
        _ = harness.send(ConnectionFrames.tcp("10.0.0.1", "10.0.0.2", (1, 80), Flag.syn, 1), commit)
        _ = harness.send(ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1, 80)), commit)
        _ = harness.send(ConnectionFrames.ping("fd00::1", "fd00::2", identifier: 1), commit)
        #expect(
            harness.tracker.statisticsText(verbose: true, now: harness.now) == """
                Connections Stats:
                    Total: 3
                  TCP: 1
                    Conn per TCP states:
                \t  [SYN_SENT]=1
                  UDP: 1

                """)
    }

    /// Sequence numbers go round; windows do too.
    @Test func sequenceNumbersWrap() {
        let harness = ConnectionHarness()
        let start = UInt32.max - 10
        let (a, b) = ("10.0.0.1", "10.0.0.2")
        _ = harness.send(ConnectionFrames.tcp(a, b, (1, 80), Flag.syn, start), commit)
        _ = harness.send(ConnectionFrames.tcp(b, a, (80, 1), Flag.syn | Flag.ack, start, start &+ 1), commit)
        var sequence = start &+ 1
        for _ in 0..<20 {
            let data = ConnectionFrames.tcp(a, b, (1, 80), Flag.ack | Flag.psh, sequence, start &+ 1, "0123456789")
            #expect(harness.send(data, commit).state == [.established, .tracked])
            sequence &+= 10
            let answer = ConnectionFrames.tcp(b, a, (80, 1), Flag.ack, start &+ 1, sequence)
            #expect(harness.send(answer, commit).state == [.established, .reply, .tracked])
        }
        let stray = ConnectionFrames.tcp(a, b, (1, 80), Flag.ack | Flag.psh, sequence &+ 900_000, start &+ 1, "x")
        #expect(harness.send(stray, commit).state == [.invalid, .tracked])
        harness.tracker.checksSequences = false
        #expect(harness.send(stray, commit).state == [.established, .tracked])
    }

    /// A super-packet with an unfinished checksum is judged and rewritten without summing its payload.
    @Test func superPackets() {
        let harness = ConnectionHarness()
        let request = ConnectionRequest(
            commit: true,
            translation: AddressTranslation(
                direction: .source, addresses: .ipv4(first: 0xc000_0201, last: 0xc000_0201), ports: 7000...7000))
        let syn = ConnectionFrames.tcp("10.0.0.1", "10.0.0.2", (1, 80), Flag.syn, 1)
        #expect(ConnectionFrames.isIntact(harness.send(syn, request).frame))
        let payload = String(repeating: "x", count: 9000)
        var whole = ConnectionFrames.tcp("10.0.0.1", "10.0.0.2", (1, 80), Flag.ack, 2, 1, payload)
        // The pseudo-header's sum alone stands in the checksum.
        var sum = InternetChecksum()
        sum.addPseudoHeader(
            source: IPv4Address("10.0.0.1")!, destination: IPv4Address("10.0.0.2")!, protocol: 6,
            byteCount: 20 + payload.utf8.count)
        whole[50] = UInt8(sum.folded >> 8)
        whole[51] = UInt8(sum.folded & 0xff)
        var offload = VirtioNetHeader()
        offload.flags = VirtioNetHeader.needsChecksum
        offload.gsoType = VirtioNetHeader.gsoTCPv4
        offload.gsoSize = 1460
        offload.checksumStart = 34
        offload.checksumOffset = 16
        let outcome = harness.send(whole, request, offload: offload)
        #expect(outcome.state == [.established, .tracked, .sourceTranslated])
        var expected = InternetChecksum()
        expected.addPseudoHeader(
            source: IPv4Address("192.0.2.1")!, destination: IPv4Address("10.0.0.2")!, protocol: 6,
            byteCount: 20 + payload.utf8.count)
        #expect(Array(outcome.frame[50...51]) == ConnectionFrames.numbers(expected.folded))
        #expect(Array(outcome.frame[34...35]) == ConnectionFrames.numbers(7000))
    }

    /// In another zone a packet starts anew; in the same one it is known, translated or not.
    @Test func passesThroughTwice() {
        let harness = ConnectionHarness()
        let nat = ConnectionRequest(
            zone: 1, commit: true,
            translation: AddressTranslation(direction: .source, addresses: .ipv4(first: 0xc000_0201, last: 0xc000_0201))
        )
        let first = harness.send(ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (9, 53)), nat)
        let again = harness.send(first.frame, nat, previous: first.metadata)
        #expect(again.frame == first.frame)
        #expect(again.state == [.new, .tracked, .sourceTranslated])
        #expect(harness.tracker.count == 1)
        let other = harness.send(first.frame, ConnectionRequest(zone: 2, commit: true), previous: first.metadata)
        #expect(other.state == [.new, .tracked])
        #expect(other.metadata.original.source == FieldValue(0xc000_0201 as UInt32))
        #expect(harness.tracker.count == 2)
    }
}
