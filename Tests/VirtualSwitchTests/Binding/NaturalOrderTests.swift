import Testing

@testable import VirtualSwitch

struct NaturalOrderTests {
    @Test func numbersCount() {
        let names = ["eth10", "eth2", "br0", "eth1", "eth2.10", "eth02", "eth2.9", "eth", "v100a", "v99b", "v99"]
        let ordered = [
            "br0", "eth", "eth1", "eth02", "eth2", "eth2.9", "eth2.10", "eth10", "v99", "v99b", "v100a",
        ]
        #expect(names.sorted { NaturalOrder.precedes($0, $1) } == ordered)
        #expect(names.reversed().sorted { NaturalOrder.precedes($0, $1) } == ordered)
        #expect(!NaturalOrder.precedes("v1", "v1"))
    }
}
