import Board

/// The IDE function of a PIIX3 (Intel 82371SB data sheet, order number 290550, section 2.5 and 4): two channels at a PC's
/// usual ports with lines 14 and 15, and bus master DMA behind base address register 4.
///
/// The machine keeps it as long as the bus that its function is on.
public final class IDEController {
    public let function: PCIFunction
    let channels: [IDEChannel]

    /// - Parameters:
    ///   - drives: at most four: first channel (device 0, device 1), second channel.
    ///   - lines: of the two channels.
    public init(drives: [ATADrive?], memory: GuestMemory, lines: [InterruptLine]) {
        precondition(drives.count <= 4 && lines.count == 2)
        let padded = drives + [ATADrive?](repeating: nil, count: 4 - drives.count)
        function = PCIFunction(
            name: "IDE",
            identity: PCIIdentity(
                vendor: 0x8086, device: 0x7010, classCode: 0x01_0180, subsystemVendor: 0x1af4, subsystem: 0x1100))
        let function = function
        channels = (0..<2).map { index in
            IDEChannel(
                drives: [padded[2 * index], padded[2 * index + 1]], memory: memory, line: lines[index],
                mayUseMemory: { [unowned function] in function.isBusMaster })
        }
        // IDETIM: both channels are decoded at first, for systems that no firmware has set up.
        for channel in 0..<2 {
            function.configuration.define(UInt16(0x8000), at: 0x40 + 2 * channel, writable: 0xf3ff)
        }
        function.addBaseAddress(4, .ports, byteCount: 16, device: busMaster)
        function.onReset = { [unowned self] in for channel in channels { channel.reset() } }
    }

    /// Takes the ports of both channels in `ports`.
    public func map(in ports: AddressSpace) {
        for (index, base) in [(0, UInt64(0x1f0)), (1, 0x170)] {
            ports.map(channels[index].commandBlock, at: base, byteCount: 8, name: "IDE channel \(index)")
            ports.map(channels[index].controlBlock, at: base + 0x206, byteCount: 1, name: "IDE control \(index)")
        }
    }

    /// Bus master registers: 8 bytes for each channel.
    private lazy var busMaster = RegisterWindow(
        read: { [unowned self] offset, size in
            let channel = channels[Int(offset >> 3 & 1)]
            let register = Int(offset & 7)
            return (0..<min(size, 8 - register)).reduce(0) { value, index in
                value | UInt64(channel.busMaster.readByte(at: register + index)) << UInt64(8 * index)
            }
        },
        write: { [unowned self] offset, size, value in
            let channel = channels[Int(offset >> 3 & 1)]
            let register = Int(offset & 7)
            for index in 0..<min(size, 8 - register) {
                let byte = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
                if channel.busMaster.writeByte(byte, at: register + index) { channel.busMasterChanged() }
            }
        })
}
