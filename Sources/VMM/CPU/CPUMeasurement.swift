import Board
import Linux
import VirtualMachine

/// How fast a back end is here: rounds of a small guest in a few milliseconds. A round is 2,000 times a load, an addition and a
/// store in kernel mode, and one exit to a device.
enum CPUMeasurement {
    /// For how long each back end is looked at.
    static let nanoseconds: UInt64 = 4_000_000
    private static let port: UInt64 = 0x80

    private static let code: [UInt8] = [
        0xb9, 0xd0, 0x07, 0x00, 0x00,  // 1: mov $2000,%ecx
        0x48, 0x01, 0x0c, 0x25, 0x00, 0x80, 0x00, 0x00,  // 2: add %rcx,0x8000
        0xff, 0xc9,  // dec %ecx
        0x75, 0xf4,  // jnz 2b
        0xe6, 0x80,  // out %al,$0x80
        0xeb, 0xeb,  // jmp 1b
    ]

    /// - Returns: rounds a second.
    static func run(_ kind: CPUKind) throws -> Double {
        var configuration = VMConfiguration(name: "measurement")
        configuration.memory = 2 << 20
        let machine = try Machine(configuration, cpu: kind)
        let counter = RoundCounter(machine.processors[0])
        machine.lock.hold { _ = machine.bus.ports.map(counter, at: port, byteCount: 1, name: "rounds") }
        try machine.memory.guest.write(code, at: 0x1000)
        var state = try BootProcessor.longMode(machine.memory.guest)
        state.rip = 0x1000
        try machine.processors[0].setState(state)
        let end = machine.processors[0].run()
        guard end == .interrupted else { throw MachineError.configuration("\(kind) cannot run a small guest: \(end)") }
        return Double(counter.rounds) / Double(max(counter.elapsed, 1)) * 1e9
    }

    /// The device: counts, and stops the processor when the time is up.
    private final class RoundCounter: IODevice {
        private unowned let processor: any VirtualCPU
        private let start = MonotonicClock.now()
        private(set) var rounds = 0
        private(set) var elapsed: UInt64 = 0

        init(_ processor: any VirtualCPU) { self.processor = processor }

        func read(offset: UInt64, size: Int) -> UInt64 { ~0 }

        func write(offset: UInt64, size: Int, value: UInt64) {
            rounds += 1
            elapsed = MonotonicClock.now() - start
            if elapsed >= CPUMeasurement.nanoseconds { processor.interrupt() }
        }
    }
}
