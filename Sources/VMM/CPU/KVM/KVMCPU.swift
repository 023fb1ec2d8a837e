import Linux
import Synchronization

/// A processor that KVM runs.
final class KVMCPU: VirtualCPU, @unchecked Sendable {
    let number: Int
    private let processor: KVMProcessor
    private let bus: DeviceBus
    /// The thread that runs it; 0: none now.
    private let thread = Atomic<Int32>(0)

    /// What the kernel makes a processor with: power-on.
    private let initial: KVMProcessor.Snapshot

    init(_ number: Int, _ processor: consuming KVMProcessor, _ bus: DeviceBus) throws(SystemError) {
        self.number = number
        initial = try processor.snapshot()
        self.processor = processor
        self.bus = bus
    }

    func run() -> CPUEnd {
        thread.store(CurrentThread.id, ordering: .sequentiallyConsistent)
        defer { thread.store(0, ordering: .sequentiallyConsistent) }
        while true {
            let exit: KVMProcessor.Exit
            do throws(SystemError) { exit = try processor.run() } catch { return .failure(error.description) }
            switch exit {
            case .port(let port, let size, let count, let isWrite, let data):
                for index in 0..<count { accessPort(port, size, isWrite, data + index * size) }
            case .memory(let address, let size, let isWrite, let data):
                if isWrite {
                    bus.write(address: address, size: size, value: Self.load(data, size))
                } else {
                    Self.store(bus.read(address: address, size: size), data, size)
                }
            case .halt:
                // Local APICs are the kernel's, and so are halts.
                return .failure("KVM reports a halt that is its own to wait for")
            case .shutdown:
                // KVM keeps what led to it to itself.
                let state = try? state()
                return .shutdown(state.map { "at RIP 0x\(String($0.rip, radix: 16))" } ?? "")
            case .interrupted:
                processor.setImmediateExit(false)
                return .interrupted
            case .failure(let reason): return .failure(reason)
            }
        }
    }

    func interrupt() {
        processor.setImmediateExit(true)
        let thread = thread.load(ordering: .sequentiallyConsistent)
        if thread != 0 { ThreadInterrupt.send(to: thread) }
    }

    func reset() throws {
        try processor.restore(initial)
        try processor.setRunState(number == 0 ? .runnable : .uninitialized)
    }

    func state() throws -> ProcessorState {
        ProcessorState(try processor.registers(), try processor.specialRegisters())
    }

    func setState(_ state: ProcessorState) throws {
        var special = try processor.specialRegisters()
        state.store(to: &special)
        try processor.setSpecialRegisters(special)
        try processor.setRegisters(state.generalRegisters)
        try processor.setRunState(.runnable)
    }

    private func accessPort(_ port: UInt16, _ size: Int, _ isWrite: Bool, _ data: UnsafeMutableRawPointer) {
        if isWrite {
            bus.writePort(port, size: size, value: UInt32(truncatingIfNeeded: Self.load(data, size)))
        } else {
            Self.store(UInt64(bus.readPort(port, size: size)), data, size)
        }
    }

    private static func load(_ data: UnsafeMutableRawPointer, _ size: Int) -> UInt64 {
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { $0.baseAddress!.copyMemory(from: data, byteCount: min(size, 8)) }
        return value
    }

    private static func store(_ value: UInt64, _ data: UnsafeMutableRawPointer, _ size: Int) {
        withUnsafeBytes(of: value) { data.copyMemory(from: $0.baseAddress!, byteCount: min(size, 8)) }
    }
}
