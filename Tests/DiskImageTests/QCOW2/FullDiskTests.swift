import Board
import Testbed
import Testing

@testable import DiskImage

struct FullDiskTests {
    /// The host's disk is full while the image grows: errors for the guest, no harm to the image; with room again, all goes on.
    @Test(arguments: [9, 12, 16] as [UInt64])
    func errorsAndThenRoom(_ clusterBits: UInt64) throws {
        let file = MemoryFile()
        let size = 1 << 20
        try QCOW2Image.create(in: file, byteCount: UInt64(size), clusterBits: clusterBits)
        let image = try QCOW2Image(file, cacheByteCount: 0)
        var random = SeededGenerator(seed: clusterBits)
        var model = [UInt8](repeating: 0, count: size)
        var errors = 0
        for step in 0..<120 {
            file.room = step < 90 ? 300_000 : .max
            let start = random.below(size - 30000)
            let bytes = diskBytes(&random, 1 + random.below(30000))
            do {
                try image.write(bytes, at: UInt64(start))
                model.replaceSubrange(start..<(start + bytes.count), with: bytes)
            } catch let error as BlockStorageError {
                #expect(error.kind == .noSpace, "\(error)")
                errors += 1
                // A part may be written, sector by sector: what is there now must stay.
                let now = try image.bytes(at: UInt64(start), count: bytes.count)
                for index in now.indices {
                    #expect(now[index] == bytes[index] || now[index] == model[start + index])
                    if now[index] != bytes[index] && now[index] != model[start + index] { return }
                }
                model.replaceSubrange(start..<(start + bytes.count), with: now)
            }
            if step % 20 == 10 { try? image.flush() }
        }
        #expect(errors > 10)
        try image.flush()
        #expect(try image.bytes(count: size) == model)
        let reopened = try QCOW2Image(MemoryFile(file.bytes))
        #expect(try reopened.bytes(count: size) == model)
        let check = try reopened.check()
        #expect(check.isSound, "\(check.faults)")
    }
}
