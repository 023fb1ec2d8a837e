import Board

/// A bus with its address spaces, four lines, and a record of every message.
final class PCIBench: InterruptMessageSink {
    let memory = AddressSpace()
    let ports = AddressSpace()
    private(set) var messages: [MessageSignalledInterrupt] = []
    private(set) var levels = [false, false, false, false]
    private(set) lazy var bus = PCIBus(
        memory: memory, ports: ports, interruptMessages: self,
        interruptLines: (0..<4).map { line in
            InterruptLine(number: 16 + line) { [unowned self] in levels[$0 - 16] = $1 }
        })

    func send(_ message: MessageSignalledInterrupt) { messages.append(message) }

    static let identity = PCIIdentity(
        vendor: 0x8086, device: 0x100e, classCode: 0x02_0000, revision: 3, subsystemVendor: 0x1af4, subsystem: 0x1100)

    /// A function with a range of 32-bit memory, one of 64-bit memory and one of ports.
    func function(_ name: String = "nic", registers: any IODevice = Registers()) -> PCIFunction {
        let function = PCIFunction(name: name, identity: Self.identity, interruptPin: 1)
        function.addBaseAddress(0, .memory32, byteCount: 0x2_0000, device: registers)
        function.addBaseAddress(1, .ports, byteCount: 64, device: registers)
        function.addBaseAddress(2, .memory64, byteCount: 0x4000, isPrefetchable: true, device: registers)
        return function
    }
}

/// Answers reads with the offset.
final class Registers: IODevice {
    var writes: [(offset: UInt64, value: UInt64)] = []

    func read(offset: UInt64, size: Int) -> UInt64 { offset }
    func write(offset: UInt64, size: Int, value: UInt64) { writes.append((offset, value)) }
}
