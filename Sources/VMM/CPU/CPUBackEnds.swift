import Board
import Linux

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
            return SoftwareBackEnd(
                memory: memory, bus: bus, time: time, loop: loop, processorCount: processorCount,
                isParavirtual: isParavirtual)
        }
    }
}
