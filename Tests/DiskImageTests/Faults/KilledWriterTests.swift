import Board
import Glibc
import Linux
import Testbed
import Testing

@testable import DiskImage

/// A process that writes to an image is killed at any moment, again and again: no acknowledged flush is lost, and the image is
/// sound. (What the host loses when its power goes is `CrashTests`' subject.)
struct KilledWriterTests {
    private struct Step: Equatable {
        var sector: Int
        var count: Int
        var value: UInt8

        var range: Range<Int> { sector..<(sector + count) }
        var content: [UInt8] { [UInt8](repeating: value, count: count) }
    }

    private let tools = QEMUTools(directory: TemporaryDirectory())
    private static let sectors = 2048

    /// Nil: a flush.
    private func script(_ random: inout SeededGenerator) -> [Step?] {
        (0..<800).map { _ in
            if random.chance(12) { return nil }
            let start = random.below(Self.sectors)
            let most = min(Self.sectors - start, random.chance(80) ? 16 : 300)
            return Step(
                sector: start, count: 1 + random.below(most),
                value: random.chance(15) ? 0 : UInt8(1 + random.below(255)))
        }
    }

    /// Runs the writer and kills it so many bytes of acknowledgements later.
    /// - Returns: the number of the last flush that was acknowledged.
    private func killed(_ image: String, _ format: String, _ steps: [Step?], after acknowledgements: Int) throws -> Int
    {
        let text = steps.map { $0.map { "\($0.sector * 512) \($0.count * 512) \($0.value)" } ?? "flush" }
        try File.write(tools.path("script"), text.joined(separator: "\n"))
        let (read, write) = try Pipe().split { (read, write) in (OwnedDescriptor(read), OwnedDescriptor(write)) }
        var spawn = Spawn(
            BuiltPrograms.path("disk-writer"), ["disk-writer", tools.path(image), format, tools.path("script")])
        spawn.descriptors = [(write.rawValue, 1)]
        let process = try spawn.start()
        _ = consume write
        var bytes: [UInt8] = []
        while bytes.count < acknowledgements * 8 {
            let more = try read.descriptor.read(upTo: 4096)
            if more.isEmpty { break }
            bytes += more
        }
        // Anywhere in what comes next.
        usleep(UInt32(acknowledgements * 37 % 900))
        try process.signal(SIGKILL)
        let end = try process.wait()
        #expect(end == .killed(signal: SIGKILL) || end == .exited(0), "\(end)")
        bytes += try read.descriptor.readAll()
        let count = bytes.count / 8 * 8
        try #require(count >= 8)
        return bytes[(count - 8)..<count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    @Test(arguments: ["raw", "qcow2"]) func acknowledgedFlushes(_ format: String) throws {
        let image = "image.\(format)"
        let format = try #require(ImageFormat(rawValue: format))
        var creation = DiskImageFile.Creation(format, byteCount: UInt64(Self.sectors) * 512)
        if format == .qcow2 { creation.clusterByteCount = 4096 }
        try DiskImageFile.create(tools.path(image), creation)
        var random = SeededGenerator(seed: 3)
        var current = [UInt8](repeating: 0, count: Self.sectors)
        for round in 0..<12 {
            let steps = script(&random)
            let last = try killed(image, format.rawValue, steps, after: 1 + random.below(40))
            // What each sector may hold: as it was at the flush, or what came after it.
            for case let step? in steps[..<last] { current.replaceSubrange(step.range, with: step.content) }
            var allowed = current.map { Set([$0]) }
            // Up to the next flush, which was not acknowledged: nothing was done after it.
            for case let step? in steps[(last + 1)...].prefix(while: { $0 != nil }) {
                for sector in step.range { allowed[sector].insert(step.value) }
            }
            if format == .qcow2 {
                let check = try #require(try DiskImageFile.check(tools.path(image)))
                #expect(check.isSound, "round \(round): \(check.faults)")
                if round % 5 == 0 && QEMUTools.arePresent {
                    let (status, text) = try tools.checkStatus(image)
                    #expect(status == 0 || status == 3, "\(text)")
                }
            }
            let storage = try DiskImageFile.open(tools.path(image), format: format, writable: false)
            let content = try storage.bytes(count: Self.sectors * 512)
            for sector in 0..<Self.sectors {
                current[sector] = content[sector * 512]
                // All bytes of a sector are the same where each is the same as the next one.
                let isWhole = content.withUnsafeBytes {
                    memcmp($0.baseAddress! + sector * 512, $0.baseAddress! + sector * 512 + 1, 511) == 0
                }
                guard isWhole, allowed[sector].contains(current[sector]) else {
                    Issue.record(
                        "round \(round), sector \(sector): \(current[sector]), and may hold \(allowed[sector])")
                    return
                }
            }
        }
    }
}
