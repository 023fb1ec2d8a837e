import Testing
import Wire

@testable import Switch

/// Fragments through the tracker: the later ones go the way of the first.
@Suite struct ConnectionFragmentTests {
    /// Cuts an IPv4 frame behind so many bytes of IP payload, a multiple of 8 each.
    static func fragments(of frame: [UInt8], at cuts: [Int]) -> [[UInt8]] {
        let payload = Array(frame[34...])
        var pieces: [[UInt8]] = []
        let edges = [0] + cuts + [payload.count]
        for (start, end) in zip(edges, edges.dropFirst()) {
            var piece = Array(frame[..<34])
            let total = UInt16(20 + end - start)
            let offset = UInt16(start / 8) | (end < payload.count ? 0x2000 : 0)
            piece[16] = UInt8(total >> 8)
            piece[17] = UInt8(total & 0xff)
            piece[18] = 0x12
            piece[19] = 0x34
            piece[20] = UInt8(offset >> 8)
            piece[21] = UInt8(offset & 0xff)
            finishHeader(&piece)
            pieces.append(piece + payload[start..<end])
        }
        return pieces
    }

    /// Puts the right checksum into an IPv4 header without options.
    private static func finishHeader(_ frame: inout [UInt8]) {
        frame[24] = 0
        frame[25] = 0
        let sum = frame[14..<34].withUnsafeBytes { InternetChecksum.checksum(of: $0) }
        frame[24] = UInt8(sum >> 8)
        frame[25] = UInt8(sum & 0xff)
    }

    /// Puts the fragments of a packet together, in their order.
    static func whole(_ fragments: [[UInt8]]) -> [UInt8] {
        var frame = Array(fragments[0][..<34]) + fragments.flatMap { $0[34...] }
        let total = UInt16(frame.count - 14)
        frame[16] = UInt8(total >> 8)
        frame[17] = UInt8(total & 0xff)
        frame[20] = 0
        frame[21] = 0
        finishHeader(&frame)
        return frame
    }

    static let payload = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test func translatedAndBack() {
        let lab = ConnectionHarness()
        let nat = AddressTranslation(
            direction: .source, addresses: .ipv4(first: 0xc000_0201, last: 0xc000_0201), ports: 5000...5000)
        let commit = ConnectionRequest(commit: true, translation: nat)
        let sent = ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1000, 53), Self.payload)
        let out = Self.fragments(of: sent, at: [1400, 2800]).map { lab.send($0, commit) }
        #expect(out.map(\.state) == Array(repeating: [.tracked, .new, .sourceTranslated], count: 3))
        // All of the packet together is what a whole packet would have become, right checksum and all.
        let whole = Self.whole(out.map(\.frame))
        #expect(ConnectionFrames.isIntact(whole))
        #expect(Array(whole[26..<30]) == [192, 0, 2, 1] && Array(whole[34..<36]) == [0x13, 0x88])
        #expect(Array(whole[42...]) == Self.payload)
        let answer = ConnectionFrames.udp("10.0.0.2", "192.0.2.1", (53, 5000), Self.payload)
        let back = Self.fragments(of: answer, at: [1480]).map {
            lab.send($0, ConnectionRequest(translation: AddressTranslation()))
        }
        #expect(back.allSatisfy { $0.state.isSuperset(of: [.tracked, .established, .reply]) })
        let returned = Self.whole(back.map(\.frame))
        #expect(ConnectionFrames.isIntact(returned))
        #expect(Array(returned[30..<34]) == [10, 0, 0, 1] && Array(returned[36..<38]) == [0x03, 0xe8])
    }

    @Test func withoutTheFirstTheyAreInvalid() {
        let lab = ConnectionHarness()
        let pieces = Self.fragments(
            of: ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1000, 53), Self.payload), at: [1400])
        let request = ConnectionRequest(zone: 3, commit: true)
        #expect(lab.send(pieces[1], request).state == [.tracked, .invalid])
        #expect(lab.send(pieces[0], request).state == [.tracked, .new])
        #expect(lab.send(pieces[1], request).state == [.tracked, .new])
        // Of another zone it is another packet.
        #expect(lab.send(pieces[1], ConnectionRequest(zone: 4)).state == [.tracked, .invalid])
        lab.now += 31_000_000_000
        #expect(lab.send(pieces[1], request).state == [.tracked, .invalid])
    }

    @Test func piecesAreBounded() {
        let lab = ConnectionHarness()
        for number in 0..<3000 {
            var piece = Self.fragments(
                of: ConnectionFrames.udp("10.0.0.1", "10.0.0.2", (1000, 53), Self.payload), at: [1400])[0]
            piece[18] = UInt8(number >> 8)
            piece[19] = UInt8(number & 0xff)
            Self.finishHeader(&piece)
            #expect(lab.send(piece, ConnectionRequest()).state.contains(.new))
        }
        #expect(lab.tracker.fragmentCount == FragmentTable.limit)
    }

    @Test func ofIPv6() {
        let lab = ConnectionHarness()
        let sent = ConnectionFrames.udp("2001:db8::1", "2001:db8::2", (1000, 53), Self.payload)
        let payload = Array(sent[54...])
        let pieces = [(0, 1400), (1400, payload.count)].map { start, end -> [UInt8] in
            var head = Array(sent[..<54])
            let length = UInt16(8 + end - start)
            head[18] = UInt8(length >> 8)
            head[19] = UInt8(length & 0xff)
            head[20] = 44
            let offset = UInt16(start) | (end < payload.count ? 1 : 0)
            return head + [17, 0, UInt8(offset >> 8), UInt8(offset & 0xff), 1, 2, 3, 4] + payload[start..<end]
        }
        let request = ConnectionRequest(commit: true)
        #expect(lab.send(pieces[1], request).state == [.tracked, .invalid])
        #expect(pieces.map { lab.send($0, request).state } == [[.tracked, .new], [.tracked, .new]])
    }
}

extension ConnectionTracker {
    fileprivate var fragmentCount: Int { fragments.count }
}
