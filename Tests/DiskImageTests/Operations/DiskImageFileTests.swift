import Board
import Linux
import Testbed
import Testing

@testable import DiskImage

struct DiskImageFileTests {
    private let tools = QEMUTools(directory: TemporaryDirectory())

    private func make(_ name: String, _ creation: DiskImageFile.Creation) throws {
        try DiskImageFile.create(tools.path(name), creation)
    }

    @Test(arguments: [512, 4096, 65536, 2 << 20] as [UInt64])
    func created(_ clusterByteCount: UInt64) throws {
        for size in [0, 3 << 30] as [UInt64] {
            var creation = DiskImageFile.Creation(.qcow2, byteCount: size)
            creation.clusterByteCount = clusterByteCount
            try DiskImageFile.create(tools.path("new.qcow2"), creation, replaces: true)
            let check = try #require(try DiskImageFile.check(tools.path("new.qcow2")))
            #expect(check.isSound && check.leakedClusters == 0, "\(check.faults)")
            #expect(try DiskImageFile.information(tools.path("new.qcow2")).byteCount == size)
            if QEMUTools.arePresent {
                let (status, text) = try tools.checkStatus("new.qcow2")
                #expect(status == 0, "\(text)")
            }
        }
    }

    @Test func existingFilesAreKept() throws {
        try File.write(tools.path("there"), "mine")
        let error = #expect(throws: BlockStorageError.self) { try make("there", .init(.raw, byteCount: 512)) }
        #expect(error?.description.contains("File exists") == true)
        #expect(try File.readText(tools.path("there")) == "mine")
    }

    @Test func overlay() throws {
        try make("base.raw", .init(.raw, byteCount: 1 << 20))
        do {
            let base = try DiskImageFile.open(tools.path("base.raw"), format: .raw, writable: true)
            try base.write([UInt8](repeating: 3, count: 1 << 20), at: 0)
        }
        var creation = DiskImageFile.Creation(.qcow2)
        creation.backingFile = "base.raw"
        try make("top.qcow2", creation)
        let information = try DiskImageFile.information(tools.path("top.qcow2"))
        #expect(information.byteCount == 1 << 20)
        #expect(information.backingFile == "base.raw")
        #expect(information.backingFormat == "raw")
        do {
            let top = try DiskImageFile.open(tools.path("top.qcow2"), writable: true)
            try top.write([8, 8], at: 700_000)
            try top.flush()
            #expect(try top.bytes(at: 699_999, count: 4) == [3, 8, 8, 3])
        }
        try DiskImageFile.convert(from: tools.path("top.qcow2"), to: tools.path("flat.qcow2"), as: .qcow2)
        try DiskImageFile.convert(from: tools.path("top.qcow2"), to: tools.path("flat.raw"), as: .raw)
        #expect(try DiskImageFile.information(tools.path("flat.qcow2")).backingFile == nil)
        if QEMUTools.arePresent {
            try tools.img("compare", "top.qcow2", "flat.qcow2")
            try tools.img("compare", "-F", "raw", "top.qcow2", "flat.raw")
            #expect(try tools.checkStatus("flat.qcow2").status == 0)
        }
    }

    @Test func holesStayHoles() throws {
        try make("sparse.raw", .init(.raw, byteCount: 64 << 20))
        do {
            let image = try DiskImageFile.open(tools.path("sparse.raw"), format: .raw, writable: true)
            try image.write([1], at: 40 << 20)
            try image.flush()
        }
        try DiskImageFile.convert(from: tools.path("sparse.raw"), to: tools.path("copy.qcow2"), as: .qcow2)
        try DiskImageFile.convert(from: tools.path("copy.qcow2"), to: tools.path("back.raw"), as: .raw)
        #expect(try DiskImageFile.information(tools.path("copy.qcow2")).allocatedByteCount < 1 << 20)
        let back = try DiskImageFile.information(tools.path("back.raw"))
        #expect(back.byteCount == 64 << 20)
        #expect(back.allocatedByteCount < 1 << 20)
        let image = try DiskImageFile.open(tools.path("back.raw"), format: .raw, writable: true)
        #expect(try image.bytes(at: 40 << 20, count: 1) == [1])
        try image.discard(at: 0, byteCount: image.byteCount, mustZero: true)
        #expect(try image.bytes(at: 40 << 20, count: 1) == [0])
        #expect(try DiskImageFile.information(tools.path("back.raw")).allocatedByteCount == 0)
    }

    @Test(.enabled(if: QEMUTools.arePresent, "qemu-img is not installed"))
    func resized() throws {
        var creation = DiskImageFile.Creation(.qcow2, byteCount: 100 * 512)
        creation.clusterByteCount = 512
        try make("disk.qcow2", creation)
        do {
            let image = try DiskImageFile.open(tools.path("disk.qcow2"), writable: true)
            try image.write([UInt8](repeating: 6, count: 100 * 512), at: 0)
            try image.flush()
        }
        #expect(throws: BlockStorageError.self) {
            try DiskImageFile.resize(tools.path("disk.qcow2"), to: 512)
        }
        for size in [50 * 512, 90 * 512, 8 << 20, 12 * 512, 64 << 20] as [UInt64] {
            try DiskImageFile.resize(tools.path("disk.qcow2"), to: size, shrinks: true)
            let (status, text) = try tools.checkStatus("disk.qcow2")
            #expect(status == 0, "\(text)")
            #expect(try DiskImageFile.information(tools.path("disk.qcow2")).byteCount == size)
        }
        let content = try tools.content("disk.qcow2")
        #expect(content.count == 64 << 20)
        #expect(content[..<(12 * 512)].allSatisfy { $0 == 6 })
        #expect(content[(12 * 512)..<(200 * 512)].allSatisfy { $0 == 0 })
    }

    @Test func loopsOfBackingFiles() throws {
        try make("a.qcow2", .init(.qcow2, byteCount: 1 << 20))
        var creation = DiskImageFile.Creation(.qcow2, byteCount: 1 << 20)
        creation.backingFile = "a.qcow2"
        try make("b.qcow2", creation)
        creation.backingFile = "b.qcow2"
        try DiskImageFile.create(tools.path("c.qcow2"), creation)
        try File.remove(tools.path("a.qcow2"))
        creation.backingFile = "c.qcow2"
        try #require(try ProgramRun("cp", tools.path("c.qcow2"), tools.path("a.qcow2")).status == 0)
        let error = #expect(throws: BlockStorageError.self) {
            _ = try DiskImageFile.open(tools.path("c.qcow2"), writable: false)
        }
        #expect(error?.description.contains("is a backing file of itself") == true, "\(error?.description ?? "")")
    }

    @Test func missingBackingFile() throws {
        try make("base.raw", .init(.raw, byteCount: 512))
        var creation = DiskImageFile.Creation(.qcow2)
        creation.backingFile = "base.raw"
        try make("top.qcow2", creation)
        try File.remove(tools.path("base.raw"))
        let error = #expect(throws: BlockStorageError.self) {
            _ = try DiskImageFile.open(tools.path("top.qcow2"), writable: true)
        }
        #expect(error?.description.contains("the backing file of") == true)
        #expect(error?.description.contains("base.raw': No such file") == true, "\(error?.description ?? "")")
    }

    @Test func twoMachinesDoNotShareADisk() throws {
        try make("disk.qcow2", .init(.qcow2, byteCount: 1 << 20))
        var first: (any ImageContent)? = try DiskImageFile.open(tools.path("disk.qcow2"), writable: true)
        for writable in [true, false] {
            let error = #expect(throws: BlockStorageError.self) {
                _ = try DiskImageFile.open(tools.path("disk.qcow2"), writable: writable)
            }
            #expect(error?.description.contains("another virtual machine or tool has it open") == true)
        }
        #expect(try DiskImageFile.information(tools.path("disk.qcow2")).byteCount == 1 << 20)
        if QEMUTools.arePresent {
            let run = try ProgramRun(["qemu-io", "-c", "write 0 512", tools.path("disk.qcow2")])
            #expect(run.all.contains("lock"), "\(run.all)")
        }
        first = nil
        _ = first
        // Many may read.
        let reader = try DiskImageFile.open(tools.path("disk.qcow2"), writable: false)
        let other = try DiskImageFile.open(tools.path("disk.qcow2"), writable: false)
        #expect(reader.byteCount == other.byteCount)
        #expect(throws: BlockStorageError.self) {
            _ = try DiskImageFile.open(tools.path("disk.qcow2"), writable: true)
        }
    }

    /// A guest whose raw disk was found by looking cannot make it a qcow2 image whose backing file is the host's.
    @Test func rawStaysRaw() throws {
        try make("disk.raw", .init(.raw, byteCount: 1 << 20))
        let probed = try DiskImageFile.open(tools.path("disk.raw"), writable: true)
        let error = #expect(throws: BlockStorageError.self) {
            try probed.write(QCOW2Header.magicBytes + [0, 0, 0, 3], at: 0)
        }
        #expect(error?.description.contains("say that the format is raw") == true)
        try probed.write([0x51, 0x46, 0x49, 0], at: 0)
        #expect(throws: BlockStorageError.self) { try probed.write([0xfb], at: 3) }
    }

    @Test func rawDiskOfOddSize() throws {
        try File.write(tools.path("odd"), String(repeating: "x", count: 700))
        let image = try DiskImageFile.open(tools.path("odd"), format: .raw, writable: true)
        #expect(image.byteCount == 1024)
        #expect(
            try image.bytes(at: 512, count: 512) == [UInt8](repeating: 0x78, count: 188)
                + [UInt8](repeating: 0, count: 324))
        try image.write([1], at: 1023)
        #expect(try image.bytes(at: 1022, count: 2) == [0, 1])
        #expect(throws: BlockStorageError.self) { try image.write([1, 2], at: 1023) }
    }

    @Test func repairedLeaks() throws {
        try make("disk.qcow2", .init(.qcow2, byteCount: 1 << 20))
        do {
            let image = try DiskImageFile.open(tools.path("disk.qcow2"), writable: true)
            try image.write([UInt8](repeating: 1, count: 300_000), at: 0)
            try image.flush()
        }
        // The L1 entry is lost: an L2 table and 5 clusters leak.
        let header = try QCOW2Header(HostFile(path: tools.path("disk.qcow2"), writable: false))
        var bytes = try File.read(tools.path("disk.qcow2"))
        bytes.setBigEndian(at: Int(header.l1Offset), UInt64(0))
        try File.writeAtomically(tools.path("disk.qcow2"), bytes)
        let found = try #require(try DiskImageFile.check(tools.path("disk.qcow2")))
        #expect(found.isSound)
        #expect(found.leakedClusters == 6)
        let repaired = try #require(try DiskImageFile.check(tools.path("disk.qcow2"), repair: true))
        #expect(repaired.repaired == 6)
        #expect(repaired.leakedClusters == 0)
        if QEMUTools.arePresent {
            let (status, text) = try tools.checkStatus("disk.qcow2")
            #expect(status == 0, "\(text)")
        }
    }
}
