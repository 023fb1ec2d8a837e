import Board

// New refcounts for an image whose own cannot be believed: in new clusters behind the end, and then the header names them.
// A crash at any moment leaves the old ones or the new ones.

extension QCOW2Image {
    func rebuildRefcounts(_ references: ReferenceCounts) throws(BlockStorageError) {
        guard file.isGrowable else {
            throw BlockStorageError(
                .unsupported, "'\(file.name)' is on a block device; repair it: qemu-img check -r all")
        }
        var references = references
        // The old refcount table and its blocks will not be used any more.
        let oldTable = try file.readWords(
            at: header.refcountTableOffset, count: Int(header.refcountTableClusters << clusterBits) / 8)
        for cluster in 0..<header.refcountTableClusters {
            drop(header.refcountTableOffset + cluster << clusterBits, &references)
        }
        for entry in oldTable where entry != 0 && entry % clusterByteCount == 0 && entry < fileEnd {
            drop(entry, &references)
        }
        for cluster in references.clusters
        where references[cluster] > Refcounts.maximum(order: header.refcountOrder) {
            throw BlockStorageError(
                .corrupt, "the cluster at \(cluster << clusterBits) of '\(file.name)' has too many references")
        }
        try setCopiedFlags(references, onlyClearing: true)

        let perBlock = header.refcountsPerBlock
        let used = references.clusters
        let first = max(
            (max(fileEnd, try file.byteCount()) + clusterByteCount - 1) >> clusterBits, (used.last ?? 0) + 1)
        let neededBlocks = Set(used.map { $0 / perBlock })
        // Blocks and table count themselves, too.
        var own: UInt64 = 2
        var blocks: [UInt64] = []
        var tableClusters: UInt64 = 1
        while true {
            blocks = neededBlocks.union((first / perBlock)...((first + own - 1) / perBlock)).sorted()
            tableClusters = max(1, ((blocks.last! + 1) * 8 + clusterByteCount - 1) >> clusterBits)
            if UInt64(blocks.count) + tableClusters <= own { break }
            own = UInt64(blocks.count) + tableClusters
        }
        guard tableClusters << clusterBits <= QCOW2Header.maximumRefcountTableByteCount else {
            throw BlockStorageError(.noSpace, "'\(file.name)' has reached the size that its clusters allow")
        }
        for cluster in first..<(first + own) { _ = references.add(cluster, 1) }

        var table = [UInt64](repeating: 0, count: Int(tableClusters << clusterBits) / 8)
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(clusterByteCount), alignment: 16)
        defer { bytes.deallocate() }
        for (number, block) in blocks.enumerated() {
            [bytes].fillWithZeros()
            for within in 0..<perBlock {
                let count = references[block * perBlock + within]
                if count != 0 {
                    Refcounts.set(
                        bytes, bit: within << header.refcountOrder, order: header.refcountOrder, count)
                }
            }
            let host = (first + UInt64(number)) << clusterBits
            try file.write(at: host, from: [UnsafeRawBufferPointer(bytes)])
            table[Int(block)] = host
        }
        let tableOffset = (first + UInt64(blocks.count)) << clusterBits
        try file.writeWords(at: tableOffset, table[...])
        fileEnd = max(fileEnd, (first + own) << clusterBits)
        if try file.byteCount() < fileEnd { try file.resize(to: fileEnd) }
        try file.flush()
        var fields = [UInt8](repeating: 0, count: 12)
        fields.setBigEndian(at: 0, tableOffset)
        fields.setBigEndian(at: 8, UInt32(tableClusters))
        try file.write(at: UInt64(QCOW2Header.Offset.refcountTableOffset), fields)
        try file.flush()
        header.refcountTableOffset = tableOffset
        header.refcountTableClusters = tableClusters
        refcountTable = table
        dirtyRefcountTable = []
        for entry in oldTable { refcountCache.drop(from: entry & Entry.offset, byteCount: clusterByteCount) }
        nextFree = 1
        try setCopiedFlags(references, onlyClearing: false)
        if header.version >= 3 {
            header.incompatible &= ~(QCOW2Header.Incompatible.dirty | QCOW2Header.Incompatible.corrupt)
            try file.flush()
            try writeHeaderWord(at: QCOW2Header.Offset.incompatible, header.incompatible)
        }
        try file.flush()
        corruption = nil
        try collectMetadata()
    }

    private func drop(_ offset: UInt64, _ references: inout ReferenceCounts) {
        let cluster = offset >> clusterBits
        if references[cluster] > 0 { _ = references.add(cluster, -1) }
    }

    /// Says of the active tables' clusters whether they may be written in place. Cleared before the refcounts change, set
    /// afterwards: a cluster with two references is never written.
    private func setCopiedFlags(
        _ references: ReferenceCounts, onlyClearing: Bool
    ) throws(BlockStorageError) {
        func mended(_ entry: UInt64) -> UInt64 {
            let isOwn = references[(entry & Entry.offset) >> clusterBits] == 1
            if !isOwn { return entry & ~Entry.copied }
            return onlyClearing ? entry : entry | Entry.copied
        }
        for index in l1.indices where l1[index] & Entry.offset != 0 {
            let table = try l2Offset(l1[index], index)
            var words = try file.readWords(at: table, count: Int(header.l2Count))
            let before = words
            for within in words.indices
            where words[within] & Entry.compressed == 0 && words[within] & Entry.offset != 0 {
                words[within] = mended(words[within])
            }
            if words != before {
                try file.writeWords(at: table, words[...])
                l2Cache.drop(from: table, byteCount: clusterByteCount)
            }
            l1[index] = mended(l1[index])
        }
        if !l1.isEmpty { try file.writeWords(at: header.l1Offset, l1[...]) }
        if onlyClearing { try file.flush() }
    }
}
