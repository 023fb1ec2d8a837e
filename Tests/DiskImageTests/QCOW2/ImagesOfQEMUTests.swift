import Board
import DiskImage
import Linux
import Testbed
import Testing

/// Images that QEMU made are read as QEMU reads them, and are sound for QEMU after we have written them.
@Suite(.enabled(if: QEMUTools.arePresent, "qemu-img and qemu-io (qemu-utils) are not installed"))
struct ImagesOfQEMUTests {
    struct Form: CustomTestStringConvertible, Sendable {
        var options: String
        var isCompressed = false
        var testDescription: String { options + (isCompressed ? " compressed" : "") }
    }

    static let forms = [
        Form(options: "compat=1.1"),
        Form(options: "compat=0.10"),
        Form(options: "compat=1.1", isCompressed: true),
        Form(options: "compression_type=zstd", isCompressed: true),
        Form(options: "cluster_size=512"),
        Form(options: "cluster_size=4096,refcount_bits=64", isCompressed: true),
        Form(options: "cluster_size=2M"),
        Form(options: "cluster_size=1024,refcount_bits=1"),
        Form(options: "lazy_refcounts=on,cluster_size=8192,refcount_bits=32"),
        Form(options: "preallocation=metadata"),
    ]

    @Test(arguments: forms)
    func readsAndWrites(_ form: Form) throws {
        var random = SeededGenerator(seed: 7)
        let tools = QEMUTools(directory: TemporaryDirectory())
        let size = 1 << 20
        var model = [UInt8](repeating: 0, count: size)
        for _ in 0..<12 {
            let start = random.below(size - 70000)
            let bytes = diskBytes(&random, 1 + random.below(70000))
            model.replaceSubrange(start..<(start + bytes.count), with: bytes)
        }
        try File.write(tools.path("source.raw"), "")
        try File.writeAtomically(tools.path("source.raw"), model)
        let compression = form.isCompressed ? ["-c"] : []
        let run = try ProgramRun(
            ["qemu-img", "convert", "-O", "qcow2"] + compression
                + ["-o", form.options, tools.path("source.raw"), tools.path("image.qcow2")])
        try #require(run.status == 0, "\(run.all)")

        do {
            let image = try DiskImageFile.open(tools.path("image.qcow2"), writable: true)
            #expect(image.byteCount == UInt64(size))
            #expect(try image.bytes(count: size) == model)
            for _ in 0..<25 {
                let start = random.below(size - 140_000)
                let count = 1 + random.below(140_000)
                if random.chance(30) {
                    try image.discard(at: UInt64(start), byteCount: UInt64(count), mustZero: true)
                    model.replaceSubrange(start..<(start + count), with: repeatElement(0, count: count))
                } else {
                    let bytes = diskBytes(&random, count)
                    try image.write(bytes, at: UInt64(start))
                    model.replaceSubrange(start..<(start + count), with: bytes)
                }
                if random.chance(10) { try image.flush() }
            }
            try image.flush()
            #expect(try image.bytes(count: size) == model)
        }
        let (status, text) = try tools.checkStatus("image.qcow2")
        #expect(status == 0, "\(text)")
        #expect(try tools.content("image.qcow2") == model)
        let check = try #require(try DiskImageFile.check(tools.path("image.qcow2")))
        #expect(check.isSound && check.leakedClusters == 0, "\(check.faults)")
    }

    @Test func chainOfBackingFiles() throws {
        let tools = QEMUTools(directory: TemporaryDirectory())
        // Each is larger or smaller than the one below, and of another format and cluster size.
        try tools.img("create", "-f", "raw", "a.raw", "300k")
        try tools.io("a.raw", ["write -P 1 0 300k"], options: ["-f", "raw"])
        try tools.img(
            "create", "-f", "qcow2", "-o", "cluster_size=4k", "-b", "a.raw", "-F", "raw", "b.qcow2", "500k")
        try tools.io("b.qcow2", ["write -P 2 10k 9k", "write -P 3 420k 30k", "write -z 100k 20k"])
        try tools.img("create", "-f", "qcow2", "-b", "b.qcow2", "-F", "qcow2", "c.qcow2", "400k")
        try tools.io("c.qcow2", ["write -P 4 50k 1k", "discard 192k 64k"])
        let image = try DiskImageFile.open(tools.path("c.qcow2"), writable: true)
        var model = try image.bytes(count: 400 << 10)
        #expect(Set(model) == [0, 1, 2, 4])
        // Parts of clusters whose rest is below; discards that must not let the backing file show.
        try image.write([UInt8](repeating: 9, count: 1000), at: 12345)
        model.replaceSubrange(12345..<13345, with: repeatElement(9, count: 1000))
        try image.discard(at: 60000, byteCount: 200_000, mustZero: true)
        model.replaceSubrange(60000..<260_000, with: repeatElement(0, count: 200_000))
        try image.flush()
        #expect(try image.bytes(count: 400 << 10) == model)
        #expect(try tools.checkStatusWhileOpen("c.qcow2") == 0)
        #expect(try tools.contentWhileOpen("c.qcow2") == model)
    }

    @Test func snapshotsKeepTheirContent() throws {
        var random = SeededGenerator(seed: 3)
        let tools = QEMUTools(directory: TemporaryDirectory())
        try tools.img("create", "-f", "qcow2", "-o", "cluster_size=4k", "image.qcow2", "4M")
        try tools.io("image.qcow2", ["write -P 1 0 3M"])
        try tools.img("snapshot", "-c", "first", "image.qcow2")
        let before = try tools.content("image.qcow2")
        var model = before
        do {
            let image = try DiskImageFile.open(tools.path("image.qcow2"), writable: true)
            for _ in 0..<30 {
                let start = random.below(model.count - 20000)
                let bytes = diskBytes(&random, 1 + random.below(20000))
                try image.write(bytes, at: UInt64(start))
                model.replaceSubrange(start..<(start + bytes.count), with: bytes)
            }
            try image.discard(at: 1 << 20, byteCount: 1 << 20, mustZero: true)
            model.replaceSubrange((1 << 20)..<(2 << 20), with: repeatElement(0, count: 1 << 20))
            try image.flush()
        }
        let (status, text) = try tools.checkStatus("image.qcow2")
        #expect(status == 0, "\(text)")
        let check = try #require(try DiskImageFile.check(tools.path("image.qcow2")))
        #expect(check.isSound && check.leakedClusters == 0, "\(check.faults)")
        #expect(try tools.content("image.qcow2") == model)
        try tools.img("snapshot", "-a", "first", "image.qcow2")
        #expect(try tools.content("image.qcow2") == before)
    }

    /// QEMU, killed before it wrote its refcounts: the image says that it is dirty.
    @Test func dirtyImagesAreRepaired() throws {
        let tools = QEMUTools(directory: TemporaryDirectory())
        try tools.img("create", "-f", "qcow2", "-o", "lazy_refcounts=on", "image.qcow2", "8M")
        let run = try ProgramRun(
            ["qemu-io", "-c", "write -P 5 1M 3M", "-c", "flush", "-c", "sigraise 9", tools.path("image.qcow2")])
        try #require(run.status == 128 + 9)
        #expect(try DiskImageFile.information(tools.path("image.qcow2")).isDirty == true)
        #expect(try tools.checkStatus("image.qcow2").status != 0)
        do {
            let image = try DiskImageFile.open(tools.path("image.qcow2"), writable: true)
            try image.write([1, 2, 3], at: 5 << 20)
            try image.flush()
            #expect(try image.bytes(at: 1 << 20, count: 3 << 20).allSatisfy { $0 == 5 })
        }
        #expect(try DiskImageFile.information(tools.path("image.qcow2")).isDirty == false)
        let (status, text) = try tools.checkStatus("image.qcow2")
        #expect(status == 0, "\(text)")
    }
}

extension QEMUTools {
    func checkStatusWhileOpen(_ image: String) throws -> Int32 {
        try ProgramRun(["qemu-img", "check", "--force-share", path(image)]).status
    }

    func contentWhileOpen(_ image: String) throws -> [UInt8] {
        try img("convert", "--force-share", "-O", "raw", image, "judged.raw")
        return try File.read(path("judged.raw"))
    }
}
