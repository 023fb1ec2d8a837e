import Board
import Virtio
import VirtioMock

/// A fuzzer's input, taken byte by byte; zeroes behind its end.
public struct Script {
    private var bytes: UnsafeRawBufferPointer.SubSequence

    public init(_ data: UnsafePointer<UInt8>, _ count: Int) {
        bytes = UnsafeRawBufferPointer(start: data, count: count)[...]
    }

    public var isAtEnd: Bool { bytes.isEmpty }

    public mutating func next<T: FixedWidthInteger>(_ type: T.Type) -> T {
        var value: T = 0
        for index in 0..<MemoryLayout<T>.size { value |= T(bytes.popFirst() ?? 0) << T(8 * index) }
        return value
    }

    /// At most `limit` bytes, as many as the next byte says.
    public mutating func some(limit: Int = 255) -> [UInt8] {
        let count = min(Int(next(UInt8.self)), limit, bytes.count)
        defer { bytes = bytes.dropFirst(count) }
        return [UInt8](bytes.prefix(count))
    }
}

/// A device under a hostile driver: raw register writes, raw memory, rings and chains as the script says.
public struct HostileDriver {
    let guest = MockGuest(byteCount: 1 << 16)
    let transport: any MockTransport
    private let queueCount: Int
    private var size = 8

    public init(_ device: any VirtioDevice, overPCI: Bool) {
        transport = overPCI ? MockPCI(device, memory: guest.memory) : MockMMIO(device, memory: guest.memory)
        queueCount = device.queueSizes.count
    }

    /// Each queue has a page: descriptors, available ring at 0x400, used ring at 0x600; buffers lie behind the queues.
    private func base(_ queue: Int) -> UInt64 { UInt64(queue % 8) * 0x1000 }
    private static let buffers: UInt64 = 0x8000

    /// Runs the script; `poke` is what happens on the host's side.
    public mutating func run(_ script: inout Script, poke: (inout Script) -> Void) {
        var steps = 0
        while !script.isAtEnd, steps < 200 {
            steps += 1
            switch script.next(UInt8.self) % 10 {
            case 0: start(&script)
            case 1: writeRegister(&script)
            case 2: readRegister(&script)
            case 3:
                let address = UInt64(script.next(UInt16.self))
                let bytes = script.some()
                try? guest.memory.write(bytes, at: address)
            case 4: writeDescriptor(&script)
            case 5: makeChain(&script)
            case 6: transport.kick(Int(script.next(UInt8.self)) % (queueCount + 1))
            case 7: poke(&script)
            case 8:
                if let pci = transport as? MockPCI {
                    let size = 1 << Int(script.next(UInt8.self) % 3)
                    let offset = Int(script.next(UInt8.self))
                    pci.device.function.writeConfiguration(offset, size: size, value: script.next(UInt32.self))
                    _ = pci.device.function.readConfiguration(offset, size: size)
                }
            default: transport.status = script.next(UInt8.self)
            }
        }
        transport.registers.reset()
    }

    /// What an honest driver does, so that the rest is reached at all.
    private mutating func start(_ script: inout Script) {
        transport.status = 0
        guest.memory.zero(0..<0x8000)
        transport.status = 3
        let refused = UInt64(script.next(UInt16.self)) << 22
        transport.takeFeatures(transport.offeredFeatures & ~refused | Virtio.Feature.version1)
        transport.status = 11
        size = 1 << Int(script.next(UInt8.self) % 5)
        for queue in 0..<queueCount {
            transport.setUp(
                queue: queue, size: size, descriptors: base(queue), available: base(queue) + 0x400,
                used: base(queue) + 0x600)
        }
        transport.status = 15
    }

    private func writeRegister(_ script: inout Script) {
        let offset = UInt64(script.next(UInt16.self))
        let size = 1 << Int(script.next(UInt8.self) % 4)
        let value = UInt64(script.next(UInt32.self))
        if let pci = transport as? MockPCI {
            pci.device.write(offset: offset & 0x3fff, size: size, value: value)
        } else if let mmio = transport as? MockMMIO {
            mmio.device.write(offset: mapped(offset), size: size, value: value)
        }
    }

    private func readRegister(_ script: inout Script) {
        let offset = UInt64(script.next(UInt16.self))
        let size = 1 << Int(script.next(UInt8.self) % 4)
        if let pci = transport as? MockPCI {
            _ = pci.device.read(offset: offset & 0x3fff, size: size)
        } else if let mmio = transport as? MockMMIO {
            _ = mmio.device.read(offset: mapped(offset), size: size)
        }
    }

    /// Of the page in memory, the transport's own registers are a small part, and every other access is to them.
    private func mapped(_ offset: UInt64) -> UInt64 { offset & 0x8000 == 0 ? offset & 0xfff : offset & 0xfc }

    private func writeDescriptor(_ script: inout Script) {
        let queue = Int(script.next(UInt8.self)) % queueCount
        let index = UInt64(Int(script.next(UInt8.self)) % size)
        let selector = script.next(UInt8.self)
        var address = UInt64(script.next(UInt16.self))
        if selector & 0xc0 == 0xc0 { address += MockGuest.highAddress }
        if selector & 0xc0 == 0x80 { address |= UInt64(selector) << 56 }
        store(
            base(queue) + 16 * index, address, UInt32(script.next(UInt16.self)), UInt16(selector & 7),
            UInt16(script.next(UInt8.self)))
    }

    private func store(_ place: UInt64, _ address: UInt64, _ byteCount: UInt32, _ flags: UInt16, _ next: UInt16) {
        try? guest.memory.store(address, at: place)
        try? guest.memory.store(byteCount, at: place + 8)
        try? guest.memory.store(flags, at: place + 12)
        try? guest.memory.store(next, at: place + 14)
    }

    /// A chain that is well-formed: readable parts with the script's bytes, then writable ones.
    private func makeChain(_ script: inout Script) {
        let queue = Int(script.next(UInt8.self)) % queueCount
        let shape = script.next(UInt8.self)
        let (readableCount, writableCount) = (Int(shape & 3), Int(shape >> 2 & 3))
        let count = readableCount + writableCount
        guard count > 0, count <= size else { return }
        var address = Self.buffers + UInt64(shape >> 4) * 0x700
        let index = (try? guest.memory.load(UInt16.self, at: base(queue) + 0x402)) ?? 0
        // Heads follow each other, so that several chains can be in the queue.
        let first = Int(index) * count % size
        for part in 0..<count {
            let isWritable = part >= readableCount
            let bytes = isWritable ? [] : script.some()
            let byteCount = isWritable ? Int(script.next(UInt16.self) & 0x1fff) : bytes.count
            try? guest.memory.write(bytes, at: address)
            store(
                base(queue) + 16 * UInt64((first + part) % size), address, UInt32(byteCount),
                (isWritable ? 2 : 0) | (part < count - 1 ? 1 : 0), UInt16((first + part + 1) % size))
            address += UInt64(byteCount)
        }
        try? guest.memory.store(UInt16(first), at: base(queue) + 0x404 + 2 * UInt64(Int(index) % size))
        try? guest.memory.store(index &+ 1, at: base(queue) + 0x402)
        if shape & 0x80 != 0 { transport.kick(queue) }
    }
}

extension GuestMemory {
    fileprivate func zero(_ range: Range<UInt64>) {
        try? write([UInt8](repeating: 0, count: Int(range.upperBound - range.lowerBound)), at: range.lowerBound)
    }
}

/// Does block work at once, or when it is told.
public final class ScriptedExecutor: BlockExecutor {
    public var isHeld = false
    private var waiting: [(work: () -> Void, completion: () -> Void)] = []

    public init() {}

    public func execute(_ work: @escaping () -> Void, completion: @escaping () -> Void) {
        waiting.append((work, completion))
        if !isHeld { run() }
    }

    public func run() {
        let all = waiting
        waiting = []
        for (work, completion) in all {
            work()
            completion()
        }
    }
}
