// The processor in software, alone: millions of instructions a second in integer loops.
// usage: swift run -c release processor-bench [NAME …]

import Glibc
import X86

let programs: [BenchmarkProgram] = [.registers, .sieve, .sort, .calls]
let names = CommandLine.arguments.dropFirst()

func fixed(_ value: Double) -> String { String(Int(value * 10 + 0.5) / 10) + "." + String(Int(value * 10 + 0.5) % 10) }

/// Seconds of this thread's processor time: what else runs on the machine does not count.
func seconds(_ body: () -> Void) -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    body()
    return now() - start
}

for program in programs where names.isEmpty || names.contains(program.name) {
    var instructions: UInt64 = 0
    var best = Double.infinity
    for _ in 0..<5 {
        let machine = BareMachine()
        best = min(best, seconds { instructions = machine.run(program) })
        precondition(machine.processor.cpu[program.result.0] == program.result.1, "\(program.name): a wrong result")
    }
    print("\(program.name): \(fixed(Double(instructions) / best / 1e6)) million instructions a second")
}

if names.isEmpty || names.contains("copy") {
    let machine = BareMachine()
    let duration = seconds { _ = machine.run(.copy) }
    print("copy: \(fixed(Double(65536 * 20_000) / duration / 1e9)) GB a second by REP MOVSB")
}
