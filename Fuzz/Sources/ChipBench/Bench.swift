import Board

/// A machine without a processor: the fuzzer's bytes are what a hostile guest does to the devices' registers and to its
/// own memory, and what happens outside meanwhile.
public final class Bench: MachineClock, InterruptMessageSink {
    public static let memoryByteCount = 1 << 20

    public let memory: GuestMemory
    private let host: UnsafeMutableRawPointer
    public let devices = AddressSpace()
    public let ports = AddressSpace()
    /// Port ranges and memory ranges that accesses go to.
    private let portRanges: [(start: UInt64, byteCount: UInt64)]
    private let memoryRanges: [(start: UInt64, byteCount: UInt64)]
    /// Something outside of the machine: chosen by a byte.
    public var onOutside: (UInt8) -> Void = { _ in }
    public var bus: PCIBus?

    private var timers: [DeviceTimer] = []
    public private(set) var now: UInt64 = 0

    public init(portRanges: [(start: UInt64, byteCount: UInt64)], memoryRanges: [(start: UInt64, byteCount: UInt64)]) {
        self.portRanges = portRanges
        self.memoryRanges = memoryRanges
        host = .allocate(byteCount: Self.memoryByteCount, alignment: 4096)
        host.initializeMemory(as: UInt8.self, repeating: 0, count: Self.memoryByteCount)
        memory = GuestMemory(regions: [
            GuestMemory.Region(address: 0, byteCount: UInt64(Self.memoryByteCount), host: host, fileOffset: 0)
        ])
    }

    deinit { host.deallocate() }

    public func send(_ message: MessageSignalledInterrupt) {}

    public func schedule(_ timer: DeviceTimer, at deadline: UInt64) {
        cancel(timer)
        timer.deadline = deadline
        timers.append(timer)
    }

    public func cancel(_ timer: DeviceTimer) {
        timer.deadline = nil
        timers.removeAll { $0 === timer }
    }

    private func advance(by nanoseconds: UInt64) {
        let end = now + nanoseconds
        // Timers that a guest sets must not fire without end.
        var fired = 0
        while let next = timers.min(by: { $0.deadline! < $1.deadline! }), next.deadline! <= end {
            now = max(now, next.deadline!)
            timers.removeAll { $0 === next }
            next.fire()
            fired += 1
            precondition(fired < 1000 + nanoseconds / 5000, "a timer fires all the time")
        }
        now = end
    }

    /// Lets go of the devices, which hold on to their clock.
    public func takeApart() {
        for timer in timers { timer.deadline = nil }
        timers = []
        onOutside = { _ in }
        bus = nil
        for space in [devices, ports] { for entry in space.entries { space.unmap(at: entry.start) } }
    }

    /// Does what the bytes say.
    public func run(_ data: UnsafeRawBufferPointer) {
        var reader = Reader(data: data)
        while let kind = reader.byte() {
            switch kind & 15 {
            case 0...3:
                guard let place = reader.place(in: portRanges) else { return }
                let size = 1 << Int((kind >> 4 & 1) + (kind >> 5 & 1))
                ports.write(place, size: size, value: reader.value(size))
            case 4:
                guard let place = reader.place(in: portRanges) else { return }
                _ = ports.read(place, size: 1 << Int(kind >> 4 & 3))
            case 5...8:
                guard let place = reader.place(in: memoryRanges) else { return }
                let size = kind & 0x30 == 0x10 ? 8 : kind & 0x30 == 0x20 ? 1 : 4
                devices.write(place, size: size, value: reader.value(size))
            case 9:
                guard let place = reader.place(in: memoryRanges) else { return }
                _ = devices.read(place, size: 1 << Int(kind >> 4 & 3))
            case 10, 11:
                // The guest's memory: 8 bytes at a multiple of 8, or anywhere.
                let address = reader.value(3) & UInt64(Self.memoryByteCount - 8)
                try? memory.store(reader.value(8), at: kind & 0x10 == 0 ? address : address + UInt64(kind >> 5))
            case 12: advance(by: reader.value(2) << UInt64(kind >> 5))
            case 13: onOutside(kind >> 4)
            case 14:
                guard let bus, !bus.functions.isEmpty else { continue }
                let function = bus.functions[Int(kind >> 4) % bus.functions.count]
                let register = Int(reader.value(1))
                function.writeConfiguration(register & ~3, size: 4, value: UInt32(reader.value(4)))
            default:
                guard let bus, !bus.functions.isEmpty else { continue }
                let function = bus.functions[Int(kind >> 4) % bus.functions.count]
                _ = function.readConfiguration(Int(reader.value(1)), size: 1 << Int(reader.value(1) % 3))
            }
        }
    }

    private struct Reader {
        let data: UnsafeRawBufferPointer
        var position = 0

        mutating func byte() -> UInt8? {
            guard position < data.count else { return nil }
            defer { position += 1 }
            return data[position]
        }

        /// Little-endian; zeros behind the end.
        mutating func value(_ count: Int) -> UInt64 {
            var value: UInt64 = 0
            for index in 0..<count { value |= UInt64(byte() ?? 0) << UInt64(8 * index) }
            return value
        }

        mutating func place(in ranges: [(start: UInt64, byteCount: UInt64)]) -> UInt64? {
            guard !ranges.isEmpty, let choice = byte() else { return nil }
            let range = ranges[Int(choice) % ranges.count]
            return range.start + value(range.byteCount > 256 ? 3 : 1) % range.byteCount
        }
    }
}

/// A disk of zeros that takes what is written, and fails now and then.
public final class BenchDisk: BlockStorage {
    public let byteCount: UInt64 = 64 << 20
    public let isReadOnly = false
    public var isBroken = false

    public init() {}

    private func check(_ offset: UInt64, _ count: Int) throws(BlockStorageError) {
        precondition(offset + UInt64(count) <= byteCount, "a device asks beyond the disk's end")
        if isBroken { throw BlockStorageError(.system, "broken") }
    }

    public func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
        try check(offset, buffers.reduce(0) { $0 + $1.count })
        // The ends of each buffer are enough for the sanitizer to see that it is ours.
        for buffer in buffers where !buffer.isEmpty {
            buffer[0] = UInt8(truncatingIfNeeded: offset)
            buffer[buffer.count - 1] = 0x55
        }
    }

    public func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        try check(offset, buffers.reduce(0) { $0 + $1.count })
        var sum: UInt8 = 0
        for buffer in buffers where !buffer.isEmpty { sum ^= buffer[0] ^ buffer[buffer.count - 1] }
        isBroken = sum == 0x99
    }

    public func flush() throws(BlockStorageError) { try check(0, 0) }

    public func discard(at offset: UInt64, byteCount: UInt64, mustZero: Bool) throws(BlockStorageError) {
        precondition(offset + byteCount <= self.byteCount)
    }
}

/// Work that is done when the fuzzer says so, or at once.
public final class BenchExecutor: BlockExecutor {
    public var isImmediate = true
    private var waiting: [(() -> Void, () -> Void)] = []

    public init() {}

    public func execute(_ work: @escaping () -> Void, completion: @escaping () -> Void) {
        guard !isImmediate else {
            work()
            completion()
            return
        }
        waiting.append((work, completion))
        precondition(waiting.count <= 4096, "a device queues work without bound")
    }

    public func runOne() {
        guard !waiting.isEmpty else { return }
        let (work, completion) = waiting.removeFirst()
        work()
        completion()
    }

    public func run() {
        for _ in 0..<waiting.count { runOne() }
    }
}

/// A terminal that types what it is given.
public final class BenchTerminal: ByteChannel {
    public var onReadable: (() -> Void)?
    private var input: [UInt8] = []

    public init() {}

    public func write(_ bytes: [UInt8]) { precondition(bytes.count < 1 << 20) }

    public func read(limit: Int) -> [UInt8] {
        let taken = Array(input.prefix(limit))
        input.removeFirst(taken.count)
        return taken
    }

    public func type(_ bytes: [UInt8]) {
        if input.count < 100 { input += bytes }
        onReadable?()
    }
}
