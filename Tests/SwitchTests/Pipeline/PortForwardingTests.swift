import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Protected ports, priority tags and tunnels of 802.1Q, by packets.
@Suite struct PortForwardingTests {
    private let broadcast = H.frame(to: H.broadcast, from: H.mac(1))

    /// The frame with a tag in front of those that it has.
    private func tagged(_ frame: [UInt8], _ type: UInt16, _ vlan: UInt16) -> [UInt8] {
        let tag = [UInt8(type >> 8), UInt8(type & 0xff), UInt8(vlan >> 8), UInt8(vlan & 0xff)]
        return frame[..<12] + tag + frame[12...]
    }

    private func outputs(_ lab: H, _ frame: [UInt8], from device: Int32) -> [Int32: [UInt8]] {
        // The second time from the caches.
        let first = lab.send(frame, from: device)
        let second = lab.send(frame, from: device)
        #expect(first.map(\.frame) == second.map(\.frame) && first.map(\.device) == second.map(\.device))
        return Dictionary(first.map { ($0.device, $0.frame) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(arguments: ["normal", "output:2,output:3"]) func protectedPortsAreKeptApart(actions: String) throws {
        let (lab, bridge, hosts) = H.star(3)
        try lab.flow(bridge, "", actions)
        #expect(outputs(lab, broadcast, from: hosts[0]).keys.sorted() == [hosts[1], hosts[2]])
        for number: UInt32 in [1, 2] {
            let port = try #require(lab.datapath.bridges[Int(bridge)].ports[number])
            lab.datapath.setForwarding(port: port, PortForwarding(isProtected: true))
        }
        #expect(outputs(lab, broadcast, from: hosts[0]).keys.sorted() == [hosts[2]])
    }

    @Test func tunnelsCarryTheirCustomersTags() {
        let lab = H()
        let bridge = lab.bridge("s")
        let customers = (0..<2).map { _ in lab.host(on: bridge, vlan: .tunnel(30, customers: [5], type: 0x88a8)) }
        let provider = lab.host(on: bridge)
        let access = lab.host(on: bridge, vlan: .access(30))
        let inner = tagged(broadcast, 0x8100, 5)
        let outer = tagged(inner, 0x88a8, 30)
        #expect(outputs(lab, inner, from: customers[0]) == [customers[1]: inner, provider: outer, access: inner])
        #expect(outputs(lab, outer, from: provider) == [customers[0]: inner, customers[1]: inner, access: inner])
        // Customers' VLANs that the tunnel is not for.
        #expect(outputs(lab, broadcast, from: customers[0]).isEmpty)
        #expect(outputs(lab, tagged(broadcast, 0x8100, 6), from: customers[0]).isEmpty)
        let other = tagged(tagged(broadcast, 0x8100, 6), 0x88a8, 30)
        #expect(outputs(lab, other, from: provider).keys.sorted() == [access])
        // No more tags than two.
        #expect(outputs(lab, tagged(inner, 0x8100, 5), from: customers[0]).isEmpty)
    }

    @Test func untaggedPacketsOfNativePortsAreInTheirVLAN() {
        let lab = H()
        let bridge = lab.bridge("s")
        let native = lab.host(on: bridge, vlan: .nativeUntagged(10, trunks: nil))
        let trunk = lab.host(on: bridge)
        // VLAN 0, which the native port does not carry.
        #expect(outputs(lab, broadcast, from: trunk).isEmpty)
        #expect(outputs(lab, broadcast, from: native) == [trunk: tagged(broadcast, 0x8100, 10)])
    }

    @Test func priorityTags() throws {
        let lab = H()
        let bridge = lab.bridge("s")
        let trunk = lab.host(on: bridge)
        let plain = lab.host(on: bridge, vlan: .access(10))
        let told = lab.host(on: bridge, vlan: .access(10))
        let port = try #require(lab.datapath.bridges[Int(bridge)].ports[3])
        lab.datapath.setForwarding(port: port, PortForwarding(priorityTags: .ifNonzero))
        let urgent = tagged(broadcast, 0x8100, 5 << 13 | 10)
        #expect(
            outputs(lab, urgent, from: trunk) == [plain: broadcast, told: tagged(broadcast, 0x8100, 5 << 13)])
        #expect(outputs(lab, tagged(broadcast, 0x8100, 10), from: trunk) == [plain: broadcast, told: broadcast])
    }
}
