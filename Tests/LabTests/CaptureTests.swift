import Lab
import Linux
import Switch
import Testing
import Topology

@Suite(.serialized, .enabled(if: LabMeans.areThere, Comment(rawValue: LabMeans.missing ?? "")))
struct CaptureTests {
    @Test(arguments: [("h1", "eth0"), ("s1", "eth1")])
    func aCaptureHoldsThePackets(node: String, interface: String) throws {
        let lab = try TestLab("single,2", name: "capture")
        let pipe = try Pipe()
        let client = try lab.client()
        try client.send(
            .capture(node: node, interface: interface, snapLength: 0, count: 2),
            descriptors: [pipe.writeEnd.rawValue])
        guard case .started? = try client.next() else {
            Issue.record("the capture did not start")
            return
        }
        _ = try lab.ping(PingRequest(pairs: [["h1", "h2"]], count: 3))
        guard case .done? = try client.next() else {
            Issue.record("the capture did not end after two packets")
            return
        }
        let bytes = try pipe.split { (readEnd, writeEnd) throws(SystemError) -> [UInt8] in
            try writeEnd.close()
            return try readEnd.readAll()
        }
        // Section header, interface description with the name, two enhanced packet blocks.
        #expect(Array(bytes.prefix(4)) == [0x0a, 0x0d, 0x0d, 0x0a])
        var types: [UInt32] = []
        var offset = 0
        while offset + 8 <= bytes.count {
            let (type, length) = bytes.withUnsafeBytes {
                (
                    $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self),
                    $0.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                )
            }
            types.append(type)
            offset += Int(length)
        }
        #expect(types == [0x0a0d_0d0a, 1, 6, 6])
        #expect(String(decoding: bytes, as: UTF8.self).contains("\(node):\(interface)"))
    }

    @Test func fidelityTellsOfEachDirection() throws {
        let lab = try TestLab("single,2", name: "fidelity") { $0.links[0].aToB.delay = 5_000_000 }
        _ = try lab.ping(PingRequest(pairs: [["h1", "h2"]], count: 5))
        guard case .fidelity(let reports) = try lab.client().request(.fidelity) else { return }
        #expect(reports.count == 4)
        let delayed = reports.filter { $0.profile.delay == 5_000_000 }
        #expect(delayed.count == 1)
        #expect((delayed.first?.statistics?.packetsDelivered ?? 0) >= 5)
        #expect(delayed.first?.fidelity?.items.isEmpty == false)
    }
}
