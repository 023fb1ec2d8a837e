import Wire

/// The packets of one poller: free lists of storage in three sizes, grown in slabs, handed out and taken back in a few
/// instructions.
///
/// The large size holds the largest super-packet (64 KiB of IP and its headers). A packet that has to wait is moved
/// to the smallest size that holds it, so that a queue of small packets costs little memory.
/// Thread-safety: none; it belongs to one poller.
public struct PacketPool: ~Copyable {
    /// Bytes of storage, head included, in each size class.
    public static let classByteCounts = [2048, 12288, 69632]
    /// The class of storage that holds any frame a port can read.
    public static let largest = 2
    /// Bytes of frame that a fresh packet of the largest class takes.
    public static let largestFrame = 69632 - Packet.headByteCount - Packet.headroom

    private var free: (PacketRef?, PacketRef?, PacketRef?) = (nil, nil, nil)
    private var slabs: [UnsafeMutableRawPointer] = []
    /// Bytes of storage taken from the system.
    public private(set) var allocatedByteCount = 0
    /// Packets handed out and not given back.
    public private(set) var inUse = 0
    private let byteLimit: Int

    /// - Parameter byteLimit: the most storage to take from the system; beyond it `allocate` answers nil.
    public init(byteLimit: Int = 4 << 30) {
        self.byteLimit = byteLimit
    }

    deinit {
        for slab in slabs { slab.deallocate() }
    }

    /// A packet with an empty frame and `Packet.headroom` bytes in front of it, or nil at the memory limit.
    /// - Parameter frameByteCount: the bytes that the frame is to hold.
    @inlinable
    public mutating func allocate(frameByteCount: Int) -> PacketRef? {
        let needed = frameByteCount + Packet.headByteCount + Packet.headroom
        if needed <= 2048 { return take(sizeClass: 0) }
        if needed <= 12288 { return take(sizeClass: 1) }
        if needed <= 69632 { return take(sizeClass: 2) }
        return nil
    }

    /// A packet that holds a copy of `bytes`.
    public mutating func allocate(copying bytes: UnsafeRawBufferPointer) -> PacketRef? {
        guard let packet = allocate(frameByteCount: bytes.count) else { return nil }
        packet.pointee.length = bytes.count
        if let source = bytes.baseAddress { packet.pointee.data.copyMemory(from: source, byteCount: bytes.count) }
        return packet
    }

    /// A copy of `packet` that may be changed: same frame, offload and queue.
    public mutating func copy(_ packet: PacketRef) -> PacketRef? {
        guard let copy = allocate(copying: UnsafeRawBufferPointer(packet.bytes)) else { return nil }
        copy.pointee.offload = packet.pointee.offload
        copy.pointee.queue = packet.pointee.queue
        copy.pointee.link = packet.pointee.link
        copy.pointee.stamp = packet.pointee.stamp
        copy.pointee.due = packet.pointee.due
        return copy
    }

    /// Gives one hold on `packet` back.
    @inlinable
    public mutating func release(_ packet: PacketRef) {
        packet.pointee.references &-= 1
        if packet.pointee.references == 0 { put(packet) }
    }

    @usableFromInline
    mutating func put(_ packet: PacketRef) {
        inUse &-= 1
        switch packet.pointee.sizeClass {
        case 0:
            packet.pointee.next = free.0
            free.0 = packet
        case 1:
            packet.pointee.next = free.1
            free.1 = packet
        default:
            packet.pointee.next = free.2
            free.2 = packet
        }
    }

    @usableFromInline
    mutating func take(sizeClass: Int) -> PacketRef? {
        var head: PacketRef?
        switch sizeClass {
        case 0: head = free.0
        case 1: head = free.1
        default: head = free.2
        }
        if head == nil { head = grow(sizeClass: sizeClass) }
        guard let packet = head else { return nil }
        switch sizeClass {
        case 0: free.0 = packet.pointee.next
        case 1: free.1 = packet.pointee.next
        default: free.2 = packet.pointee.next
        }
        inUse &+= 1
        packet.pointee.next = nil
        packet.pointee.data = packet.storage + Packet.headroom
        packet.pointee.length = 0
        packet.pointee.references = 1
        packet.pointee.queue = 0
        packet.pointee.link = -1
        packet.pointee.stamp = 0
        packet.pointee.due = 0
        packet.pointee.offload = VirtioNetHeader()
        return packet
    }

    /// Takes a slab from the system, puts its packets on the free list and answers the first.
    @inline(never)
    private mutating func grow(sizeClass: Int) -> PacketRef? {
        let each = Self.classByteCounts[sizeClass]
        let count = sizeClass == 0 ? 512 : sizeClass == 1 ? 64 : 16
        guard allocatedByteCount + each * count <= byteLimit else { return nil }
        let slab = UnsafeMutableRawPointer.allocate(byteCount: each * count, alignment: 4096)
        slabs.append(slab)
        allocatedByteCount += each * count
        var next: PacketRef?
        for index in stride(from: count - 1, through: 0, by: -1) {
            let start = slab + index * each
            let packet = start.bindMemory(to: Packet.self, capacity: 1)
            packet.initialize(
                to: Packet(
                    next: next, data: start + Packet.headByteCount + Packet.headroom, length: 0, stamp: 0, due: 0,
                    link: -1, queue: 0, references: 0, capacity: Int32(each - Packet.headByteCount),
                    sizeClass: UInt8(sizeClass), offload: VirtioNetHeader()))
            next = packet
        }
        return next
    }
}
