/// A PCI bus: functions by their number, their configuration registers, where their ranges lie in the machine's address
/// spaces, and where their pins lead. A host bridge puts ECAM or the ports 0xCF8 and 0xCFC before it.
///
/// Called with the device lock held.
public final class PCIBus {
    public let number: UInt8
    /// Where ranges of memory and of ports are placed.
    public let memory: AddressSpace
    public let ports: AddressSpace
    public let interruptMessages: any InterruptMessageSink
    /// The lines that INTx pins lead to (PIRQA and so on): pin p of device d to line (d + p - 1) modulo their number,
    /// so that neighbours do not share.
    public let interruptLines: [InterruptLine]
    /// How many functions hold each line up.
    private var raisedCounts: [Int]
    public private(set) var functions: [PCIFunction] = []

    public init(
        number: UInt8 = 0, memory: AddressSpace, ports: AddressSpace, interruptMessages: any InterruptMessageSink,
        interruptLines: [InterruptLine] = []
    ) {
        self.number = number
        self.memory = memory
        self.ports = ports
        self.interruptMessages = interruptMessages
        self.interruptLines = interruptLines
        raisedCounts = [Int](repeating: 0, count: interruptLines.count)
    }

    /// Puts a function on the bus; without an address, at the first free device number.
    /// - Returns: where it is.
    @discardableResult
    public func add(_ function: PCIFunction, at wanted: PCIAddress? = nil) -> PCIAddress {
        let free = (0..<UInt8(32)).first { device in !functions.contains { $0.address?.device == device } }
        guard let address = wanted ?? free.map({ PCIAddress(bus: number, device: $0) }) else {
            preconditionFailure("the PCI bus has no free device number for \(function.name)")
        }
        precondition(address.bus == number && self.function(at: address) == nil, "\(address) is taken")
        function.address = address
        function.bus = self
        functions.append(function)
        functions.sort { $0.address!.requesterID < $1.address!.requesterID }
        // A guest looks for functions 1...7 only where function 0 says that there are some.
        let siblings = functions.filter { $0.address!.device == address.device }
        for sibling in siblings {
            let type = sibling.configuration.load(UInt8.self, at: PCIRegister.headerType) & 0x7f
            sibling.configuration.define(type | (siblings.count > 1 ? 0x80 : 0), at: PCIRegister.headerType)
        }
        return address
    }

    public func function(at address: PCIAddress) -> PCIFunction? {
        functions.first { $0.address == address }
    }

    /// The guest reads `size` (1, 2 or 4) bytes of a function's configuration space. Nobody there: ones.
    public func readConfiguration(_ address: PCIAddress, offset: Int, size: Int) -> UInt32 {
        function(at: address)?.readConfiguration(offset, size: size) ?? .max
    }

    public func writeConfiguration(_ address: PCIAddress, offset: Int, size: Int, value: UInt32) {
        function(at: address)?.writeConfiguration(offset, size: size, value: value)
    }

    /// The reset signal: every function.
    public func reset() {
        for function in functions { function.reset() }
    }

    func space(of kind: PCIBaseAddress.Kind) -> AddressSpace { kind == .ports ? ports : memory }

    func mapWaitingBaseAddresses() {
        for function in functions { function.mapBaseAddresses() }
    }

    /// Which of `interruptLines` pin 1...4 of a device leads to; for ACPI's and MP tables.
    public func lineIndex(pin: Int, device: UInt8) -> Int? {
        interruptLines.isEmpty ? nil : (Int(device) + pin - 1) % interruptLines.count
    }

    func setPin(_ pin: Int, of device: UInt8, asserted: Bool) {
        guard let line = lineIndex(pin: pin, device: device) else { return }
        raisedCounts[line] += asserted ? 1 : -1
        interruptLines[line].set(raisedCounts[line] > 0)
    }
}
