/// Packets on their way out of the data path, in order, in raw memory that grows and is reused.
public struct Outbox: ~Copyable {
    /// A packet and the device that is to send it.
    public struct Item {
        public let packet: PacketRef
        public let device: Int32
    }

    private var items: UnsafeMutablePointer<Item>
    private var capacity: Int
    public private(set) var count = 0

    init() {
        capacity = 256
        items = .allocate(capacity: capacity)
    }

    deinit { items.deallocate() }

    public subscript(index: Int) -> Item { items[index] }

    @inline(__always)
    mutating func append(_ packet: PacketRef, device: Int32) {
        if count == capacity { grow() }
        (items + count).initialize(to: Item(packet: packet, device: device))
        count &+= 1
    }

    /// Forgets the items; their packets now belong to whoever took them.
    mutating func removeAll() { count = 0 }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Item>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: items, count: count)
        items.deallocate()
        items = larger
        capacity *= 2
    }
}
