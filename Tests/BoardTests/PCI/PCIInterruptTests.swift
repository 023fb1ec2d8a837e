import Board
import Testing

@Suite("PCI: interrupts")
struct PCIInterruptTests {
    let bench = PCIBench()
    static let master: UInt32 = 4 | 2

    @Test("pins go to the lines by device, shared lines stay up until all are down, and can be switched off")
    func pins() {
        let functions = (0..<5).map { bench.function("f\($0)") }
        for function in functions { bench.bus.add(function) }
        functions[0].setPin(true)
        functions[4].setPin(true)
        functions[1].setPin(true)
        #expect(bench.levels == [true, true, false, false])
        functions[0].setPin(false)
        #expect(bench.levels[0])
        #expect(functions[4].readConfiguration(6, size: 2) & 8 != 0)
        functions[4].writeConfiguration(4, size: 2, value: 0x400)
        #expect(!bench.levels[0] && functions[4].readConfiguration(6, size: 2) & 8 != 0)
        functions[4].writeConfiguration(4, size: 2, value: 0)
        #expect(bench.levels[0])
        bench.bus.reset()
        #expect(bench.levels == [false, false, false, false])
    }

    @Test("MSI: address and data as written, low bits of the data count the vector, masks hold messages back")
    func msi() {
        let function = bench.function()
        function.addMSI(vectorCount: 4)
        bench.bus.add(function)
        let offset = Int(function.readConfiguration(0x34, size: 1))
        #expect(function.readConfiguration(offset, size: 4) == 0x0184_0005)
        #expect(!function.sendMessage(vector: 0))
        function.writeConfiguration(4, size: 2, value: Self.master)
        function.writeConfiguration(offset + 4, size: 4, value: 0xfee0_1003)
        function.writeConfiguration(offset + 12, size: 2, value: 0x4043)
        function.writeConfiguration(offset + 2, size: 2, value: 0x21)
        function.setPin(true)
        #expect(bench.levels == [false, false, false, false])
        for vector in 0..<5 { #expect(function.sendMessage(vector: vector)) }
        #expect(bench.messages == (0..<4).map { .init(address: 0xfee0_1000, data: 0x4040 | $0) })
        // One vector allowed: all share it.
        function.writeConfiguration(offset + 2, size: 2, value: 1)
        function.sendMessage(vector: 2)
        #expect(bench.messages.last?.data == 0x4043 & ~0 && bench.messages.count == 5)
        // Masked, pending, and sent once when it is free.
        function.writeConfiguration(offset + 16, size: 4, value: .max)
        #expect(function.readConfiguration(offset + 16, size: 4) == 15)
        function.sendMessage(vector: 1)
        function.sendMessage(vector: 1)
        #expect(bench.messages.count == 5 && function.readConfiguration(offset + 20, size: 4) == 2)
        function.writeConfiguration(offset + 16, size: 4, value: 0)
        #expect(bench.messages.count == 6 && function.readConfiguration(offset + 20, size: 4) == 0)
        function.writeConfiguration(offset + 2, size: 2, value: 0)
        #expect(bench.levels[0])
    }

    /// A function whose table lies at 0xfe00_0000, MSI-X on.
    private func withTable(vectorCount: Int) -> (function: PCIFunction, capability: Int) {
        let function = PCIFunction(name: "table", identity: PCIBench.identity, interruptPin: 1)
        function.addMSIX(vectorCount: vectorCount, base: 4)
        bench.bus.add(function)
        let capability = Int(function.readConfiguration(0x34, size: 1))
        function.writeConfiguration(0x20, size: 4, value: 0xfe00_0000)
        function.writeConfiguration(4, size: 2, value: Self.master)
        function.writeConfiguration(capability + 2, size: 2, value: 0x8000)
        return (function, capability)
    }

    private func program(_ vector: Int, data: UInt32, masked: Bool = false) {
        let entry = 0xfe00_0000 + UInt64(16 * vector)
        bench.memory.write(entry, size: 8, value: 0xfee0_0000)
        bench.memory.write(entry + 8, size: 4, value: UInt64(data))
        bench.memory.write(entry + 12, size: 4, value: masked ? 1 : 0)
    }

    @Test("MSI-X: each vector has its message; masked ones wait in the pending bits")
    func msix() {
        let (function, capability) = withTable(vectorCount: 70)
        #expect(function.readConfiguration(capability, size: 4) & 0x07ff_00ff == 0x0045_0011)
        #expect(function.readConfiguration(capability + 4, size: 4) == 4)
        #expect(function.readConfiguration(capability + 8, size: 4) == 0x804)
        #expect(bench.memory.read(0xfe00_000c, size: 4) == 1)
        function.sendMessage(vector: 69)
        function.sendMessage(vector: 70)
        #expect(bench.messages.isEmpty)
        #expect(bench.memory.read(0xfe00_0808, size: 8) == 32)
        program(69, data: 0x55)
        #expect(bench.messages == [.init(address: 0xfee0_0000, data: 0x55)])
        #expect(bench.memory.read(0xfe00_0808, size: 8) == 0)
        function.sendMessage(vector: 69)
        #expect(bench.messages.count == 2)
        // The mask of all.
        function.writeConfiguration(capability + 2, size: 2, value: 0xc000)
        function.sendMessage(vector: 69)
        #expect(bench.messages.count == 2)
        function.writeConfiguration(capability + 2, size: 2, value: 0x8000)
        #expect(bench.messages.count == 3)
        // Not a bus master: no message leaves.
        function.writeConfiguration(4, size: 2, value: 2)
        function.sendMessage(vector: 69)
        #expect(bench.messages.count == 3)
    }

    @Test("who watches the messages is told of each change, and only of changes")
    func watching() {
        let (function, capability) = withTable(vectorCount: 2)
        var told: [String] = []
        function.msix?.onMessageChange = { told.append("\($0):\($1.map { String($0.data) } ?? "-")") }
        program(0, data: 7)
        program(0, data: 7)
        function.writeConfiguration(capability + 2, size: 2, value: 0)
        function.writeConfiguration(capability + 2, size: 2, value: 0x8000)
        program(0, data: 8, masked: true)
        function.reset()
        #expect(told == ["0:7", "0:-", "0:7", "0:8", "0:-"])
        #expect(function.msix?.message(0) == nil)
    }

    @Test("a table is silent about what is not in it")
    func bounds() {
        let (function, _) = withTable(vectorCount: 1)
        let table = function.msix!
        for offset: UInt64 in [0, 4, 12, 13, 16, 2040, 2048, 2052, 4092, 4095, 4096, .max] {
            for size in [1, 2, 4, 8] {
                _ = table.read(offset: offset, size: size)
                table.write(offset: offset, size: size, value: .max)
            }
        }
        #expect(table.read(offset: 12, size: 4) == 1)
        #expect(bench.messages.isEmpty)
    }
}
