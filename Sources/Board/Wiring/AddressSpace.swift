/// Where devices answer: sorted, disjoint ranges of I/O ports or of physical addresses outside of RAM.
///
/// Accesses go to the device whose range holds the first byte. Nobody there: reads are all ones, writes are dropped,
/// as on a PC's bus. Called with the device lock held.
public final class AddressSpace {
    /// A range and who answers there.
    public struct Entry {
        public var start: UInt64
        public var byteCount: UInt64
        public var device: any IODevice
        /// For messages: "i8042", "virtio-net.0 BAR 0".
        public var name: String
    }

    public private(set) var entries: [Entry] = []
    /// The entry that answered last: devices are asked several times in a row.
    private var latest = 0

    public init() {}

    /// Gives `start ..< start + byteCount` to `device`.
    /// - Returns: the name of an entry that lies there already; nil when the range was free and is taken now.
    @discardableResult
    public func map(_ device: any IODevice, at start: UInt64, byteCount: UInt64, name: String) -> String? {
        precondition(byteCount > 0)
        let end = start &+ (byteCount - 1)
        if let taken = entries.first(where: { $0.start <= end && start <= $0.start + ($0.byteCount - 1) }) {
            return taken.name
        }
        let entry = Entry(start: start, byteCount: byteCount, device: device, name: name)
        entries.insert(entry, at: entries.firstIndex { $0.start > start } ?? entries.endIndex)
        latest = 0
        return nil
    }

    /// Takes the range that starts at `start` away again: a BAR moves, or is switched off.
    public func unmap(at start: UInt64) {
        entries.removeAll { $0.start == start }
        latest = 0
    }

    public func read(_ address: UInt64, size: Int) -> UInt64 {
        guard let entry = entry(at: address) else { return ~0 }
        return entry.device.read(offset: address - entry.start, size: size)
    }

    public func write(_ address: UInt64, size: Int, value: UInt64) {
        guard let entry = entry(at: address) else { return }
        entry.device.write(offset: address - entry.start, size: size, value: value)
    }

    /// Who answers at `address`.
    public func entry(at address: UInt64) -> Entry? {
        if latest < entries.count, address >= entries[latest].start,
            address - entries[latest].start < entries[latest].byteCount
        {
            return entries[latest]
        }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address - entries[low - 1].start < entries[low - 1].byteCount else { return nil }
        latest = low - 1
        return entries[latest]
    }
}
