import Testbed
import Testing
import X86

/// The decoder against GNU objdump: lengths, mnemonics, operands, and what is no instruction. `ROOKERY_DECODER_FILES`, a list
/// of x86-64 ELF files with colons between, makes it compare all of them, instruction by instruction.
@Suite(.enabled(if: Machine.has("objdump"), "objdump (package binutils) is not installed"))
struct ObjdumpTests {
    @Test("What compilers and assemblers wrote: slices of the C library", arguments: 0..<3)
    func library(slice: Int) throws {
        let file = try #require(
            try Self.mapped("libc.so.6"), "this program does not run on a glibc whose file is libc.so.6")
        let text = try #require(try Self.textSection(file))
        let byteCount: UInt64 = 48 << 10
        // The first slice, the middle and the last: where libc's vector code is.
        let start = text.lowerBound + (text.upperBound - text.lowerBound - byteCount) / 2 * UInt64(slice)
        let comparison = try Self.compare(file, start..<start + byteCount)
        #expect(comparison.count > 5000)
        #expect(comparison.differences.prefix(20).joined(separator: "\n") == "")
    }

    @Test(
        "Whole files",
        .enabled(if: Machine.variable("ROOKERY_DECODER_FILES") != nil, "ROOKERY_DECODER_FILES is not set"))
    func wholeFiles() throws {
        for file in (Machine.variable("ROOKERY_DECODER_FILES") ?? "").split(separator: ":").map(String.init) {
            let text = try #require(try Self.textSection(file))
            for start in stride(from: text.lowerBound, to: text.upperBound, by: 1 << 20) {
                let comparison = try Self.compare(file, start..<min(start + 1 << 20, text.upperBound))
                #expect(comparison.differences.prefix(20).joined(separator: "\n") == "", "\(file)")
            }
        }
    }

    @Test("Random opcodes, prefixes and operands", arguments: [CodeMode.bits16, .bits32, .bits64])
    func random(mode: CodeMode) throws {
        var generator = SeededGenerator(seed: 4)
        var bytes: [UInt8] = []
        for _ in 0..<3000 { bytes += RandomCode.instruction(mode, &generator) }
        let machine = [CodeMode.bits16: "i8086", .bits32: "i386", .bits64: "i386:x86-64"][mode] ?? ""
        let program = try RunningProgram(
            ["objdump", "-D", "-w", "-b", "binary", "-m", machine, "-M", "intel,intel64", "/dev/stdin"], input: bytes)
        let run = try program.finish()
        try #require(run.status == 0, "\(run.errors)")
        var comparison = ObjdumpComparison(mode: mode)
        comparison.compare(listing: run.output)
        #expect(comparison.count > 6000 && comparison.foreign < comparison.count / 3)
        #expect(comparison.differences.prefix(20).joined(separator: "\n") == "")
    }

    // MARK: Files

    private static func compare(_ file: String, _ range: Range<UInt64>) throws -> ObjdumpComparison {
        let run = try ProgramRun([
            "objdump", "-d", "-w", "-M", "intel,intel64", "-j", ".text", "--start-address=\(range.lowerBound)",
            "--stop-address=\(range.upperBound)", file,
        ])
        try #require(run.status == 0, "\(run.errors)")
        var comparison = ObjdumpComparison(mode: .bits64)
        comparison.compare(listing: run.output)
        return comparison
    }

    /// The file of that name that this process has mapped.
    private static func mapped(_ name: String) throws -> String? {
        let run = try ProgramRun("cat", "/proc/self/maps")
        return run.output.split(separator: "\n").compactMap { $0.split(separator: " ").last }
            .first { $0.hasSuffix("/" + name) }.map(String.init)
    }

    /// Addresses of .text.
    private static func textSection(_ file: String) throws -> Range<UInt64>? {
        let run = try ProgramRun("objdump", "-h", "-w", "-j", ".text", file)
        try #require(run.status == 0, "\(run.errors)")
        for line in run.output.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 3, words[1] == ".text", let size = UInt64(words[2], radix: 16),
                let start = UInt64(words[3], radix: 16)
            {
                return start..<start + size
            }
        }
        return nil
    }
}
