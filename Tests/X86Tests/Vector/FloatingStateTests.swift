import CX86Oracle
import Testbed
import Testing

@testable import X86

/// Images of x87 and SSE in memory: what the real CPU stores and loads. Addresses (FIP, FDP, FOP) and MXCSR_MASK are not
/// compared: processors differ in them.
extension RealCPUTests {
    private struct Image {
        var name: String
        var bytes: [UInt8]
        var byteCount: Int
        /// What belongs to addresses.
        var ignored: [Range<Int>]
    }

    private static let stored = [
        Image(name: "fnstenv", bytes: [0xd9, 0x33], byteCount: 28, ignored: [12..<28]),
        Image(name: "fnstenv, 16 bits", bytes: [0x66, 0xd9, 0x33], byteCount: 14, ignored: [6..<14]),
        Image(name: "fnsave", bytes: [0xdd, 0x33], byteCount: 108, ignored: [12..<28]),
        Image(name: "fnsave, 16 bits", bytes: [0x66, 0xdd, 0x33], byteCount: 94, ignored: [6..<14]),
        Image(name: "fxsave", bytes: [0x0f, 0xae, 0x03], byteCount: 512, ignored: [6..<24, 28..<32]),
        Image(name: "fxsave64", bytes: [0x48, 0x0f, 0xae, 0x03], byteCount: 512, ignored: [6..<24, 28..<32]),
    ]

    @Test("FNSTENV, FNSAVE and FXSAVE store what the real CPU stores")
    func storedImages() throws {
        let both = try BothCPUs()
        for image in RealCPUTests.stored {
            for case let seed in 0..<UInt64(100) {
                var trial = Trial(seed: seed)
                trial.fillX87()
                trial.fillXMM()
                trial.bits = seed & 3 == 0 && image.bytes[0] != 0x48 ? 32 : 64
                trial.state[register: 3] = Trial.dataStart + 64
                trial.bytes = image.bytes
                let (real, ours) = both.run(trial) { data in
                    for index in 0..<1024 { data.storeBytes(of: 0xa5, toByteOffset: index, as: UInt8.self) }
                }
                #expect(real.vector == ours.vector, "\(image.name), \(seed)")
                let places = (0..<image.byteCount + 64).filter { place in !image.ignored.contains { $0.contains(place) }
                }
                let different = places.filter { both.real(64 + $0, UInt8.self) != both.ours(64 + $0, UInt8.self) }
                #expect(different.isEmpty, "\(image.name), \(seed): bytes \(different)")
                #expect(both.registersDiffer(real, ours) == nil, "\(image.name), \(seed)")
            }
        }
    }

    @Test("FXRSTOR loads what the real CPU loads, or refuses it")
    func loadedImages() throws {
        let both = try BothCPUs()
        for seed in 0..<UInt64(300) {
            var trial = Trial(seed: seed)
            trial.fillX87()
            trial.fillXMM()
            let image = trial.state.fx
            trial.fillX87(pending: false)
            trial.fillXMM()
            trial.bits = seed & 3 == 0 ? 32 : 64
            let isWide = seed & 7 == 1
            trial.state[register: 3] = Trial.dataStart + 64 + (seed % 50 == 0 ? 8 : 0)
            trial.bytes = (isWide ? [0x48] : []) + [0x0f, 0xae, 0x0b]
            let (mxcsr, control) = (UInt32(truncatingIfNeeded: trial.random.next()), trial.random.next())
            let (real, ours) = both.run(trial) { data in
                withUnsafeBytes(of: image) { (data + 64).copyMemory(from: $0.baseAddress!, byteCount: 512) }
                if seed % 10 == 2 { data.storeBytes(of: mxcsr & ~0x20000, toByteOffset: 64 + 24, as: UInt32.self) }
                if seed % 10 == 3 {
                    data.storeBytes(of: UInt32(truncatingIfNeeded: control), toByteOffset: 64, as: UInt32.self)
                }
            }
            #expect(real.vector == ours.vector, "case \(seed)")
            #expect(both.registersDiffer(real, ours) == nil, "case \(seed)")
        }
    }

    @Test("LDMXCSR takes what the real CPU takes")
    func loadedMXCSR() throws {
        let both = try BothCPUs()
        for bit in 0..<32 where bit != 17 {
            // Bit 17 is AMD's misaligned mode, which this processor does not have.
            var trial = Trial(seed: UInt64(bit))
            trial.state[register: 3] = Trial.dataStart
            trial.bytes = [0x0f, 0xae, 0x13]
            let (real, ours) = both.run(trial) { $0.storeBytes(of: UInt32(0x1f80) ^ 1 << UInt32(bit), as: UInt32.self) }
            #expect(real.vector == ours.vector, "bit \(bit)")
            #expect(both.registersDiffer(real, ours) == nil, "bit \(bit)")
        }
    }
}

/// One instruction on the real CPU and on ours, with the same data.
private final class BothCPUs {
    private let software = SoftwareCPU()
    private let data = UnsafeMutableRawPointer(bitPattern: UInt(CX86_ORACLE_DATA))!

    init() throws { try #require(cx86_oracle_open() == 0, "mapping the oracle's pages") }
    deinit { cx86_oracle_close() }

    func run(
        _ trial: Trial, _ fill: (UnsafeMutableRawPointer) -> Void
    ) -> (real: cx86_oracle_state, ours: cx86_oracle_state) {
        var real = trial.state
        real.rip = UInt64(CX86_ORACLE_CODE)
        var ours = real
        let code = UnsafeMutableRawPointer(bitPattern: UInt(CX86_ORACLE_CODE))!
        code.copyMemory(from: trial.bytes, byteCount: trial.bytes.count)
        software.code.copyMemory(from: trial.bytes, byteCount: trial.bytes.count)
        fill(data)
        fill(software.data)
        cx86_oracle_run(&real, Int32(trial.bits), Int32(trial.bytes.count))
        software.run(&ours, bits: trial.bits)
        return (real, ours)
    }

    func real<T: BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
        data.loadUnaligned(fromByteOffset: offset, as: type)
    }
    func ours<T: BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
        software.data.loadUnaligned(fromByteOffset: offset, as: type)
    }

    /// The first byte of the register file that differs, addresses aside.
    func registersDiffer(_ real: cx86_oracle_state, _ ours: cx86_oracle_state) -> Int? {
        (0..<416).first { offset in
            if (6..<24).contains(offset) || (28..<32).contains(offset) { return false }
            // Behind a register's 10 bytes.
            if (32..<160).contains(offset), offset & 15 >= 10 { return false }
            return real.floating(offset, UInt8.self) != ours.floating(offset, UInt8.self)
        }
    }
}
