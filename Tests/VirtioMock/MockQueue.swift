import Board

/// The driver's side of a split virtqueue: fills chains in, and takes them back. It can break every rule, too.
public final class MockQueue {
    public let index: Int
    public let size: Int
    public let descriptors: UInt64
    public let available: UInt64
    public let used: UInt64
    public let usesEventIndex: Bool
    private let guest: MockGuest
    /// Indices that chains have begun or ended at, modulo 2^16.
    public private(set) var availableIndex: UInt16 = 0
    public private(set) var usedIndex: UInt16 = 0
    private var free: [UInt16]
    private var inFlight: [UInt16: Chain] = [:]
    /// Buffers come from here, again and again.
    private let arena: UInt64
    private let arenaByteCount: Int
    private var arenaNext = 0
    private let kickDevice: () -> Void

    private struct Chain {
        var descriptors: [UInt16]
        var writable: [(address: UInt64, byteCount: Int)]
    }

    /// A chain that the device gave back.
    public struct Completion {
        public let head: UInt16
        /// What the device says it wrote, in bytes.
        public let written: Int
        /// The first `written` bytes of what it could write.
        public let bytes: [UInt8]
        /// All that it could write.
        public let room: [UInt8]
    }

    init(
        guest: MockGuest, index: Int, size: Int, usesEventIndex: Bool, arenaByteCount: Int,
        kick: @escaping () -> Void
    ) {
        self.guest = guest
        self.index = index
        self.size = size
        self.usesEventIndex = usesEventIndex
        descriptors = guest.allocate(16 * size)
        available = guest.allocate(6 + 2 * size)
        used = guest.allocate(6 + 8 * size)
        arena = guest.allocate(arenaByteCount)
        self.arenaByteCount = arenaByteCount
        free = (0..<UInt16(size)).reversed()
        kickDevice = kick
    }

    private var memory: GuestMemory { guest.memory }

    public func setDescriptor(
        _ index: Int, address: UInt64, byteCount: UInt32, flags: UInt16, next: UInt16 = 0, table: UInt64? = nil
    ) {
        let place = (table ?? descriptors) + UInt64(16 * index)
        try! memory.store(address, at: place)
        try! memory.store(byteCount, at: place + 8)
        try! memory.store(flags, at: place + 12)
        try! memory.store(next, at: place + 14)
    }

    /// Puts a head in the available ring and moves its index on.
    public func makeAvailable(_ head: UInt16) {
        try! memory.store(head, at: available + 4 + 2 * UInt64(Int(availableIndex) % size))
        setAvailableIndex(availableIndex &+ 1)
    }

    public func setAvailableIndex(_ value: UInt16) {
        availableIndex = value
        try! memory.store(value, at: available + 2)
    }

    public func kick() { kickDevice() }

    /// RAM for a buffer; what it was used for long ago is overwritten.
    public func buffer(_ byteCount: Int) -> UInt64 {
        precondition(byteCount <= arenaByteCount)
        if arenaNext + byteCount > arenaByteCount { arenaNext = 0 }
        defer { arenaNext += byteCount }
        return arena + UInt64(arenaNext)
    }

    /// Makes a chain available: buffers for the device to read, then buffers of 0xA5 for it to write.
    /// - Parameter isIndirect: all of it in an indirect table, behind one descriptor.
    @discardableResult
    public func add(readable: [[UInt8]] = [], writable: [Int] = [], isIndirect: Bool = false) -> UInt16 {
        var parts: [(address: UInt64, byteCount: Int, flags: UInt16)] = []
        for bytes in readable {
            let address = buffer(bytes.count)
            try! memory.write(bytes, at: address)
            parts.append((address, bytes.count, 0))
        }
        for byteCount in writable {
            let address = buffer(byteCount)
            try! memory.write([UInt8](repeating: 0xa5, count: byteCount), at: address)
            parts.append((address, byteCount, 2))
        }
        var table: UInt64?
        if isIndirect { table = (buffer(16 * parts.count + 16) + 15) & ~15 }
        let count = isIndirect ? 1 : parts.count
        precondition(count > 0 && free.count >= count, "no free descriptors")
        let taken = (0..<count).map { _ in free.removeLast() }
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let next = isLast ? 0 : isIndirect ? UInt16(index + 1) : taken[index + 1]
            setDescriptor(
                isIndirect ? index : Int(taken[index]), address: part.address, byteCount: UInt32(part.byteCount),
                flags: part.flags | (isLast ? 0 : 1), next: next, table: table)
        }
        if let table {
            setDescriptor(Int(taken[0]), address: table, byteCount: UInt32(16 * parts.count), flags: 4)
        }
        inFlight[taken[0]] = Chain(
            descriptors: taken, writable: parts.filter { $0.flags == 2 }.map { ($0.address, $0.byteCount) })
        makeAvailable(taken[0])
        return taken[0]
    }

    /// Takes the next chain that the device gave back; nil when there is none.
    /// With an event index, asks for an interrupt at the next one.
    public func take() -> Completion? {
        let index = try! memory.load(UInt16.self, at: used + 2)
        guard index != usedIndex else { return nil }
        precondition(index &- usedIndex <= UInt16(size), "the device gave back more than the queue holds")
        let place = used + 4 + 8 * UInt64(Int(usedIndex) % size)
        let head = UInt16(try! memory.load(UInt32.self, at: place))
        let written = Int(try! memory.load(UInt32.self, at: place + 4))
        usedIndex &+= 1
        if usesEventIndex { setUsedEvent(usedIndex) }
        guard let chain = inFlight.removeValue(forKey: head) else {
            preconditionFailure("the device gave back chain \(head), which it does not have")
        }
        free.append(contentsOf: chain.descriptors.reversed())
        var room: [UInt8] = []
        for part in chain.writable { room += try! memory.bytes(at: part.address, count: part.byteCount) }
        precondition(written <= room.count, "the device says it wrote more than there was room for")
        return Completion(head: head, written: written, bytes: Array(room.prefix(written)), room: room)
    }

    /// The used index at which the driver wants an interrupt (event index).
    public func setUsedEvent(_ value: UInt16) { try! memory.store(value, at: available + 4 + 2 * UInt64(size)) }

    /// The available index at which the device wants a kick (event index).
    public var availableEvent: UInt16 { try! memory.load(UInt16.self, at: used + 4 + 8 * UInt64(size)) }

    /// One chain, from its making to its return; the device answers at once.
    public func request(_ readable: [[UInt8]], room: [Int] = [], isIndirect: Bool = false) -> Completion? {
        add(readable: readable, writable: room, isIndirect: isIndirect)
        kick()
        return take()
    }
}
