import Board
import Glibc
import Linux
import Testbed
import Testing

@testable import DiskImage

/// Random operations on an image and on a plain array, in lockstep.
struct LockstepTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var clusterBits: UInt64
        var version: UInt32
        var backingByteCount: Int?
        var testDescription: String { "2^\(clusterBits), v\(version), backing \(backingByteCount ?? 0)" }
    }

    static let shapes = [
        Shape(clusterBits: 9, version: 3), Shape(clusterBits: 9, version: 2, backingByteCount: 300_000),
        Shape(clusterBits: 12, version: 3, backingByteCount: 700_032), Shape(clusterBits: 16, version: 3),
        Shape(clusterBits: 16, version: 3, backingByteCount: 400_000), Shape(clusterBits: 12, version: 2),
    ]

    @Test(arguments: shapes)
    func modelAndImage(_ shape: Shape) throws {
        var random = SeededGenerator(seed: shape.clusterBits * 10 + UInt64(shape.version))
        let size = 600 * 1024
        var model = [UInt8](repeating: 0, count: size)
        var backing: RawImage?
        if let count = shape.backingByteCount {
            let bytes = diskBytes(&random, count)
            model.replaceSubrange(0..<min(count, size), with: bytes.prefix(size))
            backing = try RawImage(MemoryFile(bytes, isReadOnly: true))
        }
        let file = MemoryFile()
        try QCOW2Image.create(
            in: file, byteCount: UInt64(size), clusterBits: shape.clusterBits,
            backingFile: backing == nil ? nil : "base", version: shape.version)
        var image = try QCOW2Image(file, backing: backing, cacheByteCount: 0)
        for step in 0..<200 {
            let start = random.below(size)
            let count = 1 + random.below(min(size - start, random.chance(80) ? 3000 : 200_000))
            switch random.below(10) {
            case 0..<5:
                let bytes = diskBytes(&random, count)
                try image.write(bytes, at: UInt64(start))
                model.replaceSubrange(start..<(start + count), with: bytes)
            case 5:
                try image.discard(at: UInt64(start), byteCount: UInt64(count), mustZero: true)
                model.replaceSubrange(start..<(start + count), with: repeatElement(0, count: count))
            case 6:
                // Reads as anything: what it is now is what it must stay.
                try image.discard(at: UInt64(start), byteCount: UInt64(count), mustZero: false)
                model.replaceSubrange(start..<(start + count), with: try image.bytes(at: UInt64(start), count: count))
            case 7: try image.flush()
            default: #expect(try image.bytes(at: UInt64(start), count: count) == Array(model[start..<(start + count)]))
            }
            if step % 100 == 99 {
                try image.flush()
                let check = try image.check()
                #expect(check.isSound && check.leakedClusters == 0, "\(check.faults) \(check.leakedClusters)")
                image = try QCOW2Image(file, backing: backing, cacheByteCount: 0)
            }
        }
        try image.flush()
        #expect(try image.bytes(count: size) == model)
        #expect(try QCOW2Image(file, backing: backing).bytes(count: size) == model)
        var offset: UInt64 = 0
        while offset < image.byteCount {
            let extent = try image.extent(at: offset)
            try #require(extent.byteCount > 0)
            if extent.kind == .zero {
                #expect(model[Int(offset)..<Int(offset + extent.byteCount)].allSatisfy { $0 == 0 })
            }
            offset += extent.byteCount
        }
        guard QEMUTools.arePresent, backing == nil else { return }
        let tools = QEMUTools(directory: TemporaryDirectory())
        try File.writeAtomically(tools.path("image.qcow2"), file.bytes)
        let (status, text) = try tools.checkStatus("image.qcow2")
        #expect(status == 0, "\(text)")
        #expect(try tools.content("image.qcow2") == model)
    }

    /// A file that fills several refcount blocks, and then needs a larger refcount table: clusters of 512 bytes, of which
    /// a table's cluster counts 8 MiB.
    @Test func refcountTableGrows() throws {
        let size = 9 << 20
        let file = try HostFileInTemporaryDirectory()
        try QCOW2Image.create(in: file.file, byteCount: UInt64(size), clusterBits: 9)
        do {
            let image = try QCOW2Image(file.file)
            var chunk = [UInt8](repeating: 0, count: 1 << 20)
            for index in 0..<9 {
                for byte in chunk.indices { chunk[byte] = UInt8(truncatingIfNeeded: byte / 512 + index) | 1 }
                try image.write(chunk, at: UInt64(index) << 20)
            }
            try image.flush()
            let check = try image.check()
            #expect(check.isSound && check.leakedClusters == 0, "\(check.faults) \(check.leakedClusters)")
            #expect(check.mappedClusters == UInt64(size / 512))
        }
        guard QEMUTools.arePresent else { return }
        let run = try ProgramRun(["qemu-img", "check", "--force-share", file.path])
        #expect(run.status == 0, "\(run.all)")
    }
}

/// A host's file that goes with its owner.
struct HostFileInTemporaryDirectory {
    let directory = TemporaryDirectory()
    let path: String
    let file: HostFile

    init() throws {
        path = "\(directory.path)/image"
        try File.write(path, "")
        file = try HostFile(path: path, writable: true)
    }
}
