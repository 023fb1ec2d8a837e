/// An IPv4 network: an address and how many of its leading bits count. The bits behind them are kept, so that
/// `10.0.0.1/8` can also mean "this address in that network"; `network` clears them.
public struct IPv4Prefix: Hashable, Sendable {
    public let address: IPv4Address
    /// Leading bits that count, 0 to 32.
    public let length: Int

    /// - Precondition: `length` is 0 to 32.
    public init(_ address: IPv4Address, length: Int) {
        precondition((0...32).contains(length), "prefix length \(length)")
        self.address = address
        self.length = length
    }

    /// The leading bits set.
    @inlinable
    public var mask: IPv4Address { IPv4Address(rawValue: length == 0 ? 0 : UInt32.max << UInt32(32 - length)) }

    /// The network's own address: the host bits cleared.
    @inlinable
    public var network: IPv4Address { IPv4Address(rawValue: address.rawValue & mask.rawValue) }

    /// The last address of the network.
    @inlinable
    public var broadcast: IPv4Address { IPv4Address(rawValue: address.rawValue | ~mask.rawValue) }

    /// The network without an address in it: the bits behind the prefix cleared.
    public var masked: IPv4Prefix { IPv4Prefix(network, length: length) }

    /// Whether `other` lies in the network.
    @inlinable
    public func contains(_ other: IPv4Address) -> Bool {
        (address.rawValue ^ other.rawValue) & mask.rawValue == 0
    }

    /// How many addresses `host(_:)` can give: without network and broadcast address, except that a /31 has two
    /// (RFC 3021) and a /32 one.
    public var hostCount: Int {
        length == 32 ? 1 : length == 31 ? 2 : (1 << (32 - length)) - 2
    }

    /// The host address of a number, counted from 1 up to `hostCount`; nil outside.
    public func host(_ number: Int) -> IPv4Address? {
        guard number >= 1, number <= hostCount else { return nil }
        return network.advanced(by: length >= 31 ? number - 1 : number)
    }
}

extension IPv4Prefix: LosslessStringConvertible {
    /// Parses `a.b.c.d/length`.
    public init?(_ text: String) {
        guard let (address, length) = splitPrefix(text), length <= 32, let address = IPv4Address(address) else {
            return nil
        }
        self.init(address, length: length)
    }

    /// Parses `a.b.c.d/length`, or an address alone, which is the network of that one address (/32).
    public init?(prefixOrAddress text: String) {
        if let address = IPv4Address(text) {
            self.init(address, length: 32)
        } else {
            self.init(text)
        }
    }

    public var description: String { "\(address)/\(length)" }
}

extension IPv4Prefix: CodableAsText {
    public static var noun: String { "an IPv4 prefix" }
}

/// The address and the number of `address/number`: one to three digits without leading zeros.
func splitPrefix(_ text: String) -> (address: String, length: Int)? {
    guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
    let digits = text.utf8[text.utf8.index(after: slash)...]
    guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    var length = 0
    for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        length = length * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return (String(text[..<slash]), length)
}
