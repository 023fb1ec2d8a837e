import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Flows that never end, and stacks that grow: an answer in bounded time, and no packet leaks.
@Suite struct LimitTests {
    private let lab: H
    private let bridge: Int32
    private let hosts: [Int32]

    init() { (lab, bridge, hosts) = H.star(2) }

    private func expectDrop() {
        let before = lab.datapath.dropCount(.tooDeep)
        for _ in 0..<3 { #expect(lab.send(H.udp(to: 2, from: 1), from: hosts[0]).isEmpty) }
        #expect(lab.datapath.dropCount(.tooDeep) == before + 3)
        #expect(lab.datapath.pool.inUse == 0)
        #expect(lab.datapath.pipeline.frozen.count == 0)
    }

    @Test func resubmitsWithinEachOther() throws {
        try lab.flow(bridge, "", "output:2,resubmit(,0)")
        expectDrop()
    }

    @Test func resubmitsBesideEachOther() throws {
        try lab.flow(bridge, "", "resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1)")
        for table in 1..<8 as Range<UInt8> {
            try lab.flow(
                bridge, "", (0..<4).map { _ in "resubmit(,\(table + 1))" }.joined(separator: ","), table: table)
        }
        try lab.flow(bridge, "", "output:2", table: 8)
        expectDrop()
    }

    @Test func tableOfTheTable() throws {
        try lab.flow(bridge, "", "TABLE")
        expectDrop()
    }

    @Test func aStackThatGrows() throws {
        let pushes = (0..<100).map { _ in "push:NXM_NX_XXREG0[]" }.joined(separator: ",")
        try lab.flow(bridge, "", (0..<50).map { _ in "resubmit(,1)" }.joined(separator: ","))
        try lab.flow(bridge, "", pushes, table: 1)
        expectDrop()
    }

    @Test func recirculationWithoutEnd() throws {
        try lab.flow(bridge, "", "ct(table=0)")
        for _ in 0..<2 { #expect(lab.send(H.udp(to: 2, from: 1), from: hosts[0]).isEmpty) }
        #expect(lab.datapath.pool.inUse == 0)
    }

    /// Sixty-four within each other are allowed.
    @Test func asDeepAsAllowed() throws {
        for table in 0..<60 as Range<UInt8> { try lab.flow(bridge, "", "resubmit(,\(table + 1))", table: table) }
        try lab.flow(bridge, "", "output:2", table: 60)
        #expect(lab.send(H.udp(to: 2, from: 1), from: hosts[0]).count == 1)
    }
}
