import Board
import Linux
import Testbed
import Testing

@testable import DiskImage

/// An image on a real file system that runs full while the image grows.
@Suite(.enabled(if: Machine.isRoot, "mounting a small file system needs root")) struct FullHostDiskTests {
    private let tools = QEMUTools(directory: TemporaryDirectory())

    /// What a guest would see, and what the host says.
    private struct Outcome: Sendable {
        var errors = 0
        var words = ""
        var faults: [String] = []
        var isContentKept = false
        var worksWithRoom = false
        var image: [UInt8] = []
    }

    @Test(arguments: [ImageFormat.qcow2, .raw]) func growingImage(_ format: ImageFormat) throws {
        let mount = tools.path("small")
        try File.makeDirectory(mount, mode: 0o700)
        let thread = try NamespaceThread(name: "small disk")
        let outcome = try thread.run { () throws(any Error) -> Outcome in
            try Namespace.unshare(.mount)
            try Mount.makePrivate()
            try Mount.tmpfs(on: mount, options: "size=2m")
            return try Self.fill("\(mount)/image", format, ballast: "\(mount)/ballast")
        }
        #expect(outcome.errors > 3)
        #expect(outcome.words.contains("No space left on device") && outcome.words.contains("free space"))
        #expect(outcome.words.contains("\(mount)/image"))
        #expect(outcome.faults.isEmpty && outcome.isContentKept && outcome.worksWithRoom, "\(outcome.faults)")
        if format == .qcow2 && QEMUTools.arePresent {
            try File.writeAtomically(tools.path("copy.qcow2"), outcome.image)
            let (status, text) = try tools.checkStatus("copy.qcow2")
            #expect(status == 0 || status == 3, "\(text)")
        }
    }

    private static func fill(_ path: String, _ format: ImageFormat, ballast: String) throws -> Outcome {
        var outcome = Outcome()
        try File.writeAtomically(ballast, [UInt8](repeating: 1, count: 300_000))
        try DiskImageFile.create(path, DiskImageFile.Creation(format, byteCount: 8 << 20))
        let image = try DiskImageFile.open(path, format: format, writable: true)
        // Every other block of 64 KiB, so that there is always a new cluster.
        var written: [UInt64] = []
        for block in 0..<UInt64(64) {
            let bytes = [UInt8](repeating: UInt8(block + 1), count: 65536)
            do {
                try image.write(bytes, at: block * 131072)
                try image.flush()
                written.append(block)
            } catch let error as BlockStorageError {
                guard error.kind == .noSpace else { throw error }
                outcome.errors += 1
                outcome.words = error.description
            }
        }
        outcome.isContentKept = try written.allSatisfy { block in
            try image.bytes(at: block * 131072, count: 65536).allSatisfy { $0 == UInt8(block + 1) }
        }
        try File.remove(ballast)
        try image.write([UInt8](repeating: 0xaa, count: 65536), at: 63 * 131072)
        try image.flush()
        outcome.worksWithRoom = try image.bytes(at: 63 * 131072, count: 65536).allSatisfy { $0 == 0xaa }
        if format == .qcow2 {
            outcome.faults = try QCOW2Image(HostFile(path: path, writable: false, isLocked: false)).check().faults
        }
        outcome.image = try File.read(path)
        return outcome
    }
}
