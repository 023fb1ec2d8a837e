import Board

// Counts the references to every cluster and compares them with the refcounts. What it reads and keeps is bounded by
// the file: no table is walked twice.

extension QCOW2Image {
    /// A walk through all tables of a file.
    private struct Walk {
        var check = ImageCheck()
        var counts = ReferenceCounts()
        /// L2 tables, and how many L1 tables name them; whether the active one does.
        var l2Tables: [UInt64: (weight: Int, isActive: Bool)] = [:]
        /// A fault of the tables themselves: refcounts made from them would be wrong.
        var hasBadTables = false
    }

    /// Checks the image, and repairs its refcounts if asked to.
    /// - Throws: where it cannot be read. Faults are in the result.
    public func check(repair: Bool = false) throws(BlockStorageError) -> ImageCheck {
        if header.hasBitmaps {
            throw BlockStorageError(
                .unsupported, "'\(file.name)' has bitmaps, which are not looked at here; check it: qemu-img check")
        }
        if !isReadOnly { try commit() }
        var walk = try walkTables()
        try compareRefcounts(&walk)
        try checkCopiedFlags(&walk)
        let found = walk.check.faultCount + Int(walk.check.leakedClusters)
        if repair && found > 0 && !walk.hasBadTables && !isReadOnly {
            try rebuildRefcounts(walk.counts)
            var after = try check()
            after.repaired = found - after.faultCount - Int(after.leakedClusters)
            return after
        }
        return walk.check
    }

    /// Refcounts of an image that was being written when its writer ended are made anew.
    func repairAfterCrash() throws(BlockStorageError) {
        if header.hasBitmaps {
            throw BlockStorageError(
                .unsupported, "'\(file.name)' was not closed and has bitmaps; repair it: qemu-img check -r all")
        }
        let walk = try walkTables()
        if walk.hasBadTables {
            throw BlockStorageError(
                .corrupt,
                "'\(file.name)' was not closed, and its tables are damaged: \(walk.check.faults.first ?? "?"); "
                    + "try qemu-img check -r all")
        }
        try rebuildRefcounts(walk.counts)
    }

    // MARK: Walking

    private func walkTables() throws(BlockStorageError) -> Walk {
        var walk = Walk()
        walk.check.totalClusters = (header.byteCount + clusterByteCount - 1) >> clusterBits
        count(0, clusterByteCount, &walk)
        let table =
            refcountTable.isEmpty
            ? try file.readWords(
                at: header.refcountTableOffset, count: Int(header.refcountTableClusters << clusterBits) / 8)
            : refcountTable
        count(header.refcountTableOffset, header.refcountTableClusters << clusterBits, &walk)
        for (index, entry) in table.enumerated() where entry != 0 {
            if entry % clusterByteCount != 0 || entry >= fileEnd {
                fault("entry \(index) of the refcount table is 0x\(String(entry, radix: 16))", &walk, isTable: false)
            } else {
                count(entry, clusterByteCount, &walk)
            }
        }
        try walkL1(l1, at: header.l1Offset, isActive: true, &walk)
        try walkSnapshots(&walk)
        for (offset, use) in walk.l2Tables.sorted(by: { $0.key < $1.key }) {
            try walkL2(offset, use.weight, use.isActive, &walk)
        }
        return walk
    }

    private func count(_ offset: UInt64, _ byteCount: UInt64, _ weight: Int = 1, _ walk: inout Walk) {
        if byteCount == 0 { return }
        for cluster in (offset >> clusterBits)...((offset + byteCount - 1) >> clusterBits) {
            if !walk.counts.add(cluster, weight) {
                fault("the cluster at \(cluster << clusterBits) has too many references", &walk)
            }
        }
    }

    private func count(_ offset: UInt64, _ byteCount: UInt64, _ walk: inout Walk) {
        count(offset, byteCount, 1, &walk)
    }

    private func fault(_ what: String, _ walk: inout Walk, isTable: Bool = true) {
        walk.check.note(what)
        if isTable { walk.hasBadTables = true }
    }

    private func walkL1(
        _ table: [UInt64], at tableOffset: UInt64, isActive: Bool, _ walk: inout Walk
    ) throws(BlockStorageError) {
        count(tableOffset, UInt64(table.count) * 8, &walk)
        var seen: Set<UInt64> = []
        for (index, entry) in table.enumerated() where entry & Entry.offset != 0 {
            let offset = entry & Entry.offset
            let place = "entry \(index) of the L1 table at \(tableOffset)"
            if offset % clusterByteCount != 0 || offset >= fileEnd {
                fault("\(place) names an L2 table at \(offset), which is no cluster of the file", &walk)
            } else if !seen.insert(offset).inserted {
                fault("\(place) names the L2 table at \(offset), as another entry does", &walk)
            } else {
                count(offset, clusterByteCount, &walk)
                let known = walk.l2Tables[offset] ?? (0, false)
                walk.l2Tables[offset] = (known.weight + 1, known.isActive || isActive)
            }
        }
    }

    /// The table of snapshots: entries of 40 bytes, each followed by extra data, an ID and a name, padded to 8 bytes.
    private func walkSnapshots(_ walk: inout Walk) throws(BlockStorageError) {
        if header.snapshotCount == 0 { return }
        var offset = header.snapshotsOffset
        for index in 0..<header.snapshotCount {
            guard offset + 40 <= fileEnd else {
                return fault("snapshot \(index) at \(offset) is not in the file", &walk)
            }
            let entry = try file.read(at: offset, count: 40)
            let l1Offset = entry.bigEndian(at: 0, UInt64.self)
            let l1Count = UInt64(entry.bigEndian(at: 8, UInt32.self))
            let names = UInt64(entry.bigEndian(at: 12, UInt16.self)) + UInt64(entry.bigEndian(at: 14, UInt16.self))
            offset += (40 + UInt64(entry.bigEndian(at: 36, UInt32.self)) + names + 7) / 8 * 8
            guard offset <= fileEnd else {
                return fault("the names of snapshot \(index) go beyond the file", &walk)
            }
            guard l1Count * 8 <= UInt64(QCOW2Header.maximumL1ByteCount), l1Offset % clusterByteCount == 0,
                l1Offset <= fileEnd, l1Count * 8 <= fileEnd - l1Offset
            else {
                fault("the L1 table of snapshot \(index) is not in the file", &walk)
                continue
            }
            if l1Count > 0, walk.counts[l1Offset >> clusterBits] != 0 {
                fault("the L1 table of snapshot \(index) at \(l1Offset) is where another table is", &walk)
                continue
            }
            try walkL1(
                try file.readWords(at: l1Offset, count: Int(l1Count)), at: l1Offset, isActive: false, &walk)
        }
        count(header.snapshotsOffset, offset - header.snapshotsOffset, &walk)
    }

    private func walkL2(
        _ table: UInt64, _ weight: Int, _ isActive: Bool, _ walk: inout Walk
    ) throws(BlockStorageError) {
        for (index, entry) in try file.readWords(at: table, count: Int(header.l2Count)).enumerated() where entry != 0 {
            let place = "entry \(index) of the L2 table at \(table)"
            if entry & Entry.compressed != 0 {
                let (host, byteCount) = compressedRange(entry)
                if host < clusterByteCount || host >= fileEnd {
                    fault("\(place) names a compressed cluster at \(host), which is not in the file", &walk)
                    continue
                }
                if entry & Entry.copied != 0 { fault("\(place) is compressed and says that it may be written", &walk) }
                count(host, byteCount, weight, &walk)
                if isActive { walk.check.compressedClusters += 1 }
            } else if entry & Entry.offset != 0 {
                let host = entry & Entry.offset
                if host % clusterByteCount != 0 || host >= fileEnd {
                    fault("\(place) names a cluster at \(host), which is no cluster of the file", &walk)
                    continue
                }
                count(host, clusterByteCount, weight, &walk)
            } else {
                continue
            }
            if isActive { walk.check.mappedClusters += 1 }
        }
    }

    // MARK: Comparing

    private func compareRefcounts(_ walk: inout Walk) throws(BlockStorageError) {
        let table =
            refcountTable.isEmpty
            ? try file.readWords(
                at: header.refcountTableOffset, count: Int(header.refcountTableClusters << clusterBits) / 8)
            : refcountTable
        let perBlock = header.refcountsPerBlock
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(clusterByteCount), alignment: 16)
        defer { block.deallocate() }
        var end: UInt64 = 0
        for (index, entry) in table.enumerated() where entry != 0 && entry % clusterByteCount == 0 && entry < fileEnd {
            try file.read(at: entry, into: [block])
            if block.isZero { continue }
            for within in 0..<perBlock {
                let stored = Refcounts.get(
                    UnsafeRawBufferPointer(block), bit: within << header.refcountOrder, order: header.refcountOrder)
                if stored == 0 { continue }
                let cluster = UInt64(index) * perBlock + within
                end = max(end, cluster + 1)
                let references = walk.counts[cluster]
                if stored > references { walk.check.leakedClusters += 1 }
                if stored < references { notCounted(cluster, stored, references, &walk) }
            }
        }
        for cluster in walk.counts.clusters {
            end = max(end, cluster + 1)
            if try storedRefcount(cluster, table) == 0 { notCounted(cluster, 0, walk.counts[cluster], &walk) }
        }
        walk.check.endOffset = end << clusterBits
    }

    private func notCounted(_ cluster: UInt64, _ stored: UInt64, _ references: UInt64, _ walk: inout Walk) {
        fault(
            "the cluster at \(cluster << clusterBits) has \(references) references and is counted as having \(stored)",
            &walk, isTable: false)
    }

    private func storedRefcount(_ cluster: UInt64, _ table: [UInt64]) throws(BlockStorageError) -> UInt64 {
        let index = cluster / header.refcountsPerBlock
        guard index < UInt64(table.count), table[Int(index)] != 0, table[Int(index)] % clusterByteCount == 0,
            table[Int(index)] < fileEnd
        else { return 0 }
        let bit = (cluster % header.refcountsPerBlock) << header.refcountOrder
        let offset = table[Int(index)] + bit / 8
        let page = try refcountCache.page(holding: offset) { () throws(BlockStorageError) in
            try refcountCache.writeBack()
        }
        return Refcounts.get(
            UnsafeRawBufferPointer(page.bytes), bit: (offset - page.offset) * 8 + bit % 8,
            order: header.refcountOrder)
    }

    /// "May be written in place" must be said of exactly those clusters that have one reference.
    private func checkCopiedFlags(_ walk: inout Walk) throws(BlockStorageError) {
        for (index, entry) in l1.enumerated() {
            let table = entry & Entry.offset
            guard table != 0, walk.l2Tables[table]?.isActive == true else { continue }
            if (entry & Entry.copied != 0) != (walk.counts[table >> clusterBits] == 1) {
                fault("L1 entry \(index) is wrong about who may write its L2 table", &walk, isTable: false)
            }
            for (within, entry) in try file.readWords(at: table, count: Int(header.l2Count)).enumerated() {
                let host = entry & Entry.offset
                if entry & Entry.compressed != 0 || host == 0 { continue }
                if (entry & Entry.copied != 0) != (walk.counts[host >> clusterBits] == 1) {
                    fault(
                        "entry \(within) of the L2 table at \(table) is wrong about who may write its cluster", &walk,
                        isTable: false)
                }
            }
        }
    }
}
