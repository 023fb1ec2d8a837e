import Testing

@testable import Switch

@Suite("Multicast reports and router ports")
struct MulticastReportsTests {
    func classify(_ network: PacketLayout.Network, _ ipProtocol: UInt8, type: UInt8, source: [UInt8] = [0xFE, 0x80])
        -> MulticastMessage
    {
        var frame = [UInt8](repeating: 0xA5, count: 14 + 40 + 8)
        frame[14 + 8] = source[0]
        frame[14 + 9] = source[1]
        frame[54] = type
        var layout = PacketLayout()
        layout.l3 = 14
        layout.l4 = 54
        layout.end = Int32(frame.count)
        layout.network = network
        layout.ipProtocol = ipProtocol
        let result = frame.withUnsafeBytes { MulticastMessage.classify(frame: $0, layout: layout) }
        // A byte less, and nothing can be said.
        layout.end -= 1
        #expect(frame.withUnsafeBytes { MulticastMessage.classify(frame: $0, layout: layout) } == .none)
        return result
    }

    @Test func igmpTypes() {
        #expect([0x12, 0x16, 0x17, 0x22].allSatisfy { classify(.ipv4, 2, type: $0) == .report })
        #expect(classify(.ipv4, 2, type: 0x11) == .query)
        #expect(classify(.ipv4, 2, type: 0x13) == .none)
        #expect(classify(.ipv4, 6, type: 0x16) == .none)
    }

    @Test func mldTypes() {
        #expect([131, 132, 143].allSatisfy { classify(.ipv6, 58, type: $0) == .report })
        #expect(classify(.ipv6, 58, type: 130) == .query)
        #expect(classify(.ipv6, 58, type: 130, source: [0x20, 0x01]) == .none)
        #expect(classify(.ipv6, 58, type: 135) == .none)
        #expect(classify(.ipv4, 58, type: 131) == .none)
    }

    @Test func routerPortsAge() {
        var routers = MulticastRouterPorts(ageing: 100)
        #expect(routers.nextExpiry == nil)
        let first = routers.heard(port: 5, now: 10)
        #expect(first)
        let again = routers.heard(port: 5, now: 20)
        #expect(!again)
        let other = routers.heard(port: 2, now: 30)
        #expect(other)
        #expect(routers.ports(now: 40) == [2, 5])
        #expect(routers.nextExpiry == 120)
        #expect(routers.ports(now: 120) == [2])
        let aged = routers.expire(now: 120)
        #expect(aged)
        let agedAgain = routers.expire(now: 121)
        #expect(!agedAgain)
        let back = routers.heard(port: 5, now: 130)
        #expect(back)
        routers.remove(port: 2)
        #expect(routers.ports(now: 131) == [5])
    }
}
