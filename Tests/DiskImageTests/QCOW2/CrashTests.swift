import Board
import Glibc
import Linux
import Testbed
import Testing

@testable import DiskImage

/// The writer ends at any moment, or the machine loses its power: the image is sound but for leaks, and holds all that was
/// flushed.
struct CrashTests {
    /// One writer's life, always the same for a seed, until the file stops.
    /// - Returns: for each sector, the contents that it may have: what was flushed, and what came after.
    private func write(to file: MemoryFile, backing: RawImage?, seed: UInt64) throws -> [Set<UInt8>] {
        var random = SeededGenerator(seed: seed)
        let sectors = 1200
        var allowed = [Set<UInt8>](repeating: [0], count: sectors)
        var current = [UInt8](repeating: 0, count: sectors)
        do {
            let image = try QCOW2Image(file, backing: backing, cacheByteCount: 0)
            let content = try image.bytes(count: sectors * 512)
            for sector in 0..<sectors {
                current[sector] = content[sector * 512]
                allowed[sector] = [current[sector]]
            }
            for step in 0..<60 {
                let start = random.below(sectors)
                let count = 1 + random.below(min(sectors - start, random.chance(70) ? 20 : 300))
                if random.chance(20) {
                    if random.chance(50) {
                        try image.flush()
                        for sector in 0..<sectors { allowed[sector] = [current[sector]] }
                    }
                    continue
                }
                // Noted before: what fails may be there all the same.
                let value = random.chance(25) ? 0 : UInt8(step + 1)
                for sector in start..<(start + count) {
                    allowed[sector].insert(value)
                    current[sector] = value
                }
                if value == 0 {
                    try image.discard(at: UInt64(start) * 512, byteCount: UInt64(count) * 512, mustZero: true)
                } else {
                    try image.write([UInt8](repeating: value, count: count * 512), at: UInt64(start) * 512)
                }
            }
            try image.flush()
            for sector in 0..<sectors { allowed[sector] = [current[sector]] }
        } catch let error as BlockStorageError {
            try #require(file.hasStopped, "\(error)")
        }
        return allowed
    }

    private func judge(
        _ bytes: [UInt8], backing: RawImage?, _ allowed: [Set<UInt8>], _ place: String
    ) throws {
        let file = MemoryFile(bytes)
        let image = try QCOW2Image(file, backing: backing)
        let check = try image.check()
        #expect(check.isSound, "\(place): \(check.faults.first ?? "")")
        let content = try image.bytes(count: Int(image.byteCount))
        for (sector, values) in allowed.enumerated() {
            let first = content[sector * 512]
            // All bytes of a sector are the same where each is the same as the next one.
            let isWhole = content.withUnsafeBytes {
                memcmp($0.baseAddress! + sector * 512, $0.baseAddress! + sector * 512 + 1, 511) == 0
            }
            if !isWhole || !values.contains(first) {
                Issue.record("\(place): sector \(sector) holds \(first), and may hold \(values); whole: \(isWhole)")
                break
            }
        }
        // And it can be gone on with.
        try image.write([UInt8](repeating: 0x77, count: 100_000), at: 100_000)
        try image.flush()
        #expect(try image.check().isSound, "\(place), after more writes")
    }

    @Test(arguments: [(9, false), (10, true), (12, false), (12, true)] as [(UInt64, Bool)])
    func anyMoment(_ clusterBits: UInt64, _ hasBacking: Bool) throws {
        let backing =
            hasBacking ? try RawImage(MemoryFile([UInt8](repeating: 0xee, count: 782 * 512), isReadOnly: true)) : nil
        let empty = MemoryFile()
        try QCOW2Image.create(
            in: empty, byteCount: 1200 * 512, clusterBits: clusterBits, backingFile: hasBacking ? "base" : nil)
        let whole = MemoryFile(empty.bytes)
        _ = try write(to: whole, backing: backing, seed: clusterBits)
        let total = whole.changes
        try #require(total > 60)
        var random = SeededGenerator(seed: 99)
        var images = 0
        let tools = QEMUTools(directory: TemporaryDirectory())
        for stop in stride(from: 1, through: total, by: max(1, total / 30)) {
            let file = MemoryFile(empty.bytes)
            file.changesLeft = stop
            let allowed = try write(to: file, backing: backing, seed: clusterBits)
            // The program was killed: all that it wrote is there. The power went: any part of what was not synced.
            for (name, bytes) in [("killed", file.bytes), ("power", file.afterPowerLoss(&random))] {
                try judge(bytes, backing: backing, allowed, "\(name) at change \(stop) of \(total)")
                images += 1
                if QEMUTools.arePresent && !hasBacking && images % 20 == 0 {
                    try File.writeAtomically(tools.path("image.qcow2"), bytes)
                    let (status, text) = try tools.checkStatus("image.qcow2")
                    #expect(status == 0 || status == 3, "\(name) at \(stop): \(text)")
                }
            }
        }
    }

    /// Clusters that are given up, at every moment and with many fates of what was not synced: the old content or the new.
    @Test func freedClusters() throws {
        let start = MemoryFile()
        try QCOW2Image.create(in: start, byteCount: 64 << 10, clusterBits: 12)
        do {
            let image = try QCOW2Image(start)
            try image.write([UInt8](repeating: 1, count: 64 << 10), at: 0)
            try image.flush()
        }
        var random = SeededGenerator(seed: 11)
        for stop in 1..<40 {
            let file = MemoryFile(start.bytes)
            file.changesLeft = stop
            do {
                let image = try QCOW2Image(file)
                try image.discard(at: 0, byteCount: 32 << 10, mustZero: true)
                try image.flush()
                try image.write([UInt8](repeating: 2, count: 16 << 10), at: 0)
                try image.flush()
            } catch let error as BlockStorageError {
                try #require(file.hasStopped, "\(error)")
            }
            for _ in 0..<6 {
                let image = try QCOW2Image(MemoryFile(file.afterPowerLoss(&random)))
                #expect(try image.check().isSound)
                let content = try image.bytes(count: 64 << 10)
                #expect(content[(32 << 10)...].allSatisfy { $0 == 1 })
                let before = content[..<(16 << 10)].allSatisfy { $0 == 1 || $0 == 0 || $0 == 2 }
                #expect(before)
                for cluster in 0..<8 {
                    let values = Set(content[(cluster << 12)..<(cluster << 12 + 4096)])
                    #expect(values.count == 1, "stopped at \(stop): \(values)")
                    // Zero only where the entry says so: a hole in a cluster that is mapped is a loss.
                    if values == [0] {
                        #expect(try image.mapping(of: UInt64(cluster) << 12) == .unmapped, "stopped at \(stop)")
                    }
                }
            }
            if !file.hasStopped { return }
        }
        Issue.record("the writer never came to its end")
    }

    @Test func flushOrdersWithFewSyncs() throws {
        let file = MemoryFile()
        try QCOW2Image.create(in: file, byteCount: 1 << 20)
        let image = try QCOW2Image(file)
        try image.write([1], at: 0)
        try image.flush()
        var before = file.syncs
        try image.write([2], at: 100)
        try image.flush()
        #expect(file.syncs - before == 1, "a write in place needs no order")
        before = file.syncs
        try image.write([3], at: 70000)
        try image.flush()
        #expect(file.syncs - before == 2, "refcounts and data, then the L2 table")
    }
}
