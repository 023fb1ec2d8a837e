/// A port number of a bridge, as OpenFlow 1.1 and later number ports (32 bits).
public enum PortNumber {
    /// The largest number of an ordinary port.
    public static let maximum: UInt32 = 0xffff_ff00
    /// The port that the packet came in on (`OFPP_IN_PORT`).
    public static let inPort: UInt32 = 0xffff_fff8
    /// Through the flow tables again, for packets that a controller sends (`OFPP_TABLE`).
    public static let table: UInt32 = 0xffff_fff9
    /// The bridge's learning switch (`OFPP_NORMAL`).
    public static let normal: UInt32 = 0xffff_fffa
    /// All ports that flood, but the input (`OFPP_FLOOD`).
    public static let flood: UInt32 = 0xffff_fffb
    /// All ports but the input (`OFPP_ALL`).
    public static let all: UInt32 = 0xffff_fffc
    /// The controller (`OFPP_CONTROLLER`).
    public static let controller: UInt32 = 0xffff_fffd
    /// The bridge's own interface (`OFPP_LOCAL`).
    public static let local: UInt32 = 0xffff_fffe
    /// No port (`OFPP_ANY`, `OFPP_NONE`).
    public static let any: UInt32 = 0xffff_ffff
}
