import CX86Oracle
import Glibc
import Testbed
import Testing

/// Runs instructions made from templates on the real CPU and on ours, and compares everything: registers, flags but for undefined
/// ones, memory, RIP, exceptions with error codes.
///
/// The committed tests run some hundred cases of each template; millions:
///
///     ROOKERY_REAL_CPU_CASES=20000 swift test -c release -Xswiftc -enable-testing --no-parallel --filter RealCPU
///
/// `ROOKERY_REAL_CPU_SEED=2` makes other cases, `ROOKERY_REAL_CPU_UNDEFINED=1` compares undefined flags, too, to see what this
/// CPU does.
final class CorpusRunner {
    private let software = SoftwareCPU()
    private let data: UnsafeMutableRawPointer
    private let dataCount = Int(CX86_ORACLE_DATA_BYTES)
    private let pattern: UnsafeMutableRawPointer
    private(set) var failures = 0
    private(set) var cases = 0
    private let comparesUndefined = getenv("ROOKERY_REAL_CPU_UNDEFINED") != nil

    /// There is one oracle in the process: suites that run at the same time take turns.
    private nonisolated(unsafe) static let turn: UnsafeMutablePointer<sem_t> = {
        let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(semaphore, 0, 1)
        return semaphore
    }()

    init() throws {
        while sem_wait(CorpusRunner.turn) != 0 {}
        let isOpen = cx86_oracle_open() == 0
        if !isOpen { sem_post(CorpusRunner.turn) }
        try #require(isOpen, "mapping the oracle's pages: \(String(cString: strerror(errno)))")
        data = UnsafeMutableRawPointer(bitPattern: UInt(CX86_ORACLE_DATA))!
        pattern = .allocate(byteCount: dataCount, alignment: 4096)
        var random = SeededGenerator(seed: 1)
        for index in 0..<dataCount / 8 {
            pattern.storeBytes(of: random.next(), toByteOffset: index * 8, as: UInt64.self)
        }
    }

    deinit {
        pattern.deallocate()
        cx86_oracle_close()
        sem_post(CorpusRunner.turn)
    }

    /// - Parameter count: cases of each template, if the environment does not say otherwise.
    func run(_ templates: [InstructionTemplate], count: Int, failureLimit: Int = 20) {
        let count = getenv("ROOKERY_REAL_CPU_CASES").flatMap { Int(String(cString: $0)) } ?? count
        let seed = getenv("ROOKERY_REAL_CPU_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
        for (number, template) in templates.enumerated() where template.bits != 16 || cx86_oracle_has_16_bits() != 0 {
            // 16- and 32-bit code takes a signal for each case: fewer of them.
            for index in 0..<(template.bits == 64 ? count : count / 4) {
                var trial = Trial(seed: seed &* 0x1_0000_0001 &+ UInt64(number) << 32 &+ UInt64(index))
                trial.bits = template.bits
                if template.bits != 64 {
                    for register in 0..<16 { trial.state[register: register] &= register < 8 ? 0xffff_ffff : 0 }
                }
                template.make(&trial)
                guard let difference = compare(trial) else { continue }
                failures += 1
                Issue.record("\(template.name), case \(index): \(difference)")
                break
            }
            if failures >= failureLimit { return }
        }
    }

    /// Nil: no difference.
    private func compare(_ trial: Trial) -> String? {
        cases += 1
        var real = trial.state
        real.rip = trial.bits == 16 ? 0 : UInt64(CX86_ORACLE_CODE)
        var ours = real
        let code = UnsafeMutableRawPointer(bitPattern: UInt(CX86_ORACLE_CODE))!
        trial.bytes.withUnsafeBytes {
            code.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
            software.code.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        data.copyMemory(from: pattern, byteCount: dataCount)
        for patch in trial.patches { data.storeBytes(of: patch.value, toByteOffset: patch.offset, as: UInt64.self) }
        software.data.copyMemory(from: data, byteCount: dataCount)
        cx86_oracle_run(&real, Int32(trial.bits), trial.isJump ? 0 : Int32(trial.bytes.count))
        software.run(&ours, bits: trial.bits, instructions: trial.instructions)
        let differences = differences(trial, real, ours)
        if differences.isEmpty { return nil }
        let bytes = trial.bytes.map { hex(UInt64($0), 2) }.joined(separator: " ")
        var text =
            "\(bytes)\n  real CPU and ours: \(differences.joined(separator: "; "))\n  from flags \(hex(trial.state.flags, 4))"
        for number in 0..<(trial.bits == 64 ? 16 : 8) {
            text += " \(names[number]) \(hex(trial.state[register: number], 16))"
        }
        return text
    }

    private func differences(_ trial: Trial, _ real: cx86_oracle_state, _ ours: cx86_oracle_state) -> [String] {
        var list: [String] = []
        let mask: UInt64 = trial.bits == 64 ? .max : 0xffff_ffff
        /// Of 16-bit stacks, the CPU and the kernel lose the upper half of ESP.
        func registerMask(_ register: Int) -> UInt64 { trial.bits == 16 && register == 4 ? 0xffff : mask }
        if real.vector != ours.vector {
            list.append("exception \(real.vector), \(ours.vector) (255 or 1: none)")
        } else if real.vector == 14, real.error_code != ours.error_code || real.cr2 != ours.cr2 {
            list.append(
                "page fault \(hex(real.error_code, 2)) at \(hex(real.cr2, 16)), \(hex(ours.error_code, 2)) at \(hex(ours.cr2, 16))"
            )
        }
        for number in 0..<(trial.bits == 64 ? 16 : 8)
        where (real[register: number] ^ ours[register: number]) & registerMask(number) != 0 {
            list.append("\(names[number]) \(hex(real[register: number], 16)), \(hex(ours[register: number], 16))")
        }
        if (real.rip ^ ours.rip) & mask != 0 { list.append("RIP \(hex(real.rip, 16)), \(hex(ours.rip, 16))") }
        let isDone = real.vector == UInt64(CX86_ORACLE_DONE)
        let undefined = isDone && !comparesUndefined ? trial.undefinedFlags : 0
        if (real.flags ^ ours.flags) & 0x20_4ed5 & ~undefined != 0 {
            list.append("flags \(hex(real.flags & 0xff_ffff, 3)), \(hex(ours.flags & 0xff_ffff, 3))")
        }
        if memcmp(data, software.data, dataCount) != 0 {
            let index = (0..<dataCount).first {
                data.load(fromByteOffset: $0, as: UInt8.self) != software.data.load(fromByteOffset: $0, as: UInt8.self)
            }!
            list.append("memory at data + \(hex(UInt64(index), 4))")
        }
        if trial.comparesFloating { list += floatingDifferences(real, ours) }
        return list
    }

    /// Control and status, tags, MXCSR; ST, MM and XMM registers.
    private func floatingDifferences(_ real: cx86_oracle_state, _ ours: cx86_oracle_state) -> [String] {
        var list: [String] = []
        for (name, offset) in [("FCW", 0), ("FSW", 2), ("FTW", 4)] {
            let (a, b) = (real.floating(offset, UInt16.self), ours.floating(offset, UInt16.self))
            if a != b { list.append("\(name) \(hex(UInt64(a), 4)), \(hex(UInt64(b), 4))") }
        }
        let (a, b) = (real.floating(24, UInt32.self), ours.floating(24, UInt32.self))
        if a != b { list.append("MXCSR \(hex(UInt64(a), 4)), \(hex(UInt64(b), 4))") }
        for number in 0..<24 {
            let offset = 32 + number * 16
            let isXMM = number >= 8
            let low = (real.floating(offset, UInt64.self), ours.floating(offset, UInt64.self))
            let highMask: UInt64 = isXMM ? .max : 0xffff
            let high = (
                real.floating(offset + 8, UInt64.self) & highMask, ours.floating(offset + 8, UInt64.self) & highMask
            )
            if low.0 != low.1 || high.0 != high.1 {
                let name = isXMM ? "XMM\(number - 8)" : "ST/MM\(number)"
                list.append(
                    "\(name) \(hex(high.0, isXMM ? 16 : 4)) \(hex(low.0, 16)), \(hex(high.1, isXMM ? 16 : 4)) \(hex(low.1, 16))"
                )
            }
        }
        return list
    }

    private let names = [
        "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
    ]

    private func hex(_ value: UInt64, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
