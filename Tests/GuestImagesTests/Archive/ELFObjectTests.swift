import Linux
import Testbed
import Testing

@testable import GuestImages

struct ELFObjectTests {
    @Test(.enabled(if: Machine.has("readelf"), "readelf (binutils) is not installed"))
    func asReadelfSays() throws {
        for path in ["/bin/sh", "/usr/bin/readelf"] {
            let run = try ProgramRun("readelf", "-dlW", path)
            let needed = run.output.split(separator: "\n").filter { $0.contains("(NEEDED)") }.map {
                String($0.split(separator: "[").last!.dropLast())
            }
            let object = try #require(ELFObject(try File.read(path)))
            #expect(object.neededLibraries == needed)
            #expect(run.output.contains("interpreter: \(object.interpreter ?? "?")]"))
        }
    }

    @Test func damagedFiles() throws {
        let whole = try File.read("/bin/sh")
        #expect(ELFObject([1, 2, 3]) == nil)
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            var bytes = whole
            for _ in 0..<20 { bytes[random.below(random.chance(50) ? 64 : bytes.count)] = UInt8(random.below(256)) }
            guard let object = ELFObject(Array(bytes.prefix(64 + random.below(bytes.count)))) else { continue }
            _ = object.neededLibraries
            _ = object.interpreter
            _ = object.moduleInformation
        }
    }

    @Test("names without an end are read as far as names go, however many there are")
    func endlessNames() throws {
        // 60,000 sections, all called what follows from their table on, to the end of 4 MB.
        var bytes = [UInt8](repeating: 0x61, count: 4 << 20)
        bytes.replaceSubrange(0..<64, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1] + [UInt8](repeating: 0, count: 58))
        bytes[0x28] = 64
        bytes[0x3c] = 0x60
        bytes[0x3d] = 0xea
        let object = try #require(ELFObject(bytes))
        #expect(object.interpreter == nil && object.moduleInformation.isEmpty && object.neededLibraries.isEmpty)
    }
}
