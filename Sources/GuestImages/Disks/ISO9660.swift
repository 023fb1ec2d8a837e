/// A file system of a few small files in one folder, to be read as a CD-ROM (ECMA-119) with Joliet's names beside the short ones,
/// which every system reads: what hands a guest its configuration.
public struct ISO9660: Sendable {
    private static let sector = 2048
    /// Sectors by their place: what is in front of the files.
    private enum Place {
        static let primary = 16
        static let joliet = 17
        static let terminator = 18
        static let files = 25

        /// Of the short names' tree, and of Joliet's.
        static func pathTable(isJoliet: Bool) -> Int { isJoliet ? 21 : 19 }
        static func bigEndianPathTable(isJoliet: Bool) -> Int { pathTable(isJoliet: isJoliet) + 1 }
        static func root(isJoliet: Bool) -> Int { isJoliet ? 24 : 23 }
    }
    /// A path table has the root alone.
    private static let pathTableByteCount = 10

    private let label: String
    private var files: [(name: String, content: [UInt8])] = []

    /// - Parameter label: the volume's name, ASCII, at most 16 characters.
    public init(label: String) {
        precondition(label.utf8.count <= 16)
        self.label = label
    }

    /// - Parameter name: ASCII, at most 30 characters.
    public mutating func add(file name: String, _ content: String) {
        precondition(name.utf8.count <= 30)
        files.append((name, Array(content.utf8)))
    }

    /// The image.
    public func image() -> [UInt8] {
        let sorted = files.sorted { $0.name.uppercased() < $1.name.uppercased() }
        var extents: [(name: String, start: Int, byteCount: Int)] = []
        var next = Place.files
        for file in sorted {
            extents.append((file.name, next, file.content.count))
            next += max(1, (file.content.count + Self.sector - 1) / Self.sector)
        }
        var bytes = [UInt8](repeating: 0, count: next * Self.sector)
        func put(_ content: [UInt8], at sector: Int) {
            precondition(content.count <= Self.sector || sector >= Place.files)
            bytes.replaceSubrange(sector * Self.sector..<sector * Self.sector + content.count, with: content)
        }
        put(descriptor(sectorCount: next, isJoliet: false), at: Place.primary)
        put(descriptor(sectorCount: next, isJoliet: true), at: Place.joliet)
        put([255] + Array("CD001".utf8) + [1], at: Place.terminator)
        for isJoliet in [false, true] {
            let root = Place.root(isJoliet: isJoliet)
            put(Self.folder(extents, at: root, isJoliet: isJoliet), at: root)
            put([1, 0] + Self.little(UInt32(root)) + [1, 0, 0, 0], at: Place.pathTable(isJoliet: isJoliet))
            put([1, 0] + Self.big(UInt32(root)) + [0, 1, 0, 0], at: Place.bigEndianPathTable(isJoliet: isJoliet))
        }
        for (file, extent) in zip(sorted, extents) { put(file.content, at: extent.start) }
        return bytes
    }

    /// A volume descriptor (8.4, 8.5).
    private func descriptor(sectorCount: Int, isJoliet: Bool) -> [UInt8] {
        func text(_ text: String, _ count: Int) -> [UInt8] {
            let units = isJoliet ? text.utf8.flatMap { [0, $0] } : Array(text.utf8)
            let blank: [UInt8] = isJoliet ? [0, 0x20] : [0x20]
            let padding = (0..<(count - units.count)).map { blank[$0 % blank.count] }
            return units + padding
        }
        var bytes: [UInt8] = [isJoliet ? 2 : 1] + Array("CD001".utf8) + [1, 0]
        bytes += text("", 32) + text(label, 32) + [UInt8](repeating: 0, count: 8)
        bytes += Self.both(UInt32(sectorCount))
        // UCS-2, level 3.
        bytes += isJoliet ? Array("%/E".utf8) + [UInt8](repeating: 0, count: 29) : [UInt8](repeating: 0, count: 32)
        bytes += Self.both(UInt16(1)) + Self.both(UInt16(1)) + Self.both(UInt16(Self.sector))
        bytes += Self.both(UInt32(Self.pathTableByteCount))
        bytes += Self.little(UInt32(Place.pathTable(isJoliet: isJoliet))) + Self.little(0 as UInt32)
        bytes += Self.big(UInt32(Place.bigEndianPathTable(isJoliet: isJoliet))) + Self.big(0)
        bytes += Self.record([0], Place.root(isJoliet: isJoliet), Self.sector, isFolder: true)
        for count in [128, 128, 128, 128, 37, 37, 37] { bytes += text("", count) }
        // No dates: digits of zero, and a zone.
        for _ in 0..<4 { bytes += [UInt8](repeating: 0x30, count: 16) + [0] }
        return bytes + [1]
    }

    private static func folder(
        _ files: [(name: String, start: Int, byteCount: Int)], at place: Int, isJoliet: Bool
    ) -> [UInt8] {
        // Itself, and the one above, which is itself, too.
        var bytes = record([0], place, sector, isFolder: true) + record([1], place, sector, isFolder: true)
        for file in files {
            let name = isJoliet ? file.name.utf8.flatMap { [0, $0] } : Array("\(file.name.uppercased());1".utf8)
            bytes += record(name, file.start, file.byteCount)
        }
        return bytes
    }

    /// A directory record (9.1); the date is the first of January 2000.
    private static func record(_ name: [UInt8], _ start: Int, _ byteCount: Int, isFolder: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = [0, 0] + both(UInt32(start)) + both(UInt32(byteCount))
        bytes += [100, 1, 1, 0, 0, 0, 0, isFolder ? 2 : 0, 0, 0] + both(UInt16(1)) + [UInt8(name.count)] + name
        if bytes.count % 2 == 1 { bytes.append(0) }
        bytes[0] = UInt8(bytes.count)
        return bytes
    }

    // MARK: - Numbers

    private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
    private static func big(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }
    /// In both orders, as most of the format's numbers.
    private static func both<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        little(value) + withUnsafeBytes(of: value.bigEndian, Array.init)
    }
}
