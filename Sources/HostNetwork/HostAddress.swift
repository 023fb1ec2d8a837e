import Wire

/// An IPv4 or IPv6 address, for the kernel's network configuration.
public enum HostAddress: Hashable, Sendable, CustomStringConvertible {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// The bytes in network order: 4 or 16.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let address):
            [UInt8](unsafeUninitializedCapacity: 4) { buffer, count in
                address.write(to: buffer.baseAddress!)
                count = 4
            }
        case .v6(let address):
            [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
                address.write(to: buffer.baseAddress!)
                count = 16
            }
        }
    }

    /// From 4 or 16 bytes in network order; nil for any other number of bytes.
    public init?(bytes: some Collection<UInt8>) {
        let copy = Array(bytes)
        switch copy.count {
        case 4: self = .v4(copy.withUnsafeBytes { IPv4Address(reading: $0.baseAddress!) })
        case 16: self = .v6(copy.withUnsafeBytes { IPv6Address(reading: $0.baseAddress!) })
        default: return nil
        }
    }

    public var isIPv6: Bool {
        if case .v6 = self { true } else { false }
    }

    public var description: String {
        switch self {
        case .v4(let address): "\(address)"
        case .v6(let address): "\(address)"
        }
    }
}

/// An address and the length of its network's prefix: 10.0.0.1/8.
public struct HostPrefix: Hashable, Sendable, CustomStringConvertible {
    public var address: HostAddress
    /// Bits of the prefix.
    public var length: Int

    public init(_ address: HostAddress, length: Int) {
        self.address = address
        self.length = length
    }

    public init(_ prefix: IPv4Prefix) { self.init(.v4(prefix.address), length: prefix.length) }

    public init(_ prefix: IPv6Prefix) { self.init(.v6(prefix.address), length: prefix.length) }

    public var description: String { "\(address)/\(length)" }
}
