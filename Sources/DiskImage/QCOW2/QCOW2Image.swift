import Board
import Linux

/// A qcow2 image: a disk in clusters that are allocated when they are first written, over an optional backing image.
///
/// ## What a crash leaves
/// Data goes to the file at once. Tables are kept in memory and written by `commit()`: refcounts first, then L2 tables,
/// then the L1 table, a sync between each. A cluster given up is free only when no table on the disk names it any more. So
/// whatever is on the disk after a crash, every mapped cluster has its refcount and its data; at worst, clusters are counted
/// that nobody uses. `lazy refcounts` are not made use of; an image that was left dirty has its refcounts rebuilt
/// before it is written.
///
/// ## Memory
/// L1 table and refcount table are in memory (8 bytes for 512 MiB of disk, and for 2 GiB of file, with clusters of 64 KiB);
/// L2 tables and refcount blocks in two caches of bounded size.
///
/// Calls come one at a time.
public final class QCOW2Image: ImageContent {
    public internal(set) var byteCount: UInt64
    public let isReadOnly: Bool
    public let file: any ImageFile
    /// What is read where nothing is mapped.
    public let backing: (any ImageContent)?

    var header: QCOW2Header
    let clusterByteCount: UInt64
    let clusterBits: UInt64
    var l1: [UInt64]
    var dirtyL1: Set<Int> = []
    var refcountTable: [UInt64]
    var dirtyRefcountTable: Set<Int> = []
    let l2Cache: TableCache
    let refcountCache: TableCache
    /// Clusters whose references have gone from the tables in memory, but maybe not from those on the disk.
    var pendingFrees: [HostRange] = []
    /// Where tables are: nothing else may be written there.
    var metadata: Set<UInt64> = []
    /// No cluster below this one is free, by number.
    var nextFree: UInt64 = 1
    /// The end of all that was ever used: what is behind reads as zero.
    var fileEnd: UInt64
    /// Something contradicts itself: nothing is written any more.
    var corruption: BlockStorageError?
    private var decompressed: (offset: UInt64, bytes: UnsafeMutableRawBufferPointer)?

    struct HostRange {
        var offset: UInt64
        var byteCount: UInt64
    }

    /// Flags and fields of L1 and L2 entries.
    enum Entry {
        /// The cluster has one reference: it may be written in place.
        static let copied: UInt64 = 1 << 63
        static let compressed: UInt64 = 1 << 62
        /// Reads as zero, whatever is in the cluster (version 3).
        static let zero: UInt64 = 1
        static let offset: UInt64 = 0x00ff_ffff_ffff_fe00
    }

    /// What is known of a cluster of the disk.
    enum Mapping: Equatable {
        case unmapped
        case zero(host: UInt64?, copied: Bool)
        case data(host: UInt64, copied: Bool)
        case compressed(host: UInt64, byteCount: UInt64)
    }

    /// - Parameters:
    ///   - backing: the image that the header names, opened.
    ///   - cacheByteCount: for L2 tables; 4 MiB map 32 GiB with clusters of 64 KiB.
    public convenience init(
        _ file: any ImageFile, backing: (any ImageContent)? = nil, cacheByteCount: Int = 4 << 20
    ) throws(BlockStorageError) {
        try self.init(file, QCOW2Header(file), backing: backing, cacheByteCount: cacheByteCount)
    }

    init(
        _ file: any ImageFile, _ header: QCOW2Header, backing: (any ImageContent)?, cacheByteCount: Int = 4 << 20
    ) throws(BlockStorageError) {
        self.file = file
        self.header = header
        self.backing = backing
        isReadOnly = file.isReadOnly
        byteCount = header.byteCount / 512 * 512
        clusterBits = header.clusterBits
        clusterByteCount = header.clusterByteCount
        fileEnd = try file.byteCount()
        l1 = try file.readWords(at: header.l1Offset, count: header.l1Count)
        refcountTable =
            file.isReadOnly
            ? []
            : try file.readWords(
                at: header.refcountTableOffset, count: Int(header.refcountTableClusters << header.clusterBits) / 8)
        let page = min(4096, header.clusterByteCount)
        l2Cache = TableCache(file, pageByteCount: page, capacity: max(16, cacheByteCount / Int(page)))
        refcountCache = TableCache(file, pageByteCount: page, capacity: max(16, cacheByteCount / 4 / Int(page)))
        // An isolated monitor cannot open files when it comes to a compressed cluster.
        library.load()
        if !isReadOnly { try prepareWriting() }
    }

    deinit { decompressed?.bytes.deallocate() }

    private func prepareWriting() throws(BlockStorageError) {
        if header.incompatible & QCOW2Header.Incompatible.corrupt != 0 {
            throw BlockStorageError(
                .corrupt,
                "'\(file.name)' is marked as corrupt and can only be read; repair it: qemu-img check -r all")
        }
        if header.incompatible & QCOW2Header.Incompatible.dirty != 0 { try repairAfterCrash() }
        // Bits that we do not know may be about data that is going to change (bitmaps).
        if header.autoclear != 0 {
            header.autoclear = 0
            try writeHeaderWord(at: QCOW2Header.Offset.autoclear, 0)
        }
        try collectMetadata()
    }

    /// Notes where tables are; two at one place would destroy each other.
    func collectMetadata() throws(BlockStorageError) {
        metadata = [0]
        func add(_ offset: UInt64, _ byteCount: UInt64, _ what: String) throws(BlockStorageError) {
            for cluster in (offset >> clusterBits)..<((offset + byteCount + clusterByteCount - 1) >> clusterBits)
            where !metadata.insert(cluster).inserted {
                throw corrupt("\(what) at \(cluster << clusterBits) is where another table is")
            }
        }
        try add(header.refcountTableOffset, header.refcountTableClusters << clusterBits, "the refcount table")
        if !l1.isEmpty { try add(header.l1Offset, UInt64(l1.count) * 8, "the L1 table") }
        for (index, entry) in refcountTable.enumerated() where entry != 0 {
            guard entry % clusterByteCount == 0, entry < fileEnd else {
                throw corrupt("entry \(index) of the refcount table is 0x\(String(entry, radix: 16))")
            }
            try add(entry, clusterByteCount, "refcount block \(index)")
        }
        for (index, entry) in l1.enumerated() where entry & Entry.offset != 0 {
            try add(l2Offset(entry, index), clusterByteCount, "L2 table \(index)")
        }
    }

    // MARK: Reading

    public func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
        let total = buffers.totalByteCount
        try checkRange(offset, total)
        var done: UInt64 = 0
        while done < total {
            let guest = offset + done
            let within = guest & (clusterByteCount - 1)
            var count = min(clusterByteCount - within, total - done)
            let mapping = try mapping(of: guest)
            switch mapping {
            case .unmapped:
                while done + count < total, try self.mapping(of: guest + count) == .unmapped {
                    count = min(count + clusterByteCount, total - done)
                }
                try readBacking(at: guest, into: buffers.part(done, count))
            case .zero:
                buffers.part(done, count).fillWithZeros()
            case .data(let host, _):
                while done + count < total,
                    case .data(let next, _) = try self.mapping(of: guest + count), next == host + within + count
                {
                    count = min(count + clusterByteCount, total - done)
                }
                try file.read(at: host + within, into: buffers.part(done, count))
            case .compressed(let host, let byteCount):
                let bytes = try decompress(host, byteCount)
                buffers.part(done, count).copy(
                    from: UnsafeRawBufferPointer(rebasing: bytes[Int(within)..<Int(within + count)]))
            }
            done += count
        }
    }

    private func readBacking(
        at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]
    ) throws(BlockStorageError) {
        guard let backing, offset < backing.byteCount else { return buffers.fillWithZeros() }
        let count = buffers.totalByteCount
        let held = min(count, backing.byteCount - offset)
        try backing.read(at: offset, into: buffers.part(0, held))
        if held < count { buffers.part(held, count - held).fillWithZeros() }
    }

    /// The content of a compressed cluster; the last one is kept, because disks are read in order.
    private func decompress(_ host: UInt64, _ byteCount: UInt64) throws(BlockStorageError) -> UnsafeRawBufferPointer {
        if let decompressed, decompressed.offset == host { return UnsafeRawBufferPointer(decompressed.bytes) }
        let source = try file.read(at: host, count: Int(byteCount))
        let bytes = decompressed?.bytes ?? .allocate(byteCount: Int(clusterByteCount), alignment: 16)
        decompressed = (.max, bytes)
        do throws(DecompressionError) {
            let count = try decompress(source, into: bytes)
            guard count == bytes.count else { throw DecompressionError("it has \(count) bytes") }
        } catch {
            throw corrupt("the compressed cluster at \(host) does not decompress to a cluster: \(error)")
        }
        decompressed = (host, bytes)
        return UnsafeRawBufferPointer(bytes)
    }

    private func decompress(
        _ source: [UInt8], into target: UnsafeMutableRawBufferPointer
    ) throws(DecompressionError) -> Int {
        let isZlib = header.compression == .zlib
        let result = source.withUnsafeBytes { source in
            Result { () throws(DecompressionError) -> Int in
                isZlib
                    ? try StreamLibrary.inflate(.raw, source, into: target)
                    : try StreamLibrary.unpackZstd(source, into: target)
            }
        }
        return try result.get()
    }

    private var library: StreamLibrary { header.compression == .zlib ? .zlib : .zstd }

    func forgetDecompressed() {
        if let decompressed { self.decompressed = (.max, decompressed.bytes) }
    }

    public func extent(at offset: UInt64) throws(BlockStorageError) -> ImageExtent {
        guard offset < byteCount else { return ImageExtent(byteCount: 0, kind: .zero) }
        let left = byteCount - offset
        let toBoundary = header.l1Span - (offset & (header.l1Span - 1))
        let first = try kind(at: offset)
        if first == .unmapped {
            // Unmapped clusters up to the end of the L2 table, and then what the backing file has there.
            var count =
                l1[Int(offset / header.l1Span)] & Entry.offset == 0
                ? toBoundary : clusterByteCount - (offset & (clusterByteCount - 1))
            while count < toBoundary, count < left, try kind(at: offset + count) == .unmapped {
                count += clusterByteCount
            }
            count = min(count, left)
            guard let backing, offset < backing.byteCount else { return ImageExtent(byteCount: count, kind: .zero) }
            let below = try backing.extent(at: offset)
            return ImageExtent(byteCount: min(count, below.byteCount), kind: below.kind)
        }
        var count = clusterByteCount - (offset & (clusterByteCount - 1))
        while count < toBoundary, count < left, try kind(at: offset + count) == first { count += clusterByteCount }
        return ImageExtent(byteCount: min(count, left), kind: first == .zero ? .zero : .data)
    }

    private enum Kind { case unmapped, zero, data }

    private func kind(at offset: UInt64) throws(BlockStorageError) -> Kind {
        switch try mapping(of: offset) {
        case .unmapped: .unmapped
        case .zero: .zero
        case .data, .compressed: .data
        }
    }

    // MARK: Faults

    /// An error that says what is wrong; from now on nothing is written, and the file says so where it can.
    func corrupt(_ what: String) -> BlockStorageError {
        let error = BlockStorageError(.corrupt, "the qcow2 image '\(file.name)' is corrupt: \(what)")
        if corruption == nil {
            corruption = error
            if !isReadOnly && header.version >= 3 {
                header.incompatible |= QCOW2Header.Incompatible.corrupt
                try? writeHeaderWord(at: QCOW2Header.Offset.incompatible, header.incompatible)
            }
        }
        return error
    }

    func writeHeaderWord(at offset: Int, _ value: UInt64) throws(BlockStorageError) {
        var bytes = [UInt8](repeating: 0, count: 8)
        bytes.setBigEndian(at: 0, value)
        try file.write(at: UInt64(offset), bytes)
    }
}

extension ImageFile {
    /// A table of 64-bit words.
    func readWords(at offset: UInt64, count: Int) throws(BlockStorageError) -> [UInt64] {
        if count == 0 { return [] }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count * 8, alignment: 8)
        defer { bytes.deallocate() }
        try read(at: offset, into: [bytes])
        return bytes.bindMemory(to: UInt64.self).map(UInt64.init(bigEndian:))
    }

    func writeWords(at offset: UInt64, _ words: ArraySlice<UInt64>) throws(BlockStorageError) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: words.count * 8, alignment: 8)
        defer { bytes.deallocate() }
        for (index, word) in words.enumerated() {
            bytes.storeBytes(of: word.bigEndian, toByteOffset: index * 8, as: UInt64.self)
        }
        try write(at: offset, from: [UnsafeRawBufferPointer(bytes)])
    }
}
