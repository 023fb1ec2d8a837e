import Testing

@testable import Switch

private typealias H = DatapathHarness

/// Flows that never end, and stacks that grow: an answer in bounded time, and no packet leaks.
@Suite struct LimitTests {
    private let lab = H()
    private let bridge: Int32
    private let hosts: [Int32]

    init() {
        bridge = lab.bridge("s", BridgeSettings(standalone: false))
        let (index, lab) = (bridge, lab)
        hosts = (0..<2).map { _ in lab.host(on: index) }
    }

    private func flow(_ match: String, _ actions: String, table: UInt8 = 0) throws {
        try lab.datapath.modify(
            bridge: bridge,
            FlowModification(
                .add, table: table, match: try Match(parsing: match),
                instructions: try Instructions(parsing: Substring(actions))), now: lab.now)
    }

    private func expectDrop() {
        let before = lab.datapath.dropCount(.tooDeep)
        for _ in 0..<3 { #expect(lab.send(H.udp(to: 2, from: 1), from: hosts[0]).isEmpty) }
        #expect(lab.datapath.dropCount(.tooDeep) == before + 3)
        #expect(lab.datapath.pool.inUse == 0)
        #expect(lab.datapath.pipeline.frozen.count == 0)
    }

    @Test func resubmitsWithinEachOther() throws {
        try flow("", "output:2,resubmit(,0)")
        expectDrop()
    }

    @Test func resubmitsBesideEachOther() throws {
        try flow("", "resubmit(,1),resubmit(,1),resubmit(,1),resubmit(,1)")
        for table in 1..<8 as Range<UInt8> {
            try flow("", (0..<4).map { _ in "resubmit(,\(table + 1))" }.joined(separator: ","), table: table)
        }
        try flow("", "output:2", table: 8)
        expectDrop()
    }

    @Test func tableOfTheTable() throws {
        try flow("", "TABLE")
        expectDrop()
    }

    @Test func aStackThatGrows() throws {
        let pushes = (0..<100).map { _ in "push:NXM_NX_XXREG0[]" }.joined(separator: ",")
        try flow("", (0..<50).map { _ in "resubmit(,1)" }.joined(separator: ","))
        try flow("", pushes, table: 1)
        expectDrop()
    }

    @Test func recirculationWithoutEnd() throws {
        try flow("", "ct(table=0)")
        for _ in 0..<2 { #expect(lab.send(H.udp(to: 2, from: 1), from: hosts[0]).isEmpty) }
        #expect(lab.datapath.pool.inUse == 0)
    }

    /// Sixty-four within each other are allowed.
    @Test func asDeepAsAllowed() throws {
        for table in 0..<60 as Range<UInt8> { try flow("", "resubmit(,\(table + 1))", table: table) }
        try flow("", "output:2", table: 60)
        #expect(lab.send(H.udp(to: 2, from: 1), from: hosts[0]).count == 1)
    }
}
