import Board

extension QCOW2Image {
    /// More clusters than these are not kept waiting to become free.
    private static let maximumPendingFrees = 1024

    public func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        try checkWritable()
        if let corruption { throw corruption }
        let total = buffers.totalByteCount
        try checkRange(offset, total)
        var done: UInt64 = 0
        while done < total {
            if pendingFrees.count > Self.maximumPendingFrees { try commit() }
            let guest = offset + done
            let within = guest & (clusterByteCount - 1)
            var count = min(clusterByteCount - within, total - done)
            switch try mapping(of: guest) {
            case .data(let host, copied: true):
                while done + count < total,
                    case .data(let next, copied: true) = try mapping(of: guest + count), next == host + within + count
                {
                    count = min(count + clusterByteCount, total - done)
                }
                try checkIsData(host, within + count)
                try file.write(at: host + within, from: buffers.part(done, count))
            case .zero(let host?, copied: true):
                try checkIsData(host, clusterByteCount)
                try writeWhole(guest, buffers.part(done, count), to: host, isFresh: false)
                _ = try setEntry(of: guest, host | Entry.copied)
            default:
                while done + count < total, try needsCluster(guest + count) {
                    count = min(count + clusterByteCount, total - done)
                }
                count = try writeNew(guest, buffers.part(done, count), count)
            }
            done += count
        }
    }

    private func needsCluster(_ guest: UInt64) throws(BlockStorageError) -> Bool {
        switch try mapping(of: guest) {
        case .data(_, copied: true), .zero(.some, copied: true): false
        default: true
        }
    }

    /// Writes to clusters of the file that are allocated for it.
    /// - Returns: how much was written: the file may have no such long row of free clusters.
    private func writeNew(
        _ guest: UInt64, _ buffers: [UnsafeRawBufferPointer], _ count: UInt64
    ) throws(BlockStorageError) -> UInt64 {
        let within = guest & (clusterByteCount - 1)
        // The tables first: an error after this one is an error of the data.
        _ = try writableL2EntryOffset(of: guest)
        let wanted = (within + count + clusterByteCount - 1) >> clusterBits
        let (host, clusters, isFresh) = try allocate(wanted)
        let written = min(count, clusters << clusterBits - within)
        do throws(BlockStorageError) {
            try writeWhole(guest, buffers.part(0, written), to: host, isFresh: isFresh)
        } catch {
            freeAtOnce(host, clusters << clusterBits)
            throw error
        }
        for cluster in 0..<clusters {
            let offset = cluster << clusterBits
            do throws(BlockStorageError) {
                free(try setEntry(of: guest - within + offset, (host + offset) | Entry.copied))
            } catch {
                freeAtOnce(host + offset, (clusters - cluster) << clusterBits)
                throw error
            }
        }
        return written
    }

    /// Writes to whole clusters at `host`: what the buffers do not cover is as the disk is now.
    private func writeWhole(
        _ guest: UInt64, _ buffers: [UnsafeRawBufferPointer], to host: UInt64, isFresh: Bool
    ) throws(BlockStorageError) {
        let count = buffers.totalByteCount
        let within = guest & (clusterByteCount - 1)
        let behind = (clusterByteCount - (within + count) & (clusterByteCount - 1)) & (clusterByteCount - 1)
        let before = try content(at: guest - within, within, isFresh)
        defer { before?.deallocate() }
        let after = try content(at: guest + count, behind, isFresh)
        defer { after?.deallocate() }
        var parts = buffers
        if let before { parts.insert(UnsafeRawBufferPointer(before), at: 0) }
        if let after { parts.append(UnsafeRawBufferPointer(after)) }
        try file.write(at: before == nil ? host + within : host, from: parts)
    }

    /// The disk's bytes in a part of a cluster; nil where they are zero and the file's are, too.
    private func content(
        at guest: UInt64, _ count: UInt64, _ isFresh: Bool
    ) throws(BlockStorageError) -> UnsafeMutableRawBufferPointer? {
        if count == 0 { return nil }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(count), alignment: 16)
        do throws(BlockStorageError) {
            let held = guest < byteCount ? min(count, byteCount - guest) : 0
            if held > 0 { try read(at: guest, into: [UnsafeMutableRawBufferPointer(rebasing: bytes[..<Int(held)])]) }
            if held < count { [UnsafeMutableRawBufferPointer(rebasing: bytes[Int(held)...])].fillWithZeros() }
        } catch {
            bytes.deallocate()
            throw error
        }
        if isFresh && bytes.isZero {
            bytes.deallocate()
            return nil
        }
        return bytes
    }

    // MARK: Discarding

    public func discard(at offset: UInt64, byteCount count: UInt64, mustZero: Bool) throws(BlockStorageError) {
        try checkWritable()
        if let corruption { throw corruption }
        try checkRange(offset, count)
        let end = offset + count
        var guest = offset
        while guest < end {
            if pendingFrees.count > Self.maximumPendingFrees { try commit() }
            let start = guest & ~(clusterByteCount - 1)
            let next = min(start + clusterByteCount, end)
            let reachesBacking = backing.map { start < $0.byteCount } ?? false
            if start == guest && (next == start + clusterByteCount || next == byteCount) {
                if !reachesBacking, l1[Int(guest / header.l1Span)] & Entry.offset == 0 {
                    // Nothing is mapped up to the next table.
                    guest = min(end, (guest / header.l1Span + 1) * header.l1Span)
                    continue
                }
                try discardCluster(guest, next - guest, reachesBacking, mustZero)
            } else if mustZero {
                try writeZeros(guest, next - guest)
            }
            guest = next
        }
    }

    private func discardCluster(
        _ guest: UInt64, _ count: UInt64, _ reachesBacking: Bool, _ mustZero: Bool
    ) throws(BlockStorageError) {
        switch try mapping(of: guest) {
        case .zero(nil, _): return
        case .unmapped where !reachesBacking: return
        default: break
        }
        if !reachesBacking {
            free(try setEntry(of: guest, 0))
        } else if header.version >= 3 {
            free(try setEntry(of: guest, Entry.zero))
        } else if mustZero {
            try writeZeros(guest, count)
        }
    }

    private func writeZeros(_ guest: UInt64, _ count: UInt64) throws(BlockStorageError) {
        switch try mapping(of: guest) {
        case .zero: return
        case .unmapped where backing == nil: return
        default: break
        }
        let zeros = ZeroBytes.shared.bytes
        var buffers: [UnsafeRawBufferPointer] = []
        var left = count
        while left > 0 {
            let part = min(left, UInt64(zeros.count))
            buffers.append(UnsafeRawBufferPointer(rebasing: zeros[..<Int(part)]))
            left -= part
        }
        try write(at: guest, from: buffers)
    }

    // MARK: Durability

    public func flush() throws(BlockStorageError) {
        if isReadOnly { return }
        try commit()
        try file.flush()
    }

    /// Writes the tables, in the order that is right after a crash at any moment. What fails stays to be written.
    func commit() throws(BlockStorageError) {
        let hasMappings = l2Cache.hasDirty || !dirtyL1.isEmpty
        guard hasMappings || refcountCache.hasDirty || !dirtyRefcountTable.isEmpty || !pendingFrees.isEmpty else {
            return
        }
        // What is mapped must be in the file whole, also a cluster whose end was never written.
        if file.isGrowable, try file.byteCount() < fileEnd { try file.resize(to: fileEnd) }
        try writeRefcounts()
        if hasMappings {
            try file.flush()
            try l2Cache.writeBack()
            if !dirtyL1.isEmpty {
                try file.flush()
                try writeSectors(of: l1, at: header.l1Offset, &dirtyL1)
            }
        }
        if !pendingFrees.isEmpty {
            try file.flush()
            try applyFrees()
            try writeRefcounts()
        }
    }

    /// Refcount blocks, and then the table that names new ones.
    private func writeRefcounts() throws(BlockStorageError) {
        try refcountCache.writeBack()
        if dirtyRefcountTable.isEmpty { return }
        try file.flush()
        try writeSectors(of: refcountTable, at: header.refcountTableOffset, &dirtyRefcountTable)
    }

    /// Writes the sectors of a table that have changed.
    private func writeSectors(
        of table: [UInt64], at offset: UInt64, _ sectors: inout Set<Int>
    ) throws(BlockStorageError) {
        for sector in sectors.sorted() {
            let words = table[(sector * 64)..<min(table.count, sector * 64 + 64)]
            try file.writeWords(at: offset + UInt64(sector) * 512, words)
            sectors.remove(sector)
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    var isZero: Bool { UnsafeRawBufferPointer(self).isZero }
}

extension UnsafeRawBufferPointer {
    /// Whether all bytes are zero.
    var isZero: Bool {
        var offset = 0
        while offset + 8 <= count {
            if loadUnaligned(fromByteOffset: offset, as: UInt64.self) != 0 { return false }
            offset += 8
        }
        while offset < count {
            if self[offset] != 0 { return false }
            offset += 1
        }
        return true
    }
}
