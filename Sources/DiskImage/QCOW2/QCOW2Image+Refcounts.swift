import Board

// Which clusters of the file are in use, and how often: refcount table, refcount blocks.

extension QCOW2Image {
    /// Clusters that the refcount table can count.
    private var countable: UInt64 { UInt64(refcountTable.count) * header.refcountsPerBlock }

    private func hasBlock(_ cluster: UInt64) -> Bool {
        cluster < countable && refcountTable[Int(cluster / header.refcountsPerBlock)] != 0
    }

    private func refcountPage(_ cluster: UInt64) throws(BlockStorageError) -> (page: TableCache.Page, bit: UInt64) {
        let block = refcountTable[Int(cluster / header.refcountsPerBlock)]
        let bit = (cluster % header.refcountsPerBlock) << header.refcountOrder
        let offset = block + bit / 8
        // Refcounts may be written whenever they are: those of clusters in use are never too low.
        let page = try refcountCache.page(holding: offset) { () throws(BlockStorageError) in
            try refcountCache.writeBack()
        }
        return (page, (offset - page.offset) * 8 + bit % 8)
    }

    /// How many references a cluster has.
    func refcount(_ cluster: UInt64) throws(BlockStorageError) -> UInt64 {
        guard hasBlock(cluster) else { return 0 }
        let (page, bit) = try refcountPage(cluster)
        return Refcounts.get(UnsafeRawBufferPointer(page.bytes), bit: bit, order: header.refcountOrder)
    }

    private func setRefcount(_ cluster: UInt64, _ value: UInt64) throws(BlockStorageError) {
        let (page, bit) = try refcountPage(cluster)
        Refcounts.set(page.bytes, bit: bit, order: header.refcountOrder, value)
        refcountCache.markDirty(page)
    }

    // MARK: Allocation

    /// Takes up to `count` free clusters in a row.
    /// - Returns: the first one's offset, how many they are, and whether they are known to read as zero.
    func allocate(
        _ count: UInt64
    ) throws(BlockStorageError) -> (host: UInt64, count: UInt64, isFresh: Bool) {
        var cluster = nextFree
        while true {
            guard cluster < Entry.offset >> clusterBits else {
                throw BlockStorageError(.noSpace, "'\(file.name)' has reached the size that its format allows")
            }
            if cluster >= countable {
                try growRefcountTable()
            } else if !hasBlock(cluster) {
                try makeRefcountBlock(cluster / header.refcountsPerBlock)
            } else if try refcount(cluster) != 0 {
                cluster += 1
                nextFree = cluster
            } else {
                break
            }
        }
        let host = cluster << clusterBits
        let isFresh = file.isGrowable && host >= fileEnd
        var limit = count
        if !isFresh && host < fileEnd {
            limit = min(limit, (fileEnd - host + clusterByteCount - 1) >> clusterBits)
        }
        try checkSpace(host, clusterByteCount)
        var taken: UInt64 = 0
        while taken < limit, hasBlock(cluster + taken), try refcount(cluster + taken) == 0 {
            guard !metadata.contains(cluster + taken) else {
                throw corrupt("the cluster at \((cluster + taken) << clusterBits) is counted as free and holds a table")
            }
            if taken > 0, !fits(host + taken << clusterBits, clusterByteCount) { break }
            try setRefcount(cluster + taken, 1)
            taken += 1
        }
        nextFree = cluster + taken
        fileEnd = max(fileEnd, host + taken << clusterBits)
        return (host, taken, isFresh)
    }

    private func fits(_ host: UInt64, _ count: UInt64) -> Bool {
        host + count <= (file.isGrowable ? Entry.offset : fileEnd)
    }

    private func checkSpace(_ host: UInt64, _ count: UInt64) throws(BlockStorageError) {
        if !fits(host, count) {
            throw BlockStorageError(.noSpace, "there is no room for the image in '\(file.name)' any more")
        }
    }

    /// A new refcount block, at the first of the clusters that it counts: all of them are free.
    private func makeRefcountBlock(_ index: UInt64) throws(BlockStorageError) {
        let cluster = index * header.refcountsPerBlock
        let host = cluster << clusterBits
        try checkSpace(host, clusterByteCount)
        guard !metadata.contains(cluster) else {
            throw corrupt("the cluster at \(host) is not counted and holds a table")
        }
        if !file.isGrowable || host < fileEnd { try file.writeZeros(at: host, byteCount: clusterByteCount) }
        fileEnd = max(fileEnd, host + clusterByteCount)
        refcountTable[Int(index)] = host
        dirtyRefcountTable.insert(Int(index) / 64)
        metadata.insert(cluster)
        do throws(BlockStorageError) { try setRefcount(cluster, 1) } catch {
            refcountTable[Int(index)] = 0
            metadata.remove(cluster)
            throw error
        }
    }

    /// A larger refcount table, behind all that the old one can count, with the refcount blocks that count it.
    private func growRefcountTable() throws(BlockStorageError) {
        let first = countable
        let perBlock = header.refcountsPerBlock
        let entriesPerCluster = clusterByteCount / 8
        let old = (offset: header.refcountTableOffset, clusters: header.refcountTableClusters)
        var tableClusters = old.clusters * 2
        var blocks: UInt64 = 1
        while blocks * perBlock < blocks + tableClusters
            || tableClusters * entriesPerCluster < UInt64(refcountTable.count) + blocks
        {
            if blocks * perBlock < blocks + tableClusters { blocks += 1 } else { tableClusters += 1 }
        }
        guard tableClusters << clusterBits <= QCOW2Header.maximumRefcountTableByteCount else {
            throw BlockStorageError(.noSpace, "'\(file.name)' has reached the size that its clusters allow")
        }
        let host = first << clusterBits
        try checkSpace(host, (blocks + tableClusters) << clusterBits)
        for cluster in first..<(first + blocks + tableClusters) where metadata.contains(cluster) {
            throw corrupt("the cluster at \(cluster << clusterBits) is not counted and holds a table")
        }
        // The new table names all blocks: those must be in the file.
        try refcountCache.writeBack()
        var content = [UInt8](repeating: 0, count: Int(blocks << clusterBits))
        content.withUnsafeMutableBytes {
            for cluster in 0..<(blocks + tableClusters) {
                Refcounts.set($0, bit: cluster << header.refcountOrder, order: header.refcountOrder, 1)
            }
        }
        var table = refcountTable + (0..<blocks).map { host + $0 << clusterBits }
        table += [UInt64](repeating: 0, count: Int(tableClusters * entriesPerCluster) - table.count)
        let tableOffset = host + blocks << clusterBits
        let end = tableOffset + tableClusters << clusterBits
        fileEnd = max(fileEnd, end)
        try file.write(at: host, content)
        try file.writeWords(at: tableOffset, table[...])
        try file.flush()
        // One sector holds both fields: they change together.
        var fields = [UInt8](repeating: 0, count: 12)
        fields.setBigEndian(at: 0, tableOffset)
        fields.setBigEndian(at: 8, UInt32(tableClusters))
        try file.write(at: UInt64(QCOW2Header.Offset.refcountTableOffset), fields)
        header.refcountTableOffset = tableOffset
        header.refcountTableClusters = tableClusters
        refcountTable = table
        dirtyRefcountTable = []
        for cluster in first..<(first + blocks + tableClusters) { metadata.insert(cluster) }
        for cluster in 0..<old.clusters { metadata.remove(old.offset >> clusterBits + cluster) }
        pendingFrees.append(HostRange(offset: old.offset, byteCount: old.clusters << clusterBits))
    }

    /// That a part of the file holds no table: where an image contradicts itself, no table is overwritten with data.
    func checkIsData(_ host: UInt64, _ count: UInt64) throws(BlockStorageError) {
        for cluster in (host >> clusterBits)...((host + count - 1) >> clusterBits) where metadata.contains(cluster) {
            throw corrupt("a cluster of the disk is at \(cluster << clusterBits), where a table is")
        }
    }

    // MARK: Freeing

    /// What a mapping had is free once the tables without it are on the disk.
    func free(_ mapping: Mapping) {
        let range: HostRange
        switch mapping {
        case .unmapped, .zero(nil, _): return
        case .zero(let host?, _), .data(let host, _):
            range = HostRange(offset: host, byteCount: clusterByteCount)
        case .compressed(let host, let byteCount):
            forgetDecompressed()
            let start = host & ~(clusterByteCount - 1)
            let end = (host + byteCount + clusterByteCount - 1) & ~(clusterByteCount - 1)
            range = HostRange(offset: start, byteCount: end - start)
        }
        if case .compressed = mapping {
            // Several compressed clusters share one of the file's: each reference is given up by itself.
            pendingFrees.append(range)
        } else if let last = pendingFrees.last, last.offset + last.byteCount == range.offset {
            pendingFrees[pendingFrees.count - 1].byteCount += range.byteCount
        } else {
            pendingFrees.append(range)
        }
    }

    /// Gives up clusters that no table has named yet.
    func freeAtOnce(_ host: UInt64, _ count: UInt64) {
        // Where this fails the clusters stay counted, which harms nobody.
        try? release(HostRange(offset: host, byteCount: count))
    }

    func applyFrees() throws(BlockStorageError) {
        while let range = pendingFrees.popLast() { try release(range) }
    }

    /// Counts one reference less for each cluster, and gives the space of those without any back to the host.
    private func release(_ range: HostRange) throws(BlockStorageError) {
        var hole = HostRange(offset: range.offset, byteCount: 0)
        for cluster in (range.offset >> clusterBits)..<((range.offset + range.byteCount) >> clusterBits) {
            let count = try refcount(cluster)
            guard count > 0 else {
                throw corrupt("the cluster at \(cluster << clusterBits) is in use and counted as free")
            }
            try setRefcount(cluster, count - 1)
            let offset = cluster << clusterBits
            if count == 1 {
                nextFree = min(nextFree, cluster)
                if hole.offset + hole.byteCount != offset {
                    punch(hole)
                    hole = HostRange(offset: offset, byteCount: 0)
                }
                hole.byteCount += clusterByteCount
            }
        }
        punch(hole)
    }

    private func punch(_ range: HostRange) {
        // Only to save space: an error is none of the guest's.
        if range.byteCount > 0 { _ = try? file.punchHole(at: range.offset, byteCount: range.byteCount) }
    }
}

/// Refcounts of 1 to 64 bits in a block: big-endian; those below a byte from the lowest bits up.
enum Refcounts {
    static func get(_ bytes: UnsafeRawBufferPointer, bit: UInt64, order: UInt64) -> UInt64 {
        let offset = Int(bit / 8)
        switch order {
        case 0, 1, 2: return UInt64(bytes[offset]) >> (bit % 8) & (1 << (1 << order) - 1)
        case 3: return UInt64(bytes[offset])
        case 4: return UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        case 5: return UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        default: return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
    }

    static func set(_ bytes: UnsafeMutableRawBufferPointer, bit: UInt64, order: UInt64, _ value: UInt64) {
        let offset = Int(bit / 8)
        switch order {
        case 0, 1, 2:
            let mask = UInt8(1 << (1 << order) - 1) << UInt8(bit % 8)
            bytes[offset] = bytes[offset] & ~mask | UInt8(truncatingIfNeeded: value) << UInt8(bit % 8) & mask
        case 3: bytes[offset] = UInt8(truncatingIfNeeded: value)
        case 4: bytes.storeBytes(of: UInt16(truncatingIfNeeded: value).bigEndian, toByteOffset: offset, as: UInt16.self)
        case 5: bytes.storeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian, toByteOffset: offset, as: UInt32.self)
        default: bytes.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
        }
    }

    static func maximum(order: UInt64) -> UInt64 { order == 6 ? .max : 1 << (1 << order) - 1 }
}
