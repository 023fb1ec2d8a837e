import Board
import Chips
import Glibc
import Linux
import Synchronization
import VirtualMachine

@testable import VMM

/// A machine that runs a few bytes of code of the test's own, on either back end: 4 MB of RAM, the code at 0x1000, a
/// device that notes what it is asked at ports 0x500 … and at 0xd0000000. An OUT to port 0x600 ends it with AL.
final class SmallGuest {
    /// The back ends that this host has.
    static let backEnds: [CPUKind] = hasKVM ? [.kvm, .software] : [.software]
    static let hasKVM = access(KVM.path, R_OK | W_OK) == 0

    enum Mode { case real, protected, long }

    let machine: Machine
    let device = Recorder()
    let wiring: InterruptWiring
    var memory: GuestMemory { machine.memory.guest }

    init(_ cpu: CPUKind, _ mode: Mode, _ code: [UInt8], prepare: (inout ProcessorState) -> Void = { _ in }) throws {
        var configuration = VMConfiguration(name: "small")
        configuration.memory = 4 << 20
        machine = try Machine(configuration, cpu: cpu)
        let machine = machine
        let device = device
        wiring = machine.lock.hold { machine.connectInterruptControllers() }
        machine.lock.hold {
            machine.bus.ports.map(device, at: 0x500, byteCount: 0x100, name: "recorder")
            machine.bus.addresses.map(device, at: 0xd000_0000, byteCount: 0x2000, name: "recorder")
            let exit = ExitPort { [unowned machine] in machine.end(.exited($0)) }
            machine.bus.ports.map(exit, at: 0x600, byteCount: 1, name: "exit")
            machine.devices.append(exit)
        }
        try memory.write(code, at: 0x1000)
        var state: ProcessorState
        switch mode {
        case .real:
            state = .reset
            state[.cs] = ProcessorState.Segment(selector: 0, base: 0, limit: 0xffff, attributes: 0x009b)
        case .protected: state = try BootProcessor.protectedMode(memory)
        case .long: state = try BootProcessor.longMode(memory)
        }
        state.rip = 0x1000
        state[.rsp] = 0x7000
        prepare(&state)
        try machine.processors[0].setState(state)
    }

    /// A guest in long mode that runs `code`, with `handler` at 0x2000 for vectors 0x30 and 0x31.
    convenience init(_ cpu: CPUKind, _ code: [UInt8], handler: [UInt8]) throws {
        try self.init(cpu, .long, code) { $0.interruptDescriptors = .init(base: 0x3000, limit: 0xfff) }
        try memory.write(handler, at: 0x2000)
        // An interrupt gate in the code segment.
        for vector in [UInt64(0x30), 0x31] {
            try memory.store(0x2000 | UInt64(BootProcessor.code) << 16 | 0x8e00 << 32, at: 0x3000 + vector * 16)
            try memory.store(UInt64(0), at: 0x3000 + vector * 16 + 8)
        }
    }

    /// Calls `body` on the I/O thread, with the device lock held, when the guest writes to port 0x610.
    func whenReady(_ body: @escaping () -> Void) {
        machine.lock.hold {
            let ready = ExitPort { [machine] _ in machine.loop.perform(body) }
            machine.bus.ports.map(ready, at: 0x610, byteCount: 1, name: "ready")
            machine.devices.append(ready)
        }
    }

    /// Runs it to its end, or ends it after `seconds`.
    func run(seconds: UInt64 = 20) -> MachineEnd {
        let machine = machine
        machine.lock.hold {
            let timeout = DeviceTimer { [unowned machine] in machine.end(.failed("overdue")) }
            machine.devices.append(timeout)
            machine.time.schedule(timeout, at: machine.time.now + seconds * 1_000_000_000)
        }
        do { return try machine.run() } catch { return .failed("\(error)") }
    }

    func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at address: UInt64) throws -> T {
        try memory.load(type, at: address)
    }
}

/// Notes accesses; reads answer 0xa0 plus the offset's low bits, in every byte one more.
final class Recorder: IODevice {
    struct Access: Equatable {
        var offset: UInt64
        var size: Int
        /// Nil: a read.
        var value: UInt64?
    }

    private(set) var accesses: [Access] = []

    func read(offset: UInt64, size: Int) -> UInt64 {
        accesses.append(Access(offset: offset, size: size, value: nil))
        return 0x0807_0605_0403_02a0 &+ (offset & 0xf)
    }

    func write(offset: UInt64, size: Int, value: UInt64) {
        let mask: UInt64 = size == 8 ? .max : 1 << UInt64(size * 8) - 1
        accesses.append(Access(offset: offset, size: size, value: value & mask))
    }
}
