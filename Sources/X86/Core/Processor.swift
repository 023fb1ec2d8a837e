/// A processor in software: state, translations, decoded blocks. One thread runs it.
public final class Processor: @unchecked Sendable {
    public let cpu: CPU
    public let memory: PhysicalMemory
    /// The number of its local APIC, and of the processor among the machine's.
    public let number: Int
    public unowned let bus: any ProcessorBus

    public init(number: Int, memory: PhysicalMemory, bus: any ProcessorBus) {
        self.number = number
        self.memory = memory
        self.bus = bus
        let raw = UnsafeMutableRawPointer.allocate(byteCount: StateLayout.byteCount, alignment: 64)
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: StateLayout.byteCount)
        cpu = CPU(raw)
        cpu.set(StateLayout.processor, UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()))
    }

    deinit { cpu.raw.deallocate() }
}
