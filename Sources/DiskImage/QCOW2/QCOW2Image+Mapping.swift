import Board

// From an offset of the disk to a cluster of the file: L1 table, L2 table, entry.

extension QCOW2Image {
    /// Where an L1 entry's table is.
    func l2Offset(_ entry: UInt64, _ index: Int) throws(BlockStorageError) -> UInt64 {
        let offset = entry & Entry.offset
        guard offset & (clusterByteCount - 1) == 0, offset >= clusterByteCount, offset < fileEnd else {
            throw corrupt("L1 entry \(index) names an L2 table at \(offset), which is no cluster of the file")
        }
        return offset
    }

    /// The offset in the file of the L2 entry that maps `guest`; nil where there is no L2 table.
    func l2EntryOffset(of guest: UInt64) throws(BlockStorageError) -> UInt64? {
        let index = Int(guest / header.l1Span)
        let entry = l1[index]
        if entry & Entry.offset == 0 { return nil }
        return try l2Offset(entry, index) + ((guest >> clusterBits) & (header.l2Count - 1)) * 8
    }

    func l2Page(at offset: UInt64) throws(BlockStorageError) -> TableCache.Page {
        try l2Cache.page(holding: offset) { () throws(BlockStorageError) in try commit() }
    }

    func mapping(of guest: UInt64) throws(BlockStorageError) -> Mapping {
        guard let offset = try l2EntryOffset(of: guest) else { return .unmapped }
        let entry = l2Cache.word(at: offset, in: try l2Page(at: offset))
        return try mapping(entry, of: guest)
    }

    /// What an L2 entry says, checked.
    func mapping(_ entry: UInt64, of guest: UInt64) throws(BlockStorageError) -> Mapping {
        if entry & Entry.compressed != 0 {
            let (host, byteCount) = compressedRange(entry)
            guard host >= clusterByteCount, host < fileEnd else {
                throw corrupt("the disk's cluster at \(guest) is compressed at \(host), which is not in the file")
            }
            return .compressed(host: host, byteCount: byteCount)
        }
        let host = entry & Entry.offset
        let copied = entry & Entry.copied != 0
        if host != 0 {
            guard host & (clusterByteCount - 1) == 0, host >= clusterByteCount, host < fileEnd else {
                throw corrupt("the disk's cluster at \(guest) is at \(host), which is no cluster of the file")
            }
        }
        if entry & Entry.zero != 0 {
            guard header.version >= 3 else {
                throw corrupt("the disk's cluster at \(guest) is a zero cluster in an image of version 2")
            }
            return .zero(host: host == 0 ? nil : host, copied: copied)
        }
        return host == 0 ? .unmapped : .data(host: host, copied: copied)
    }

    /// Offset and size of a compressed cluster: the offset's bits below x = 62 - (cluster bits - 8), the number of further
    /// sectors from there on.
    func compressedRange(_ entry: UInt64) -> (host: UInt64, byteCount: UInt64) {
        let x = 62 - (clusterBits - 8)
        let host = entry & ((1 << x) - 1)
        let sectors = (entry & ~(Entry.copied | Entry.compressed)) >> x + 1
        return (host, sectors * 512 - (host & 511))
    }

    /// Sets the L2 entry that maps `guest`; its table is there.
    /// - Returns: what it was before.
    func setEntry(of guest: UInt64, _ entry: UInt64) throws(BlockStorageError) -> Mapping {
        let offset = try writableL2EntryOffset(of: guest)
        let page = try l2Page(at: offset)
        let old = try mapping(l2Cache.word(at: offset, in: page), of: guest)
        l2Cache.setWord(at: offset, in: page, entry)
        return old
    }

    /// As `l2EntryOffset`, with the table made or copied where it must be to be written.
    func writableL2EntryOffset(of guest: UInt64) throws(BlockStorageError) -> UInt64 {
        let index = Int(guest / header.l1Span)
        let within = ((guest >> clusterBits) & (header.l2Count - 1)) * 8
        let entry = l1[index]
        if entry & Entry.offset != 0 && entry & Entry.copied != 0 { return try l2Offset(entry, index) + within }
        // Shared with a snapshot, or not there: a new one, whole in the file before anything names it.
        let old: UInt64? = entry & Entry.offset == 0 ? nil : try l2Offset(entry, index)
        let (host, _, isFresh) = try allocate(1)
        do throws(BlockStorageError) {
            if let old {
                try file.write(at: host, try file.read(at: old, count: Int(clusterByteCount)))
            } else if !isFresh {
                try file.writeZeros(at: host, byteCount: clusterByteCount)
            }
        } catch {
            freeAtOnce(host, clusterByteCount)
            throw error
        }
        l1[index] = host | Entry.copied
        dirtyL1.insert(index / 64)
        metadata.insert(host >> clusterBits)
        if let old {
            metadata.remove(old >> clusterBits)
            l2Cache.drop(from: old, byteCount: clusterByteCount)
            pendingFrees.append(HostRange(offset: old, byteCount: clusterByteCount))
        }
        return host + within
    }
}
