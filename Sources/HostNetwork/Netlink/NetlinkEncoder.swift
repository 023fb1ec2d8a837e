import CLinux

// What: netlink messages into bytes (netlink(7), rtnetlink(7); linux/Documentation/userspace-api/netlink/intro.rst).
// Messages follow one another in one buffer, so that a batch goes to the kernel in one sendmsg; the kernel works through
// it in order, and goes on after a message that fails.

/// Builds a run of netlink messages. Numbers are in the machine's byte order, as netlink wants them.
public struct NetlinkEncoder: Sendable {
    /// The messages so far.
    public private(set) var bytes: [UInt8] = []
    private var messageStart = 0

    public init() {}

    public var isEmpty: Bool { bytes.isEmpty }

    /// Starts a message.
    /// - Parameters:
    ///   - type: RTM_NEWLINK and so on.
    ///   - flags: NLM_F_*; NLM_F_REQUEST is added.
    ///   - sequence: comes back in the answer.
    public mutating func begin(type: UInt16, flags: UInt16, sequence: UInt32) {
        messageStart = bytes.count
        append(UInt32(0))
        append(type)
        append(flags | UInt16(NLM_F_REQUEST))
        append(sequence)
        append(UInt32(0))
    }

    /// Completes the message: fills in its length.
    public mutating func end() {
        pad()
        let length = UInt32(bytes.count - messageStart)
        let start = messageStart
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: start, as: UInt32.self) }
    }

    /// Appends a number as it is in memory.
    public mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }

    /// Appends an attribute.
    public mutating func attribute(_ type: Int, _ content: some Collection<UInt8>) {
        append(UInt16(4 + content.count))
        append(UInt16(type))
        bytes.append(contentsOf: content)
        pad()
    }

    /// Appends an attribute that is one number.
    public mutating func attribute<Number: FixedWidthInteger>(_ type: Int, number: Number) {
        append(UInt16(4 + MemoryLayout<Number>.size))
        append(UInt16(type))
        append(number)
        pad()
    }

    /// Appends an attribute that is a terminated string.
    public mutating func attribute(_ type: Int, string: String) {
        append(UInt16(5 + string.utf8.count))
        append(UInt16(type))
        bytes.append(contentsOf: string.utf8)
        bytes.append(0)
        pad()
    }

    /// Appends an attribute that holds what `body` appends.
    /// - Parameter flag: marks the attribute as nested (NLA_F_NESTED), which strict kernels ask of newer attributes.
    public mutating func nested(_ type: Int, flag: Bool = false, _ body: (inout NetlinkEncoder) -> Void) {
        let start = bytes.count
        append(UInt16(0))
        append(UInt16(type) | (flag ? UInt16(NLA_F_NESTED) : 0))
        body(&self)
        let length = UInt16(bytes.count - start)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: start, as: UInt16.self) }
        pad()
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }
}
