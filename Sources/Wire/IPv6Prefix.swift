/// An IPv6 network: an address and how many of its leading bits count. The bits behind them are kept.
public struct IPv6Prefix: Hashable, Sendable {
    public let address: IPv6Address
    /// Leading bits that count, 0 to 128.
    public let length: Int

    /// - Precondition: `length` is 0 to 128.
    public init(_ address: IPv6Address, length: Int) {
        precondition((0...128).contains(length), "prefix length \(length)")
        self.address = address
        self.length = length
    }

    /// The leading bits set.
    public var mask: IPv6Address {
        // Swift's smart shifts answer 0 for distances of 64 and more.
        IPv6Address(
            high: length >= 64 ? .max : ~(UInt64.max >> UInt64(length)),
            low: length <= 64 ? 0 : ~(UInt64.max >> UInt64(length - 64)))
    }

    /// The network's own address: the bits behind the prefix cleared.
    public var network: IPv6Address {
        let mask = mask
        return IPv6Address(high: address.high & mask.high, low: address.low & mask.low)
    }

    /// The network without an address in it: the bits behind the prefix cleared.
    public var masked: IPv6Prefix { IPv6Prefix(network, length: length) }

    /// Whether `other` lies in the network.
    public func contains(_ other: IPv6Address) -> Bool {
        let mask = mask
        return (address.high ^ other.high) & mask.high | (address.low ^ other.low) & mask.low == 0
    }

    /// How many addresses `host(_:)` can give, as far as an Int counts: all but the subnet-router anycast address (the
    /// network's own); a /127 has two (RFC 6164), a /128 one.
    public var hostCount: Int {
        if length == 128 { return 1 }
        if length == 127 { return 2 }
        return length <= 65 ? Int.max : (1 << (128 - length)) - 1
    }

    /// The host address of a number, counted from 1 up to `hostCount`; nil outside.
    public func host(_ number: Int) -> IPv6Address? {
        guard number >= 1, number <= hostCount else { return nil }
        return network.advanced(by: length >= 127 ? number - 1 : number)
    }
}

extension IPv6Prefix: LosslessStringConvertible {
    /// Parses `address/length`.
    public init?(_ text: String) {
        guard let (address, length) = splitPrefix(text), length <= 128, let address = IPv6Address(address) else {
            return nil
        }
        self.init(address, length: length)
    }

    /// Parses `address/length`, or an address alone, which is the network of that one address (/128).
    public init?(prefixOrAddress text: String) {
        if let address = IPv6Address(text) {
            self.init(address, length: 128)
        } else {
            self.init(text)
        }
    }

    public var description: String { "\(address)/\(length)" }
}

extension IPv6Prefix: CodableAsText {
    public static var noun: String { "an IPv6 prefix" }
}
