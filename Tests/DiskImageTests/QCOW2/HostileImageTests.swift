import Board
import Testbed
import Testing

@testable import DiskImage

/// Images made to harm: an error that says what and where, never a trap, a loop or memory without bound.
struct HostileImageTests {
    private func image(_ change: (inout [UInt8]) -> Void) throws -> MemoryFile {
        let file = MemoryFile()
        try QCOW2Image.create(in: file, byteCount: 1 << 20, clusterBits: 12)
        let image = try QCOW2Image(file)
        try image.write([UInt8](repeating: 7, count: 20000), at: 5000)
        try image.flush()
        var bytes = file.bytes
        change(&bytes)
        return MemoryFile(bytes)
    }

    @Test(
        arguments: [
            (20, 4, "clusters of 2^40 bytes (offset 20)", 40), (4, 4, "version 9", 9), (32, 4, "encryption", 1),
            (36, 4, "L1 table of 0 entries", 0), (36, 4, "L1 table of 16777216 entries", 1 << 24),
            (40, 8, "L1 table of 8 bytes at 77", 77), (48, 8, "refcount table of 4096 bytes at 0", 0),
            (56, 4, "refcount table of 0 clusters", 0), (56, 4, "refcount table of 4294967295 clusters", 0xffff_ffff),
            (96, 4, "refcounts of 2^7 bits", 7), (100, 4, "a header of 12 bytes", 12),
            (72, 8, "features of bits 0x100", 0x100), (72, 8, "external data file", 4), (72, 8, "extended L2", 16),
            (72, 8, "marked as corrupt", 2), (24, 8, "bytes (offset 24)", Int(Int64.max)),
            (60, 4, "70000 snapshots", 70000), (112, 4, "extension of 4294967295 bytes", 0x1234),
        ] as [(Int, Int, String, Int)])
    func header(_ offset: Int, _ count: Int, _ words: String, _ value: Int) throws {
        let file = try image { bytes in
            if count == 4 {
                bytes.setBigEndian(at: offset, UInt32(value))
            } else {
                bytes.setBigEndian(at: offset, UInt64(value))
            }
            if offset == 112 { bytes.setBigEndian(at: 116, UInt32.max) }
        }
        let error = #expect(throws: BlockStorageError.self) { _ = try QCOW2Image(file) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    /// An L2 entry that names a table: the guest's next write there must not reach it.
    @Test func dataOnTables() throws {
        let plain = try image { _ in }
        let header = try QCOW2Header(plain)
        let l2 = plain.bytes.bigEndian(at: Int(header.l1Offset), UInt64.self) & QCOW2Image.Entry.offset
        for target in [0, header.l1Offset, header.refcountTableOffset, l2, 1 << 40, 12345] {
            let file = try image { $0.setBigEndian(at: Int(l2) + 8, target | QCOW2Image.Entry.copied) }
            let image = try QCOW2Image(file)
            let before = file.bytes
            if target == 0 {
                // No mapping at all, and so no fault.
                try image.write([1], at: 4096)
                continue
            }
            #expect(throws: BlockStorageError.self) { try image.write([1], at: 4096) }
            // Nothing has changed but the mark of a corrupt image.
            var after = file.bytes
            #expect(after[79] == 2)
            after[79] = 0
            #expect(after == before)
            let again = #expect(throws: BlockStorageError.self) { try image.write([1], at: 500_000) }
            #expect(again?.kind == .corrupt)
        }
    }

    @Test func sharedTables() throws {
        let plain = try image { _ in }
        let header = try QCOW2Header(plain)
        let file = try image { $0.setBigEndian(at: Int(header.refcountTableOffset), header.l1Offset) }
        let error = #expect(throws: BlockStorageError.self) { _ = try QCOW2Image(file) }
        #expect(error?.description.contains("is where another table is") == true)
    }

    @Test func damageEverywhere() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            let file = try image { bytes in
                for _ in 0..<(1 + random.below(4)) {
                    // Mostly where tables are.
                    let place = random.chance(70) ? random.below(5 * 4096) : random.below(bytes.count - 8)
                    switch random.below(3) {
                    case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                    case 1: bytes.setBigEndian(at: place / 8 * 8, random.next() >> UInt64(random.below(64)))
                    default: bytes.removeSubrange((4096 * 4 + random.below(bytes.count - 4096 * 4))...)
                    }
                    if bytes.count < 4096 * 5 { break }
                }
            }
            do {
                let image = try QCOW2Image(file, cacheByteCount: 0)
                for _ in 0..<6 {
                    let start = UInt64(random.below(900_000))
                    _ = try? image.bytes(at: start, count: min(9000, Int(image.byteCount) - Int(start)))
                    try? image.write([UInt8](repeating: 1, count: 1 + random.below(9000)), at: start)
                    try? image.discard(at: start, byteCount: UInt64(random.below(50000)), mustZero: random.chance(50))
                }
                try? image.flush()
                _ = try? image.check()
                _ = try? image.check(repair: true)
            } catch {}
        }
    }

    /// A snapshot whose extra data is of 4 GiB: those bytes are not in the file, and are not counted one cluster after another.
    @Test func snapshotsBeyondTheFile() throws {
        let file = try image { bytes in
            bytes.setBigEndian(at: QCOW2Header.Offset.snapshotCount, UInt32(1))
            bytes.setBigEndian(at: QCOW2Header.Offset.snapshotsOffset, UInt64(bytes.count))
            bytes += [UInt8](repeating: 0, count: 4096)
            bytes.setBigEndian(at: bytes.count - 4096 + 36, UInt32.max)
        }
        let check = try QCOW2Image(file).check()
        #expect(check.faults.first?.contains("the names of snapshot 0 go beyond the file") == true)
    }

    /// The headers' bytes say 2^21 bytes a cluster: a table of 8 MiB that is not in the file is not made memory.
    @Test func tablesAreInTheFile() throws {
        let file = try image { bytes in
            bytes.setBigEndian(at: QCOW2Header.Offset.l1Count, UInt32(4 << 20))
        }
        let error = #expect(throws: BlockStorageError.self) { _ = try QCOW2Image(file) }
        #expect(error?.description.contains("is not in the file") == true, "\(error?.description ?? "")")
    }
}
