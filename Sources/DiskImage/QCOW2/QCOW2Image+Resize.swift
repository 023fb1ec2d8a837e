import Board

extension QCOW2Image {
    /// Changes the size of the disk. What is added reads as zero; what is cut off is lost.
    /// - Parameter newSize: in bytes, a multiple of 512.
    public func resize(to newSize: UInt64) throws(BlockStorageError) {
        try checkWritable()
        if let corruption { throw corruption }
        guard newSize % 512 == 0, newSize <= 1 << 62 else {
            throw BlockStorageError(.unsupported, "a qcow2 image cannot be of \(newSize) bytes")
        }
        if header.snapshotCount > 0 {
            throw BlockStorageError(.unsupported, "'\(file.name)' has snapshots and cannot change its size")
        }
        let oldSize = byteCount
        if newSize < oldSize {
            // The cut-off part of the last cluster, too: it would be seen again when the disk grows.
            try discard(at: newSize, byteCount: oldSize - newSize, mustZero: true)
            byteCount = newSize
            header.byteCount = newSize
            try flush()
            try writeHeaderWord(at: QCOW2Header.Offset.byteCount, newSize)
        } else if newSize > oldSize {
            let needed = Int((newSize + header.l1Span - 1) / header.l1Span)
            if needed > l1.count { try growL1(to: needed) }
            byteCount = newSize
            do throws(BlockStorageError) {
                // What was behind the end, in the last cluster or in the backing file, must not be seen.
                let tail = min((oldSize + clusterByteCount - 1) & ~(clusterByteCount - 1), newSize)
                if tail > oldSize { try zeroTail(oldSize, tail - oldSize) }
                if let backing, backing.byteCount > oldSize {
                    try discard(at: oldSize, byteCount: min(newSize, backing.byteCount) - oldSize, mustZero: true)
                }
                try flush()
            } catch {
                byteCount = oldSize
                throw error
            }
            header.byteCount = newSize
            try writeHeaderWord(at: QCOW2Header.Offset.byteCount, newSize)
        }
        try file.flush()
    }

    private func zeroTail(_ offset: UInt64, _ count: UInt64) throws(BlockStorageError) {
        switch try mapping(of: offset) {
        case .data, .compressed: break
        default: return
        }
        try discard(at: offset, byteCount: count, mustZero: true)
    }

    /// A larger L1 table in new clusters; then the header names it.
    private func growL1(to count: Int) throws(BlockStorageError) {
        guard count * 8 <= QCOW2Header.maximumL1ByteCount else {
            throw BlockStorageError(
                .unsupported, "'\(file.name)' cannot become that large with clusters of \(clusterByteCount) bytes")
        }
        try commit()
        let clusters = (UInt64(count) * 8 + clusterByteCount - 1) >> clusterBits
        let host = try allocateRow(clusters)
        let table = l1 + [UInt64](repeating: 0, count: count - l1.count)
        do throws(BlockStorageError) {
            try file.writeZeros(at: host, byteCount: clusters << clusterBits)
            try file.writeWords(at: host, table[...])
            try commit()
            try file.flush()
        } catch {
            freeAtOnce(host, clusters << clusterBits)
            throw error
        }
        // One sector holds both fields: they change together.
        var fields = [UInt8](repeating: 0, count: 12)
        fields.setBigEndian(at: 0, UInt32(count))
        fields.setBigEndian(at: 4, host)
        try file.write(at: UInt64(QCOW2Header.Offset.l1Count), fields)
        let oldClusters = (UInt64(l1.count) * 8 + clusterByteCount - 1) >> clusterBits
        let old = header.l1Offset
        header.l1Offset = host
        header.l1Count = count
        l1 = table
        for cluster in 0..<oldClusters { metadata.remove(old >> clusterBits + cluster) }
        for cluster in 0..<clusters { metadata.insert(host >> clusterBits + cluster) }
        if oldClusters > 0 { pendingFrees.append(HostRange(offset: old, byteCount: oldClusters << clusterBits)) }
        try file.flush()
    }

    /// Free clusters in a row, at the end of the file if nowhere else.
    private func allocateRow(_ count: UInt64) throws(BlockStorageError) -> UInt64 {
        var row: (host: UInt64, count: UInt64) = (0, 0)
        var short: [(host: UInt64, count: UInt64)] = []
        defer { for part in short { freeAtOnce(part.host, part.count << clusterBits) } }
        while row.count < count {
            let next = try allocate(count - row.count)
            if row.count > 0, row.host + row.count << clusterBits == next.host {
                row.count += next.count
            } else {
                if row.count > 0 { short.append(row) }
                row = (next.host, next.count)
            }
        }
        return row.host
    }
}
