import Board
import Linux
import X86

/// Making back ends by name.
enum CPUBackEnds {
    static func make(
        _ kind: CPUKind, memory: GuestMemory, bus: DeviceBus, time: MachineTime, loop: EventLoop, processorCount: Int,
        isParavirtual: Bool
    ) throws -> any CPUBackEnd {
        switch kind {
        case .kvm:
            return try KVMBackEnd(
                memory: memory, bus: bus, processorCount: processorCount, isParavirtual: isParavirtual)
        case .software:
            guard Processor.isHostSufficient else {
                throw MachineError.configuration(
                    "the processor in software needs a host whose processor has SSE4.2")
            }
            return SoftwareBackEnd(
                memory: memory, bus: bus, time: time, loop: loop, processorCount: processorCount,
                isParavirtual: isParavirtual)
        }
    }
}
