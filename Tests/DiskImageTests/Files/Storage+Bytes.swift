import Board
import DiskImage
import Glibc
import Linux
import Testbed

extension BlockStorage {
    /// Bytes, read into several buffers of odd sizes.
    func bytes(at offset: UInt64 = 0, count: Int) throws -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { memory.deallocate() }
        memset(memory.baseAddress!, 0xa5, count)
        let cut = count / 3
        try read(
            at: offset,
            into: [
                UnsafeMutableRawBufferPointer(rebasing: memory[..<cut]),
                UnsafeMutableRawBufferPointer(rebasing: memory[cut...]),
            ])
        return Array(memory)
    }

    /// Writes bytes from several buffers.
    func write(_ bytes: [UInt8], at offset: UInt64) throws {
        let cut = bytes.count * 2 / 3
        try bytes.withUnsafeBytes {
            try write(
                at: offset,
                from: [UnsafeRawBufferPointer(rebasing: $0[..<cut]), UnsafeRawBufferPointer(rebasing: $0[cut...])])
        }
    }
}

/// QEMU's tools on images, which are the judges of ours.
struct QEMUTools {
    static let arePresent = Machine.has("qemu-img", "qemu-io")
    let directory: TemporaryDirectory

    func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    @discardableResult
    func img(_ arguments: String...) throws -> String {
        let run = try ProgramRun(["qemu-img"] + arguments, directory: directory.path)
        if run.status != 0 { throw ProgramError.failed(["qemu-img"] + arguments, run) }
        return run.output
    }

    /// Runs commands of qemu-io on an image.
    func io(_ image: String, _ commands: [String], options: [String] = []) throws {
        let arguments = ["qemu-io"] + options + commands.flatMap { ["-c", $0] } + [path(image)]
        let run = try ProgramRun(arguments, directory: directory.path)
        if run.status != 0 || run.all.contains("failed") { throw ProgramError.failed(arguments, run) }
    }

    /// The status of qemu-img check: 0 sound, 2 corrupt, 3 leaks only.
    func checkStatus(_ image: String) throws -> (status: Int32, text: String) {
        let run = try ProgramRun(["qemu-img", "check", path(image)])
        return (run.status, run.all)
    }

    /// The disk's bytes, as QEMU reads them.
    func content(_ image: String) throws -> [UInt8] {
        try img("convert", "-O", "raw", image, "judged.raw")
        return try File.read(path("judged.raw"))
    }
}

/// Bytes that are like a disk's: runs that repeat, and noise.
func diskBytes(_ random: inout SeededGenerator, _ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
        if random.chance(50) {
            bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: 1 + random.below(900))
        } else {
            bytes += (0..<(1 + random.below(300))).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
    }
    return Array(bytes.prefix(count))
}
