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
}
