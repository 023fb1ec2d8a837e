import Board
import Virtio

/// How a mock driver reaches a device's registers.
public protocol MockTransport: AnyObject {
    var registers: VirtioRegisters { get }
    var status: UInt8 { get set }
    var offeredFeatures: UInt64 { get }
    func takeFeatures(_ features: UInt64)
    /// The largest size of a queue; 0: there is none.
    func maximumSize(queue: Int) -> Int
    func setUp(queue: Int, size: Int, descriptors: UInt64, available: UInt64, used: UInt64)
    func kick(_ queue: Int)
    func readConfiguration(_ offset: Int, size: Int) -> UInt64
    func writeConfiguration(_ offset: Int, size: Int, value: UInt64)
    /// Interrupts since the last call: of queues, of the configuration space.
    func takeInterrupts() -> (queues: Set<Int>, configuration: Bool)
}

/// Registers in memory, and one line: every queue's interrupt is every queue's.
public final class MockMMIO: MockTransport {
    public let device: VirtioMMIO
    public private(set) var isLineRaised = false
    private let queueCount: Int

    public init(_ device: any VirtioDevice, memory: GuestMemory) {
        var level: (Bool) -> Void = { _ in }
        let line = InterruptLine(number: 5) { level($1) }
        self.device = VirtioMMIO(device: device, memory: memory, line: line)
        queueCount = device.queueSizes.count
        level = { [unowned self] in isLineRaised = $0 }
    }

    public var registers: VirtioRegisters { device.registers }

    public func read(_ offset: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: device.read(offset: offset, size: 4)) }
    public func write(_ offset: UInt64, _ value: UInt32) { device.write(offset: offset, size: 4, value: UInt64(value)) }

    public var status: UInt8 {
        get { UInt8(truncatingIfNeeded: read(0x70)) }
        set { write(0x70, UInt32(newValue)) }
    }

    public var offeredFeatures: UInt64 {
        write(0x14, 1)
        let high = UInt64(read(0x10))
        write(0x14, 0)
        return high << 32 | UInt64(read(0x10))
    }

    public func takeFeatures(_ features: UInt64) {
        for word: UInt32 in 0..<2 {
            write(0x24, word)
            write(0x20, UInt32(truncatingIfNeeded: features >> UInt64(32 * word)))
        }
    }

    public func maximumSize(queue: Int) -> Int {
        write(0x30, UInt32(queue))
        return Int(read(0x34))
    }

    public func setUp(queue: Int, size: Int, descriptors: UInt64, available: UInt64, used: UInt64) {
        write(0x30, UInt32(queue))
        write(0x38, UInt32(size))
        for (offset, address) in [(0x80 as UInt64, descriptors), (0x90, available), (0xa0, used)] {
            write(offset, UInt32(truncatingIfNeeded: address))
            write(offset + 4, UInt32(truncatingIfNeeded: address >> 32))
        }
        write(0x44, 1)
    }

    public func kick(_ queue: Int) { write(VirtioMMIO.notifyOffset, UInt32(queue)) }

    public func readConfiguration(_ offset: Int, size: Int) -> UInt64 {
        device.read(offset: 0x100 + UInt64(offset), size: size)
    }

    public func writeConfiguration(_ offset: Int, size: Int, value: UInt64) {
        device.write(offset: 0x100 + UInt64(offset), size: size, value: value)
    }

    public func takeInterrupts() -> (queues: Set<Int>, configuration: Bool) {
        guard isLineRaised else { return ([], false) }
        let bits = read(0x60)
        write(0x64, bits)
        return (bits & 1 != 0 ? Set(0..<queueCount) : [], bits & 2 != 0)
    }
}

/// A PCI function on a bus of its own, found and set up through its capabilities as a kernel does; MSI-X vector 0 is the
/// configuration's, and vector q + 1 queue q's.
public final class MockPCI: MockTransport {
    public let device: VirtioPCI
    public let bus: PCIBus
    public let space = AddressSpace()
    public private(set) var messages: [MessageSignalledInterrupt] = []
    public private(set) var isLineRaised = false
    /// Guest addresses of the structures, by their type (1 common, 2 notify, 3 interrupt status, 4 device).
    public private(set) var structures: [UInt8: UInt64] = [:]
    private var notifyStride: UInt64 = 0
    /// Where the pci-cfg capability is in the configuration space.
    public private(set) var window = 0

    private final class Sink: InterruptMessageSink {
        var take: (MessageSignalledInterrupt) -> Void = { _ in }
        func send(_ message: MessageSignalledInterrupt) { take(message) }
    }

    static let rangeAddress: UInt64 = 0x10_0000_0000
    static let tableAddress: UInt64 = 0xfe00_0000

    public init(_ device: any VirtioDevice, memory: GuestMemory, usesMessages: Bool = true) {
        let sink = Sink()
        var level: (Bool) -> Void = { _ in }
        bus = PCIBus(
            memory: space, ports: AddressSpace(), interruptMessages: sink,
            interruptLines: [InterruptLine(number: 11) { level($1) }])
        self.device = VirtioPCI(device: device, memory: memory)
        bus.add(self.device.function)
        sink.take = { [unowned self] in messages.append($0) }
        level = { [unowned self] in isLineRaised = $0 }
        findStructures()
        let function = self.device.function
        function.writeConfiguration(0x14, size: 4, value: UInt32(Self.tableAddress))
        function.writeConfiguration(0x20, size: 4, value: UInt32(truncatingIfNeeded: Self.rangeAddress))
        function.writeConfiguration(0x24, size: 4, value: UInt32(Self.rangeAddress >> 32))
        function.writeConfiguration(4, size: 2, value: 6)
        guard usesMessages else { return }
        for vector in 0...UInt64(device.queueSizes.count) {
            space.write(Self.tableAddress + 16 * vector, size: 8, value: 0xfee0_0000)
            space.write(Self.tableAddress + 16 * vector + 8, size: 8, value: vector)
        }
        enableMessages()
    }

    private var tableCapability = 0

    public func enableMessages(_ isOn: Bool = true) {
        device.function.writeConfiguration(tableCapability + 2, size: 2, value: isOn ? 0x8000 : 0)
    }

    private func findStructures() {
        let function = device.function
        var offset = Int(function.readConfiguration(0x34, size: 1))
        while offset != 0 {
            let id = function.readConfiguration(offset, size: 1)
            if id == 0x11 { tableCapability = offset }
            if id == 9 {
                let type = UInt8(function.readConfiguration(offset + 3, size: 1))
                if type == 5 {
                    window = offset
                } else {
                    precondition(function.readConfiguration(offset + 4, size: 1) == 4)
                    structures[type] = Self.rangeAddress + UInt64(function.readConfiguration(offset + 8, size: 4))
                }
                if type == 2 { notifyStride = UInt64(function.readConfiguration(offset + 16, size: 4)) }
            }
            offset = Int(function.readConfiguration(offset + 1, size: 1))
        }
    }

    public var registers: VirtioRegisters { device.registers }

    public func common(_ offset: UInt64, size: Int) -> UInt64 { space.read(structures[1]! + offset, size: size) }
    public func setCommon(_ offset: UInt64, size: Int, _ value: UInt64) {
        space.write(structures[1]! + offset, size: size, value: value)
    }

    public var status: UInt8 {
        get { UInt8(truncatingIfNeeded: common(0x14, size: 1)) }
        set { setCommon(0x14, size: 1, UInt64(newValue)) }
    }

    public var offeredFeatures: UInt64 {
        var features: UInt64 = 0
        for word: UInt64 in 0..<2 {
            setCommon(0, size: 4, word)
            features |= common(4, size: 4) << (32 * word)
        }
        return features
    }

    public func takeFeatures(_ features: UInt64) {
        for word: UInt64 in 0..<2 {
            setCommon(8, size: 4, word)
            setCommon(12, size: 4, features >> (32 * word) & 0xffff_ffff)
        }
    }

    public func maximumSize(queue: Int) -> Int {
        setCommon(0x16, size: 2, UInt64(queue))
        return Int(common(0x18, size: 2))
    }

    public func setUp(queue: Int, size: Int, descriptors: UInt64, available: UInt64, used: UInt64) {
        // A reset has taken the vectors away.
        setCommon(0x10, size: 2, 0)
        setCommon(0x16, size: 2, UInt64(queue))
        setCommon(0x18, size: 2, UInt64(size))
        setCommon(0x1a, size: 2, UInt64(queue + 1))
        for (offset, address) in [(0x20 as UInt64, descriptors), (0x28, available), (0x30, used)] {
            setCommon(offset, size: 4, address & 0xffff_ffff)
            setCommon(offset + 4, size: 4, address >> 32)
        }
        setCommon(0x1c, size: 2, 1)
    }

    public func kick(_ queue: Int) {
        setCommon(0x16, size: 2, UInt64(queue))
        // All ones, where the range is switched off.
        let place = (common(0x1e, size: 2) & 0xffff) * notifyStride
        space.write(structures[2]! + place, size: 2, value: UInt64(queue))
    }

    public func readConfiguration(_ offset: Int, size: Int) -> UInt64 {
        space.read(structures[4]! + UInt64(offset), size: size)
    }

    public func writeConfiguration(_ offset: Int, size: Int, value: UInt64) {
        space.write(structures[4]! + UInt64(offset), size: size, value: value)
    }

    public func takeInterrupts() -> (queues: Set<Int>, configuration: Bool) {
        defer { messages.removeAll() }
        let vectors = Set(messages.map { Int($0.data) })
        if isLineRaised {
            let bits = space.read(structures[3]!, size: 1)
            return (bits & 1 != 0 ? Set(registers.device.queueSizes.indices) : [], bits & 2 != 0)
        }
        return (Set(vectors.filter { $0 > 0 }.map { $0 - 1 }), vectors.contains(0))
    }
}
