import Board

/// The header of a qcow2 file, versions 2 and 3 (QEMU, docs/interop/qcow2.txt). All numbers are big-endian.
struct QCOW2Header: Sendable {
    static let magicBytes: [UInt8] = [0x51, 0x46, 0x49, 0xfb]

    /// Where fields lie.
    enum Offset {
        static let version = 4
        static let backingOffset = 8
        static let backingByteCount = 16
        static let clusterBits = 20
        static let byteCount = 24
        static let cryptMethod = 32
        static let l1Count = 36
        static let l1Offset = 40
        static let refcountTableOffset = 48
        static let refcountTableClusters = 56
        static let snapshotCount = 60
        static let snapshotsOffset = 64
        static let incompatible = 72
        static let compatible = 80
        static let autoclear = 88
        static let refcountOrder = 96
        static let headerByteCount = 100
        static let compressionType = 104
    }

    /// Bits of `incompatible`: who does not know them cannot open the image.
    enum Incompatible {
        /// The refcounts may be wrong: the image was not closed.
        static let dirty: UInt64 = 1
        static let corrupt: UInt64 = 2
        static let externalData: UInt64 = 4
        static let compressionType: UInt64 = 8
        static let extendedL2: UInt64 = 16
    }

    enum Extension {
        static let end: UInt32 = 0
        static let backingFormat: UInt32 = 0xe279_2aca
        static let bitmaps: UInt32 = 0x2385_2875
    }

    enum Compression: UInt8, Sendable {
        case zlib = 0
        case zstandard = 1
    }

    var version: UInt32 = 3
    var clusterBits: UInt64 = 16
    /// The size of the disk.
    var byteCount: UInt64
    var backingFile: String?
    var backingFormat: String?
    var l1Count = 0
    var l1Offset: UInt64 = 0
    var refcountTableOffset: UInt64 = 0
    var refcountTableClusters: UInt64 = 0
    var snapshotCount = 0
    var snapshotsOffset: UInt64 = 0
    var incompatible: UInt64 = 0
    var compatible: UInt64 = 0
    var autoclear: UInt64 = 0
    var refcountOrder: UInt64 = 4
    var compression = Compression.zlib
    var hasBitmaps = false

    var clusterByteCount: UInt64 { 1 << clusterBits }
    /// Entries of an L2 table.
    var l2Count: UInt64 { 1 << (clusterBits - 3) }
    /// How much of the disk one L2 table maps.
    var l1Span: UInt64 { 1 << (2 * clusterBits - 3) }
    /// Clusters that one refcount block counts.
    var refcountsPerBlock: UInt64 { 1 << (clusterBits + 3 - refcountOrder) }

    /// Tables of more bytes are refused: 32 MiB, as in QEMU (enough for 2 EiB of disk with clusters of 2 MiB).
    static let maximumL1ByteCount = 32 << 20
    static let maximumRefcountTableByteCount: UInt64 = 8 << 20
    static let maximumBackingNameByteCount = 1023
    static let maximumSnapshotCount = 65536

    init(byteCount: UInt64) { self.byteCount = byteCount }

    static func isPresent(in file: any ImageFile) throws(BlockStorageError) -> Bool {
        guard try file.byteCount() >= 4 else { return false }
        return try file.read(at: 0, count: 4) == magicBytes
    }

    /// Reads and checks a header.
    init(_ file: any ImageFile) throws(BlockStorageError) {
        let name = file.name
        func corrupt(_ what: String) -> BlockStorageError {
            BlockStorageError(.corrupt, "'\(name)' is no valid qcow2 image: \(what)")
        }
        func unsupported(_ what: String) -> BlockStorageError {
            BlockStorageError(.unsupported, "the qcow2 image '\(name)' uses \(what), which is not supported")
        }
        let fileEnd = try file.byteCount()
        guard fileEnd >= 72 else { throw corrupt("its \(fileEnd) bytes are too few for a header") }
        let bytes = try file.read(at: 0, count: 112)
        guard Array(bytes[..<4]) == Self.magicBytes else { throw corrupt("it does not start with QFI\\xfb") }
        version = bytes.bigEndian(at: Offset.version, UInt32.self)
        guard version == 2 || version == 3 else { throw unsupported("version \(version)") }
        let bits = bytes.bigEndian(at: Offset.clusterBits, UInt32.self)
        guard (9...21).contains(bits) else { throw corrupt("clusters of 2^\(bits) bytes (offset 20)") }
        clusterBits = UInt64(bits)
        byteCount = bytes.bigEndian(at: Offset.byteCount, UInt64.self)
        let crypt = bytes.bigEndian(at: Offset.cryptMethod, UInt32.self)
        guard crypt == 0 else { throw unsupported("encryption") }
        var headerByteCount: UInt64 = 72
        if version >= 3 {
            guard fileEnd >= 104 else { throw corrupt("its \(fileEnd) bytes are too few for a header") }
            incompatible = bytes.bigEndian(at: Offset.incompatible, UInt64.self)
            compatible = bytes.bigEndian(at: Offset.compatible, UInt64.self)
            autoclear = bytes.bigEndian(at: Offset.autoclear, UInt64.self)
            let order = bytes.bigEndian(at: Offset.refcountOrder, UInt32.self)
            guard order <= 6 else { throw corrupt("refcounts of 2^\(order) bits (offset 96)") }
            refcountOrder = UInt64(order)
            headerByteCount = UInt64(bytes.bigEndian(at: Offset.headerByteCount, UInt32.self))
            guard headerByteCount >= 104, headerByteCount <= 1 << clusterBits, headerByteCount % 8 == 0 else {
                throw corrupt("a header of \(headerByteCount) bytes (offset 100)")
            }
        }
        if incompatible & Incompatible.externalData != 0 { throw unsupported("an external data file") }
        if incompatible & Incompatible.extendedL2 != 0 { throw unsupported("extended L2 entries") }
        let unknown = incompatible & ~31
        if unknown != 0 { throw unsupported("features of bits 0x\(String(unknown, radix: 16))") }
        if incompatible & Incompatible.compressionType != 0 {
            guard headerByteCount > 104, let type = Compression(rawValue: bytes[Offset.compressionType]) else {
                throw unsupported("compression of type \(bytes[Offset.compressionType])")
            }
            compression = type
        }

        let cluster: UInt64 = 1 << clusterBits
        let spanBits = 2 * clusterBits - 3
        // 2^62 keeps all arithmetic on guest offsets from overflowing.
        guard byteCount <= 1 << 62 else { throw corrupt("a disk of \(byteCount) bytes (offset 24)") }
        l1Count = Int(bytes.bigEndian(at: Offset.l1Count, UInt32.self))
        l1Offset = bytes.bigEndian(at: Offset.l1Offset, UInt64.self)
        let needed = (byteCount + (1 << spanBits) - 1) >> spanBits
        guard l1Count * 8 <= Self.maximumL1ByteCount else {
            throw corrupt("an L1 table of \(l1Count) entries (offset 36)")
        }
        guard UInt64(l1Count) >= needed else {
            throw corrupt("an L1 table of \(l1Count) entries, where the disk's size needs \(needed) (offset 36)")
        }
        try Self.checkTable(
            "L1 table", at: l1Offset, UInt64(l1Count) * 8, fieldOffset: 40, cluster, fileEnd, corrupt)
        refcountTableOffset = bytes.bigEndian(at: Offset.refcountTableOffset, UInt64.self)
        refcountTableClusters = UInt64(bytes.bigEndian(at: Offset.refcountTableClusters, UInt32.self))
        guard refcountTableClusters > 0, refcountTableClusters << clusterBits <= Self.maximumRefcountTableByteCount
        else { throw corrupt("a refcount table of \(refcountTableClusters) clusters (offset 56)") }
        try Self.checkTable(
            "refcount table", at: refcountTableOffset, refcountTableClusters << clusterBits, fieldOffset: 48, cluster,
            fileEnd, corrupt)
        snapshotCount = Int(bytes.bigEndian(at: Offset.snapshotCount, UInt32.self))
        snapshotsOffset = bytes.bigEndian(at: Offset.snapshotsOffset, UInt64.self)
        guard snapshotCount <= Self.maximumSnapshotCount else {
            throw corrupt("\(snapshotCount) snapshots (offset 60)")
        }
        if snapshotCount > 0 {
            try Self.checkTable(
                "snapshot table", at: snapshotsOffset, UInt64(snapshotCount) * 40, fieldOffset: 64, cluster, fileEnd,
                corrupt)
        }

        let nameOffset = bytes.bigEndian(at: Offset.backingOffset, UInt64.self)
        let nameCount = bytes.bigEndian(at: Offset.backingByteCount, UInt32.self)
        if nameOffset != 0 && nameCount != 0 {
            guard nameCount <= Self.maximumBackingNameByteCount, nameOffset >= headerByteCount,
                nameOffset <= cluster - UInt64(nameCount)
            else { throw corrupt("a backing file's name of \(nameCount) bytes at \(nameOffset) (offset 8)") }
            let text = try file.read(at: nameOffset, count: Int(nameCount))
            guard !text.contains(0), let decoded = String(validating: text, as: UTF8.self) else {
                throw corrupt("a backing file's name that is no text (offset \(nameOffset))")
            }
            backingFile = decoded
        }

        // Extensions end at an entry of type 0, or where the backing file's name is.
        var offset = headerByteCount
        let end = nameOffset != 0 ? min(nameOffset, cluster) : cluster
        while offset + 8 <= end {
            let head = try file.read(at: offset, count: 8)
            let type = head.bigEndian(at: 0, UInt32.self)
            let count = UInt64(head.bigEndian(at: 4, UInt32.self))
            if type == Extension.end { break }
            guard count <= end - offset - 8 else {
                throw corrupt("an extension of \(count) bytes at \(offset) that goes beyond the header")
            }
            if type == Extension.backingFormat {
                guard count <= 64 else { throw corrupt("a backing format's name of \(count) bytes at \(offset)") }
                backingFormat = String(decoding: try file.read(at: offset + 8, count: Int(count)), as: UTF8.self)
            }
            if type == Extension.bitmaps { hasBitmaps = true }
            offset += 8 + (count + 7) / 8 * 8
        }
    }

    private static func checkTable(
        _ what: String, at offset: UInt64, _ count: UInt64, fieldOffset: Int, _ cluster: UInt64, _ fileEnd: UInt64,
        _ corrupt: (String) -> BlockStorageError
    ) throws(BlockStorageError) {
        if count == 0 { return }
        guard offset % cluster == 0, offset >= cluster, offset <= fileEnd, count <= fileEnd - offset else {
            throw corrupt("its \(what) of \(count) bytes at \(offset) is not in the file (offset \(fieldOffset))")
        }
    }

    /// The header's cluster, up to what is used of it.
    func encoded() throws(BlockStorageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 112)
        bytes.replaceSubrange(0..<4, with: Self.magicBytes)
        bytes.setBigEndian(at: Offset.version, version)
        bytes.setBigEndian(at: Offset.clusterBits, UInt32(clusterBits))
        bytes.setBigEndian(at: Offset.byteCount, byteCount)
        bytes.setBigEndian(at: Offset.l1Count, UInt32(l1Count))
        bytes.setBigEndian(at: Offset.l1Offset, l1Offset)
        bytes.setBigEndian(at: Offset.refcountTableOffset, refcountTableOffset)
        bytes.setBigEndian(at: Offset.refcountTableClusters, UInt32(refcountTableClusters))
        if version >= 3 {
            bytes.setBigEndian(at: Offset.incompatible, incompatible)
            bytes.setBigEndian(at: Offset.compatible, compatible)
            bytes.setBigEndian(at: Offset.autoclear, autoclear)
            bytes.setBigEndian(at: Offset.refcountOrder, UInt32(refcountOrder))
            bytes.setBigEndian(at: Offset.headerByteCount, UInt32(112))
        } else {
            bytes.removeSubrange(72...)
        }
        if let backingFormat {
            var entry = [UInt8](repeating: 0, count: 8)
            entry.setBigEndian(at: 0, Extension.backingFormat)
            entry.setBigEndian(at: 4, UInt32(backingFormat.utf8.count))
            entry += Array(backingFormat.utf8)
            entry += [UInt8](repeating: 0, count: (8 - entry.count % 8) % 8)
            bytes += entry
        }
        bytes += [UInt8](repeating: 0, count: 8)
        if let backingFile {
            let name = Array(backingFile.utf8)
            guard name.count <= Self.maximumBackingNameByteCount, UInt64(bytes.count + name.count) <= clusterByteCount
            else {
                throw BlockStorageError(.unsupported, "the backing file's name is too long: \(name.count) bytes")
            }
            bytes.setBigEndian(at: Offset.backingOffset, UInt64(bytes.count))
            bytes.setBigEndian(at: Offset.backingByteCount, UInt32(name.count))
            bytes += name
        }
        return bytes
    }
}

extension [UInt8] {
    func bigEndian<Number: FixedWidthInteger>(at offset: Int, _ type: Number.Type) -> Number {
        withUnsafeBytes { Number(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }

    mutating func setBigEndian<Number: FixedWidthInteger>(at offset: Int, _ value: Number) {
        withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Number.self) }
    }
}
