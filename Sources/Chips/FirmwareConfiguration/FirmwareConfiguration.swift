import Board

/// What a machine tells its firmware: numbered items and named files behind a selector and a data port, with DMA, as
/// QEMU's fw_cfg device does it (docs/specs/fw_cfg). SeaBIOS, OVMF and Linux's qemu_fw_cfg read it. Ports 0x510 to 0x51B.
///
/// Items are read only: writes by DMA are answered with an error, except to those that were added as writable.
public final class FirmwareConfiguration {
    public static let port: UInt64 = 0x510
    public static let byteCount: UInt64 = 12
    /// Files have numbers from here on.
    static let firstFile: UInt16 = 0x20
    /// As many as the interface has numbers for.
    static let mostFiles = 0x3fe0

    /// Items with fixed numbers.
    public enum Key {
        public static let signature: UInt16 = 0x00
        public static let interface: UInt16 = 0x01
        public static let systemUUID: UInt16 = 0x02
        public static let ramSize: UInt16 = 0x03
        public static let noGraphics: UInt16 = 0x04
        public static let processorCount: UInt16 = 0x05
        public static let bootMenu: UInt16 = 0x0e
        public static let mostProcessors: UInt16 = 0x0f
        public static let fileDirectory: UInt16 = 0x19
        /// PC only: 1 where the interval timer is input 2 of the IO-APIC, for the ACPI tables that SeaBIOS makes itself.
        public static let timerOverride: UInt16 = 0x8002
    }

    private struct Item {
        var bytes: [UInt8]
        var isWritable = false
        var onWrite: ((_ bytes: [UInt8]) -> Void)?
    }

    private let memory: GuestMemory
    private var items: [UInt16: Item] = [:]
    /// Names of the files, with their numbers, sorted by name.
    public private(set) var files: [(name: String, key: UInt16)] = []
    private var selected: UInt16 = 0
    private var position = 0
    private var transferAddress: UInt64 = 0

    public init(memory: GuestMemory) {
        self.memory = memory
        items[Key.signature] = Item(bytes: Array("QEMU".utf8))
        // The traditional interface, and DMA.
        items[Key.interface] = Item(bytes: [3, 0, 0, 0])
        updateDirectory()
    }

    public func reset() {
        selected = 0
        position = 0
        transferAddress = 0
    }

    /// An item with a number.
    public func set(_ key: UInt16, _ bytes: [UInt8]) { items[key] = Item(bytes: bytes) }

    /// An item with a number that is an integer, little-endian.
    public func set<T: FixedWidthInteger & UnsignedInteger>(_ key: UInt16, _ value: T) {
        set(key, (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) })
    }

    /// Adds or replaces a file.
    /// - Parameters:
    ///   - name: at most 55 bytes of ASCII: "etc/e820".
    ///   - onWrite: lets the guest write to it (by DMA), and is called with what it holds after each write.
    public func addFile(_ name: String, _ bytes: [UInt8], onWrite: ((_ bytes: [UInt8]) -> Void)? = nil) {
        precondition(name.utf8.count < 56, "names of firmware files have at most 55 bytes")
        let item = Item(bytes: bytes, isWritable: onWrite != nil, onWrite: onWrite)
        if let file = files.first(where: { $0.name == name }) {
            items[file.key] = item
        } else {
            precondition(files.count < Self.mostFiles)
            let key = Self.firstFile + UInt16(files.count)
            items[key] = item
            files.append((name, key))
            files.sort { $0.name < $1.name }
        }
        updateDirectory()
    }

    /// Adds an integer as a file, as SeaBIOS reads settings: 8 bytes, little-endian.
    public func addFile(_ name: String, value: UInt64) {
        addFile(name, (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) })
    }

    /// What a file holds now; the guest may have changed it.
    public func file(_ name: String) -> [UInt8]? {
        files.first { $0.name == name }.flatMap { items[$0.key]?.bytes }
    }

    /// The file directory: a count, then size, number and name of each; big-endian.
    private func updateDirectory() {
        var bytes = Self.bigEndian(UInt32(files.count))
        for file in files {
            bytes += Self.bigEndian(UInt32(items[file.key]?.bytes.count ?? 0))
            bytes += Self.bigEndian(file.key) + [0, 0]
            bytes += Array(file.name.utf8) + [UInt8](repeating: 0, count: 56 - file.name.utf8.count)
        }
        items[Key.fileDirectory] = Item(bytes: bytes)
    }

    private static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<MemoryLayout<T>.size).reversed().map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
    }

    // MARK: Ports

    private func select(_ key: UInt16) {
        // Bit 14 once meant writing; it is part of no number.
        selected = key & 0xbfff
        position = 0
    }

    /// The next byte; zero behind the end, or where there is no such item.
    private func nextByte() -> UInt8 {
        guard let item = items[selected], position < item.bytes.count else { return 0 }
        defer { position += 1 }
        return item.bytes[position]
    }

    /// The selector is 16 bits wide at 0x510, data 8 bits at 0x511, the DMA address 64 bits at 0x514, big-endian.
    public private(set) lazy var ports = RegisterWindow(
        read: { [unowned self] offset, size in
            if offset == 1 { return UInt64(nextByte()) }
            guard offset >= 4 else { return 0 }
            // The DMA address register reads as a signature.
            let signature = Array("QEMU CFG".utf8)
            var value: UInt64 = 0
            for index in 0..<size where Int(offset) - 4 + index < 8 {
                value |= UInt64(signature[Int(offset) - 4 + index]) << UInt64(8 * index)
            }
            return value
        },
        write: { [unowned self] offset, size, value in
            switch (offset, size) {
            case (0, 2...): select(UInt16(truncatingIfNeeded: value))
            case (4, 4):
                transferAddress = UInt64(UInt32(truncatingIfNeeded: value).byteSwapped) << 32
            case (8, 4):
                transferAddress |= UInt64(UInt32(truncatingIfNeeded: value).byteSwapped)
                transfer()
            case (4, 8):
                transferAddress = value.byteSwapped
                transfer()
            default: break
            }
        })

    /// Takes its ports in `space`.
    public func map(in space: AddressSpace) {
        space.map(ports, at: Self.port, byteCount: Self.byteCount, name: "fw_cfg")
    }

    // MARK: DMA

    private enum TransferControl {
        static let error: UInt32 = 1
        static let read: UInt32 = 2
        static let skip: UInt32 = 4
        static let select: UInt32 = 8
        static let write: UInt32 = 16
    }

    /// A transfer: control, length and address lie in the guest's memory, big-endian.
    private func transfer() {
        let descriptor = transferAddress
        transferAddress = 0
        guard let control = (try? memory.load(UInt32.self, at: descriptor))?.byteSwapped,
            let length = (try? memory.load(UInt32.self, at: descriptor &+ 4))?.byteSwapped,
            let address = (try? memory.load(UInt64.self, at: descriptor &+ 8))?.byteSwapped
        else { return }
        if control & TransferControl.select != 0 { select(UInt16(control >> 16)) }
        var isDone = true
        if control & TransferControl.read != 0 {
            isDone = copyOut(to: address, count: Int(length))
        } else if control & TransferControl.write != 0 {
            isDone = copyIn(from: address, count: Int(length))
        } else if control & TransferControl.skip != 0 {
            position = min(position + Int(length), items[selected]?.bytes.count ?? 0)
        }
        try? memory.store((isDone ? 0 : TransferControl.error).byteSwapped, at: descriptor)
    }

    private func copyOut(to address: UInt64, count: Int) -> Bool {
        guard memory.pointer(at: address, count: count) != nil else { return false }
        let bytes = items[selected]?.bytes ?? []
        let available = min(count, max(bytes.count - position, 0))
        let isWritten = bytes.withUnsafeBytes { source in
            let part = UnsafeRawBufferPointer(rebasing: source[min(position, source.count)...].prefix(available))
            return (try? memory.write(part, at: address)) != nil
        }
        position += available
        // Zeros behind the end, a page at a time.
        let zeros = [UInt8](repeating: 0, count: min(count - available, 4096))
        var filled = available
        while filled < count {
            let part = Array(zeros.prefix(count - filled))
            guard (try? memory.write(part, at: address + UInt64(filled))) != nil else { return false }
            filled += part.count
        }
        return isWritten
    }

    private func copyIn(from address: UInt64, count: Int) -> Bool {
        guard let item = items[selected], item.isWritable, count <= item.bytes.count - position,
            let bytes = try? memory.bytes(at: address, count: count)
        else { return false }
        items[selected]?.bytes.replaceSubrange(position..<position + count, with: bytes)
        position += count
        if let changed = items[selected] { changed.onWrite?(changed.bytes) }
        return true
    }
}
