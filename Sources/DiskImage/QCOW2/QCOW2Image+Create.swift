import Board

extension QCOW2Image {
    /// Makes an empty image: header, refcount table, refcount blocks and L1 table, in this order.
    /// - Parameters:
    ///   - file: empty, or with a content that is lost.
    ///   - byteCount: the size of the disk; a multiple of 512.
    ///   - clusterBits: 9 (512 bytes) to 21 (2 MiB).
    static func create(
        in file: any ImageFile, byteCount: UInt64, clusterBits: UInt64 = 16, backingFile: String? = nil,
        backingFormat: String? = nil, version: UInt32 = 3
    ) throws(BlockStorageError) {
        guard byteCount % 512 == 0, byteCount <= 1 << 62, (9...21).contains(clusterBits) else {
            throw BlockStorageError(.unsupported, "a qcow2 image cannot be of \(byteCount) bytes")
        }
        var header = QCOW2Header(byteCount: byteCount)
        header.version = version
        header.clusterBits = clusterBits
        header.backingFile = backingFile
        header.backingFormat = backingFormat
        let cluster = header.clusterByteCount
        header.l1Count = Int((byteCount + header.l1Span - 1) / header.l1Span)
        guard header.l1Count * 8 <= QCOW2Header.maximumL1ByteCount else {
            throw BlockStorageError(
                .unsupported, "a qcow2 image with clusters of \(cluster) bytes cannot be of \(byteCount) bytes")
        }
        let l1Clusters = (UInt64(header.l1Count) * 8 + cluster - 1) / cluster
        var blocks: UInt64 = 1
        var tableClusters: UInt64 = 1
        while blocks * header.refcountsPerBlock < 1 + tableClusters + blocks + l1Clusters
            || tableClusters * cluster / 8 < blocks
        {
            if tableClusters * cluster / 8 < blocks { tableClusters += 1 } else { blocks += 1 }
        }
        header.refcountTableOffset = cluster
        header.refcountTableClusters = tableClusters
        let blocksOffset = (1 + tableClusters) * cluster
        // A disk of no size has no L1 table, and yet a place for it.
        header.l1Offset = blocksOffset + blocks * cluster
        let total = 1 + tableClusters + blocks + l1Clusters

        if file.isGrowable {
            try file.resize(to: 0)
            try file.resize(to: total * cluster)
        } else {
            guard try file.byteCount() >= total * cluster else {
                throw BlockStorageError(.noSpace, "'\(file.name)' is too small for a qcow2 image")
            }
            try file.writeZeros(at: 0, byteCount: total * cluster)
        }
        var counts = [UInt8](repeating: 0, count: Int(blocks * cluster))
        counts.withUnsafeMutableBytes {
            for index in 0..<total {
                Refcounts.set($0, bit: index << header.refcountOrder, order: header.refcountOrder, 1)
            }
        }
        try file.write(at: blocksOffset, counts)
        try file.writeWords(at: cluster, (0..<blocks).map { blocksOffset + $0 * cluster }[...])
        // The magic comes last: half an image is none.
        try file.flush()
        try file.write(at: 0, header.encoded())
        try file.flush()
    }
}
