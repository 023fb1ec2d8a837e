/// A base address register (PCI 3.0, 6.2.5.1): a range of memory or ports that the guest places.
public struct PCIBaseAddress {
    public enum Kind: Sendable {
        case ports, memory32, memory64
    }

    /// 0...5; a 64-bit register takes the next one too.
    public let index: Int
    public let kind: Kind
    /// A power of two, at least 16 (4 for ports).
    public let byteCount: UInt64
    public let device: any IODevice
    /// For messages: "e1000 BAR 0".
    public let name: String
    /// Where the range lies now; nil while it is switched off, or where something else lies already.
    public internal(set) var address: UInt64?
}
