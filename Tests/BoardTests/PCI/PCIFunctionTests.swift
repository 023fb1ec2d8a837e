import Board
import Testing

@Suite("PCI: configuration space and base addresses")
struct PCIFunctionTests {
    let bench = PCIBench()

    @Test("the header says who it is, at every width, and what is not there reads as ones")
    func header() {
        let address = bench.bus.add(bench.function())
        let bus = bench.bus
        #expect(address.description == "00:00.0")
        #expect(bus.readConfiguration(address, offset: 0, size: 4) == 0x100e_8086)
        #expect(bus.readConfiguration(address, offset: 2, size: 2) == 0x100e)
        #expect(bus.readConfiguration(address, offset: 3, size: 1) == 0x10)
        #expect(bus.readConfiguration(address, offset: 8, size: 4) == 0x0200_0003)
        #expect(bus.readConfiguration(address, offset: 0x2c, size: 4) == 0x1100_1af4)
        #expect(bus.readConfiguration(address, offset: 0x3d, size: 1) == 1)
        #expect(bus.readConfiguration(address, offset: 254, size: 4) == .max)
        #expect(bus.readConfiguration(PCIAddress(device: 1), offset: 0, size: 4) == .max)
        // Read-only registers stay.
        bus.writeConfiguration(address, offset: 0, size: 4, value: 0)
        #expect(bus.readConfiguration(address, offset: 0, size: 4) == 0x100e_8086)
        bus.writeConfiguration(address, offset: 0x3c, size: 2, value: 0x990b)
        #expect(bus.readConfiguration(address, offset: 0x3c, size: 2) == 0x010b)
        bus.writeConfiguration(PCIAddress(device: 9), offset: 0, size: 4, value: 0)
        bus.writeConfiguration(address, offset: 255, size: 4, value: 0)
    }

    @Test("writing ones tells the size of each range")
    func sizing() {
        let function = bench.function()
        bench.bus.add(function)
        for offset in stride(from: 0x10, to: 0x28, by: 4) { function.writeConfiguration(offset, size: 4, value: .max) }
        let answers = stride(from: 0x10, to: 0x28, by: 4).map { function.readConfiguration($0, size: 4) }
        #expect(answers == [0xfffe_0000, 0xffff_ffc1, 0xffff_c00c, 0xffff_ffff, 0, 0])
    }

    @Test("ranges answer where the guest puts them, while the command register lets them")
    func placing() {
        let registers = Registers()
        let function = bench.function(registers: registers)
        var moves: [String] = []
        function.onBaseAddressChange = { index, address in
            moves.append("\(index):\(address.map { String($0, radix: 16) } ?? "-")")
        }
        bench.bus.add(function)
        function.writeConfiguration(0x10, size: 4, value: 0xfebc_0000)
        function.writeConfiguration(0x14, size: 4, value: 0xc000)
        function.writeConfiguration(0x18, size: 4, value: 0)
        function.writeConfiguration(0x1c, size: 4, value: 0x38)
        #expect(bench.memory.entries.isEmpty && bench.ports.entries.isEmpty)
        function.writeConfiguration(0x04, size: 2, value: 3)
        #expect(bench.memory.read(0xfebc_0010, size: 4) == 0x10)
        #expect(bench.memory.read(0x38_0000_0020, size: 4) == 0x20)
        #expect(bench.ports.read(0xc004, size: 1) == 4)
        bench.ports.write(0xc008, size: 1, value: 7)
        #expect(registers.writes.last?.offset == 8)
        // Moved one byte at a time: the range follows.
        function.writeConfiguration(0x13, size: 1, value: 0xfd)
        #expect(bench.memory.read(0xfebc_0010, size: 4) == .max)
        #expect(bench.memory.read(0xfdbc_0010, size: 4) == 0x10)
        // Ports off, memory stays.
        function.writeConfiguration(0x04, size: 2, value: 2)
        #expect(bench.ports.read(0xc004, size: 1) == 0xffff_ffff_ffff_ffff)
        #expect(bench.memory.read(0xfdbc_0010, size: 4) == 0x10)
        #expect(moves == ["0:febc0000", "1:c000", "2:3800000000", "0:-", "0:fdbc0000", "1:-"])
        bench.bus.reset()
        #expect(bench.memory.entries.isEmpty && function.command == 0)
    }

    @Test("the values that find a size, zero and addresses out of reach are no places")
    func noPlaces() {
        let function = bench.function()
        bench.bus.add(function)
        function.writeConfiguration(0x04, size: 2, value: 3)
        for value: UInt32 in [.max, 0, 0x1_ffff] {
            for offset in [0x10, 0x14, 0x18, 0x1c] { function.writeConfiguration(offset, size: 4, value: value) }
            #expect(bench.memory.entries.allSatisfy { $0.start != 0 && $0.start &+ $0.byteCount > $0.start })
            #expect(!bench.ports.entries.contains { $0.start + $0.byteCount > 0x10000 })
        }
    }

    @Test("of two ranges at one place the first answers; the other does when the first has gone")
    func conflict() {
        let (first, second) = (bench.function("first"), bench.function("second"))
        bench.bus.add(first)
        bench.bus.add(second)
        for function in [first, second] {
            function.writeConfiguration(0x10, size: 4, value: 0xfebc_0000)
            function.writeConfiguration(0x04, size: 2, value: 2)
        }
        #expect(bench.memory.entries.map(\.name) == ["first BAR 0"])
        first.writeConfiguration(0x10, size: 4, value: 0xfeb0_0000)
        #expect(bench.memory.entries.map(\.name) == ["first BAR 0", "second BAR 0"])
    }

    @Test("capabilities are a list from 0x34 on, and write masks hold in them")
    func capabilities() {
        let function = bench.function()
        #expect(function.readConfiguration(6, size: 2) & 16 == 0)
        let first = function.addCapability(9, content: [5, 0xaa, 0xbb], writable: [0, 0xf0])
        let second = function.addCapability(1, content: [1, 2, 3, 4, 5, 6])
        #expect(function.readConfiguration(6, size: 2) & 16 != 0)
        #expect(function.readConfiguration(0x34, size: 1) == UInt32(first))
        #expect(function.readConfiguration(first, size: 2) == UInt32(second) << 8 | 9)
        #expect(function.readConfiguration(second, size: 2) == 1)
        #expect(second % 4 == 0)
        function.writeConfiguration(first, size: 4, value: 0x5555_5555)
        #expect(function.readConfiguration(first + 2, size: 2) == 0x5a05)
    }

    @Test("error bits of the status register are cleared by ones, and by nothing else")
    func clearable() {
        let function = bench.function()
        function.configuration.store(UInt16(0xf900), at: 6)
        function.writeConfiguration(6, size: 2, value: 0x00ff)
        #expect(function.readConfiguration(6, size: 2) == 0xf900)
        function.writeConfiguration(4, size: 4, value: 0x8000_0000)
        #expect(function.readConfiguration(6, size: 2) == 0x7900)
    }

    @Test("function 0 says when its device has more functions")
    func multipleFunctions() {
        let (first, second) = (bench.function(), bench.function())
        bench.bus.add(first, at: PCIAddress(device: 3))
        #expect(first.readConfiguration(0xe, size: 1) == 0)
        bench.bus.add(second, at: PCIAddress(device: 3, function: 1))
        #expect(first.readConfiguration(0xe, size: 1) == 0x80)
        #expect(bench.bus.add(bench.function()) == PCIAddress(device: 0))
        #expect(PCIAddress(requesterID: 0x0119) == PCIAddress(bus: 1, device: 3, function: 1))
    }
}
