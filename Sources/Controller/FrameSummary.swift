import OpenFlow
import Switch

/// What a controller looks at in a frame.
public struct FrameSummary {
    /// The bit of an Ethernet address that says that it is a group's.
    public static let multicast: UInt64 = 0x0100_0000_0000
    static let lldp: UInt16 = 0x88cc

    /// The whole flow key; `inPort` is the packet-in's.
    public private(set) var key = FlowKey()

    public init(_ packet: Message.PacketIn) {
        packet.data.withUnsafeBytes { bytes in
            withUnsafeMutablePointer(to: &key) { _ = extract(frame: bytes, inPort: packet.inPort, into: $0) }
        }
    }

    public var source: UInt64 { key[.ethSource].low }
    public var destination: UInt64 { key[.ethDestination].low }
    public var etherType: UInt16 { UInt16(truncatingIfNeeded: key[.ethType].low) }
    /// The sender's IPv4 address, of an IPv4 packet or an ARP one.
    public var sender: UInt32? {
        switch etherType {
        case 0x0800: UInt32(truncatingIfNeeded: key[.ipv4Source].low)
        case 0x0806: UInt32(truncatingIfNeeded: key[.arpSource].low)
        default: nil
        }
    }
}
