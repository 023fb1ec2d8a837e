import Glibc
import Testbed
import Testing

@testable import Switch

/// A frame's bytes to its key and layout, well formed or not.
@Suite struct FlowExtractionTests {
    /// Frames end where the page before an unreadable one ends: one byte too far is a crash.
    final class GuardedPage {
        private let base: UnsafeMutableRawPointer
        init() {
            base = mmap(nil, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            mprotect(base + 4096, 4096, PROT_NONE)
        }
        deinit { munmap(base, 8192) }

        func extract(_ frame: [UInt8], inPort: UInt32 = 1, into key: inout FlowKey) -> PacketLayout {
            let start = base + 4096 - frame.count
            frame.withUnsafeBytes { if let source = $0.baseAddress { memcpy(start, source, frame.count) } }
            let bytes = UnsafeRawBufferPointer(start: start, count: frame.count)
            return withUnsafeMutablePointer(to: &key) { Switch.extract(frame: bytes, inPort: inPort, into: $0) }
        }
    }

    static let ethernet: [UInt8] = [0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1]
    static let tcp: [UInt8] = [
        0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x12, 0xff, 0xff, 0, 0, 0, 0,
    ]

    static func ipv4(proto: UInt8, fragment: UInt16 = 0, options: Int = 0, _ payload: [UInt8]) -> [UInt8] {
        let total = 20 + options + payload.count
        return [
            UInt8(0x45 + options / 4), 0x2e, UInt8(total >> 8), UInt8(total & 255), 0, 1, UInt8(fragment >> 8),
            UInt8(fragment & 255), 63, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ] + Array(repeating: 1, count: options) + payload
    }

    static func ipv6(next: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let addresses: [UInt8] = [0x20, 1, 0xd, 0xb8] + Array(repeating: 0, count: 11) + [1]
        let other: [UInt8] = [0x20, 1, 0xd, 0xb8] + Array(repeating: 0, count: 11) + [2]
        return [0x62, 0xe1, 0x23, 0x45, UInt8(payload.count >> 8), UInt8(payload.count & 255), next, 64] + addresses
            + other
            + payload
    }

    static let solicitation: [UInt8] =
        [135, 0, 0, 0, 0, 0, 0, 7] + [0xfe, 0x80] + Array(repeating: 0, count: 13) + [9] + [1, 1, 2, 0, 0, 0, 0, 1]

    /// Name, frame, and the key as text.
    static let frames: [(name: String, bytes: [UInt8], text: String)] = [
        (
            "TCP", ethernet + [8, 0] + ipv4(proto: 6, tcp) + [0, 0, 0],
            """
            tcp,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,\
            nw_tos=44,nw_ecn=2,nw_ttl=63,tp_src=40000,tp_dst=80,tcp_flags=syn|ack
            """
        ),
        (
            "IPv4 options", ethernet + [8, 0] + ipv4(proto: 17, options: 8, [0, 53, 0, 54, 0, 8, 0, 0]),
            """
            udp,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,\
            nw_tos=44,nw_ecn=2,nw_ttl=63,tp_src=53,tp_dst=54
            """
        ),
        (
            "first fragment", ethernet + [8, 0] + ipv4(proto: 17, fragment: 0x2000, [0, 53, 0, 54, 0, 8, 0, 0]),
            """
            udp,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,\
            nw_tos=44,nw_ecn=2,nw_ttl=63,nw_frag=first,tp_src=53,tp_dst=54
            """
        ),
        (
            "later fragment", ethernet + [8, 0] + ipv4(proto: 17, fragment: 0x0010, [0, 53, 0, 54, 0, 8, 0, 0]),
            """
            udp,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,\
            nw_tos=44,nw_ecn=2,nw_ttl=63,nw_frag=later
            """
        ),
        (
            "VLAN, ICMP",
            ethernet + [0x81, 0, 0x60, 5, 8, 0] + ipv4(proto: 1, [8, 3, 0, 0, 0, 0, 0, 0]),
            """
            icmp,in_port=1,dl_vlan=5,dl_vlan_pcp=3,vlan_tpid=0x8100,dl_src=02:00:00:00:00:01,\
            dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=44,nw_ecn=2,nw_ttl=63,icmp_type=8,icmp_code=3
            """
        ),
        (
            "two VLANs, neighbour solicitation",
            ethernet + [0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 0x86, 0xdd] + ipv6(next: 58, solicitation),
            """
            icmp6,in_port=1,dl_vlan=7,dl_vlan_pcp=0,vlan_tpid=0x88a8,vlan_tci1=0x1008,vlan2_tpid=0x8100,dl_src=02:00:00:00:00:01,\
            dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,ipv6_label=0x12345,nw_tos=44,nw_ecn=2,\
            nw_ttl=64,icmp_type=135,nd_target=fe80::9,nd_sll=02:00:00:00:00:01,nd_reserved=7,nd_options_type=1
            """
        ),
        (
            "IPv6 hop-by-hop, destination options, first fragment, SCTP",
            ethernet + [0x86, 0xdd]
                + ipv6(
                    next: 0,
                    [60, 0, 0, 0, 0, 0, 0, 0, 44, 1] + Array(repeating: 0, count: 14)
                        + [132, 0, 0, 1, 0, 0, 0, 1] + [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]),
            """
            sctp6,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ipv6_src=2001:db8::1,\
            ipv6_dst=2001:db8::2,ipv6_label=0x12345,ipv6_exthdr=dest|frag|hop,nw_tos=44,nw_ecn=2,nw_ttl=64,nw_frag=first,\
            tp_src=1,tp_dst=2
            """
        ),
        (
            "ARP",
            ethernet + [8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 2, 0, 0, 0, 0, 3, 10, 0, 0, 3],
            """
            arp,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,arp_spa=10.0.0.1,arp_tpa=10.0.0.3,arp_op=2,\
            arp_sha=02:00:00:00:00:01,arp_tha=02:00:00:00:00:03
            """
        ),
        (
            "MPLS, two labels over IPv4",
            ethernet + [0x88, 0x47, 0, 1, 0x0a, 64, 0, 2, 0x01, 63] + ipv4(proto: 6, tcp),
            """
            mpls,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,mpls_label=16,mpls_tc=5,mpls_ttl=64,\
            mpls1_label=32,mpls1_ttl=63,mpls1_bos=1
            """
        ),
        (
            "802.3 with SNAP", ethernet + [0, 12, 0xaa, 0xaa, 3, 0, 0, 0, 0x88, 0xcc, 1, 2],
            "in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x88cc"
        ),
        (
            "802.3 with LLC alone (a bridge's BPDU)", ethernet + [0, 38, 0x42, 0x42, 3, 0, 0],
            "in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_type=0x05ff"
        ),
        ("too short for Ethernet", Array(ethernet.prefix(10)), "in_port=1"),
    ]

    @Test(arguments: frames.indices)
    func fieldsOfAFrame(index: Int) {
        let (name, bytes, text) = Self.frames[index]
        var key = FlowKey()
        _ = GuardedPage().extract(bytes, into: &key)
        #expect(key.description == text, "\(name)")
    }

    @Test func layoutOfFrames() {
        let page = GuardedPage()
        var key = FlowKey()
        var layout = page.extract(Self.frames[0].bytes, into: &key)
        var expected = PacketLayout()
        expected.etherType = 12
        expected.l3 = 14
        expected.l4 = 34
        expected.payload = 54
        expected.network = .ipv4
        expected.ipProtocol = 6
        expected.end = 54
        #expect(layout == expected)
        #expect(key.occupied.nonzeroBitCount == 6)

        layout = page.extract(Self.frames[5].bytes, into: &key)
        #expect(layout.vlanCount == 2 && layout.etherType == 20 && layout.l3 == 22 && layout.l4 == 62)
        layout = page.extract(Self.frames[8].bytes, into: &key)
        #expect(layout.l25 == 14 && layout.mplsCount == 2 && layout.l3 == 22 && layout.network == .ipv4)
        layout = page.extract(Self.frames[3].bytes, into: &key)
        #expect(layout.l3 == 14 && layout.l4 == -1 && layout.payload == -1 && layout.fragment == 3)
    }

    @Test func aKeyIsReusedWithoutRemains() {
        let page = GuardedPage()
        var reused = FlowKey()
        for (_, bytes, _) in Self.frames + Self.frames.reversed() {
            reused[.metadata] = FieldValue(5)
            reused[.tunnelIPv6Source] = FieldValue(high: 1, low: 2)
            var fresh = FlowKey()
            #expect(page.extract(bytes, into: &reused) == page.extract(bytes, into: &fresh))
            #expect(reused == fresh)
            for word in 0..<64 { #expect(reused[word: word] == 0 || reused.occupied >> UInt64(word) & 1 == 1) }
        }
    }

    @Test func headersThatContradictThemselvesLeaveZero() {
        let page = GuardedPage()
        var key = FlowKey()
        // Total length beyond the frame, below the header; header length below 20 and beyond; version 5.
        for (offset, value) in [(3, 200), (3, 19), (0, 0x44), (0, 0x4f), (0, 0x55)] as [(Int, UInt8)] {
            var bytes = Self.frames[0].bytes
            bytes[14 + offset] = value
            let layout = page.extract(bytes, into: &key)
            #expect(layout.l3 == -1 && layout.l4 == -1)
            #expect(key[.ethType] == FieldValue(0x0800) && key[.ipv4Source].isZero && key[.ipProtocol].isZero)
        }
        // A TCP header that says it is longer than the packet has ports but no payload.
        var bytes = Self.frames[0].bytes
        bytes[14 + 20 + 12] = 0xf0
        let layout = page.extract(bytes, into: &key)
        #expect(layout.l4 == 34 && layout.payload == -1 && key[.tcpDestination] == FieldValue(80))
    }

    @Test func anEndlessVLANTowerStopsAtTwo() {
        var bytes = Self.ethernet
        while bytes.count < 4000 { bytes += [0x81, 0, 0, 9] }
        var key = FlowKey()
        let layout = GuardedPage().extract(bytes, into: &key)
        #expect(layout.vlanCount == 2 && layout.l3 == 22)
        #expect(key[.ethType] == FieldValue(0x8100))
    }

    @Test func cutAtEveryByteNothingIsReadBehindTheEnd() {
        let page = GuardedPage()
        var key = FlowKey()
        for (_, bytes, _) in Self.frames {
            for length in 0...bytes.count { check(page.extract(Array(bytes.prefix(length)), into: &key), length) }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func damagedFramesStayInBounds(seed: UInt64) {
        var random = FlowGenerator(seed: seed)
        let page = GuardedPage()
        var key = FlowKey()
        for _ in 0..<20_000 {
            var bytes = Self.frames[random.below(Self.frames.count)].bytes
            for _ in 0...random.below(6) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            if random.chance(30) { bytes.removeLast(random.below(bytes.count)) }
            check(page.extract(bytes, into: &key), bytes.count)
        }
    }

    /// The layout's promise: what has an offset has its fixed header inside the frame.
    private func check(_ layout: PacketLayout, _ length: Int) {
        let network = [PacketLayout.Network.ipv4: 20, .ipv6: 40, .arp: 28][layout.network] ?? 0
        #expect(Int(layout.l3) + network <= length)
        #expect(layout.l25 < 0 || Int(layout.l25) + 4 * Int(layout.mplsCount) <= length)
        let transport = [6: 20, 17: 8, 132: 12, 1: 8, 58: 4][layout.ipProtocol] ?? 0
        #expect(layout.l4 < 0 || Int(layout.l4) + transport <= length)
        #expect(Int(layout.payload) <= length && Int(layout.end) <= length)
        #expect(layout.etherType < 0 || Int(layout.etherType) + 2 <= length)
    }
}
