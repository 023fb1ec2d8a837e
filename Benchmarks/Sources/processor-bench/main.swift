// The processor in software, alone: millions of instructions a second in integer loops.
// usage: swift run -c release processor-bench [NAME …]

import X86

let programs: [BenchmarkProgram] = [.registers, .sieve, .sort, .calls]
let names = CommandLine.arguments.dropFirst()
let clock = ContinuousClock()

func fixed(_ value: Double) -> String { String(Int(value * 10 + 0.5) / 10) + "." + String(Int(value * 10 + 0.5) % 10) }

func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

for program in programs where names.isEmpty || names.contains(program.name) {
    var instructions: UInt64 = 0
    var best = Double.infinity
    for _ in 0..<5 {
        let machine = BareMachine()
        best = min(best, seconds(clock.measure { instructions = machine.run(program) }))
        precondition(machine.processor.cpu[program.result.0] == program.result.1, "\(program.name): a wrong result")
    }
    print("\(program.name): \(fixed(Double(instructions) / best / 1e6)) million instructions a second")
}

if names.isEmpty || names.contains("copy") {
    let machine = BareMachine()
    let duration = seconds(clock.measure { _ = machine.run(.copy) })
    print("copy: \(fixed(Double(65536 * 20_000) / duration / 1e9)) GB a second by REP MOVSB")
}
