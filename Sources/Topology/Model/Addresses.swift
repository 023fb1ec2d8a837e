// Addresses as the lab file writes them and the supervisor sets them: text in files and in JSON, integers inside.

extension LabTopology {
    /// An Ethernet address, its 48 bits in the low end of an integer.
    public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
        public var bits: UInt64

        public init(bits: UInt64) { self.bits = bits & 0xFFFF_FFFF_FFFF }

        /// Six pairs of hexadecimal digits between colons or hyphens; nil for anything else.
        public init?(_ text: some StringProtocol) {
            let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
            guard parts.count == 6 else { return nil }
            var bits: UInt64 = 0
            for part in parts {
                guard part.count <= 2, part.allSatisfy(\.isHexDigit), let byte = UInt64(part, radix: 16) else {
                    return nil
                }
                bits = bits << 8 | byte
            }
            self.bits = bits
        }

        public var isMulticast: Bool { bits >> 40 & 1 == 1 }

        public var description: String {
            (0..<6).map { hex(bits >> UInt64(40 - 8 * $0) & 0xFF, width: 2) }.joined(separator: ":")
        }
    }

    /// An IPv4 address with the length of its network's prefix.
    public struct IPv4Prefix: Hashable, Sendable, CustomStringConvertible {
        public var address: UInt32
        public var length: Int

        public init(address: UInt32, length: Int) {
            self.address = address
            self.length = length
        }

        /// `192.0.2.1/24`; without a length it is 32. nil for anything else (leading zeros included: they read as octal
        /// in some tools).
        public init?(_ text: some StringProtocol) {
            let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let bytes = halves[0].split(separator: ".", omittingEmptySubsequences: false)
            guard bytes.count == 4 else { return nil }
            var address: UInt32 = 0
            for byte in bytes {
                guard byte.utf8.allSatisfy({ 48...57 ~= $0 }), byte.count == 1 || byte.first != "0",
                    let value = UInt8(byte)
                else { return nil }
                address = address << 8 | UInt32(value)
            }
            guard let length = prefixLength(halves.dropFirst().first, limit: 32) else { return nil }
            self.init(address: address, length: length)
        }

        public var mask: UInt32 { length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length) }
        /// The prefix with its host bits zero.
        public var network: IPv4Prefix { IPv4Prefix(address: address & mask, length: length) }
        public func contains(_ other: UInt32) -> Bool { other & mask == address & mask }
        /// The address alone.
        public var host: String { (0..<4).map { "\(address >> UInt32(24 - 8 * $0) & 0xFF)" }.joined(separator: ".") }
        public var description: String { "\(host)/\(length)" }
    }

    /// An IPv6 address with the length of its network's prefix.
    public struct IPv6Prefix: Hashable, Sendable, CustomStringConvertible {
        public var high: UInt64
        public var low: UInt64
        public var length: Int

        public init(high: UInt64, low: UInt64, length: Int) {
            self.high = high
            self.low = low
            self.length = length
        }

        /// `2001:db8::1/64` (RFC 4291 section 2.2, dotted IPv4 tail included); without a length it is 128.
        public init?(_ text: some StringProtocol) {
            let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let length = prefixLength(halves.dropFirst().first, limit: 128),
                let groups = ipv6Groups(String(halves[0]))
            else { return nil }
            var parts: (UInt64, UInt64) = (0, 0)
            for group in groups[0..<4] { parts.0 = parts.0 << 16 | UInt64(group) }
            for group in groups[4..<8] { parts.1 = parts.1 << 16 | UInt64(group) }
            self.init(high: parts.0, low: parts.1, length: length)
        }

        /// The prefix with its host bits zero.
        public var network: IPv6Prefix {
            let highMask = length == 0 ? 0 : ~UInt64(0) << UInt64(64 - min(length, 64))
            let lowMask = length <= 64 ? 0 : ~UInt64(0) << UInt64(128 - length)
            return IPv6Prefix(high: high & highMask, low: low & lowMask, length: length)
        }

        /// The address alone, in the form of RFC 5952.
        public var host: String {
            var groups: [UInt64] = []
            for half in [high, low] {
                for shift in [48, 32, 16, 0] as [UInt64] { groups.append(half >> shift & 0xFFFF) }
            }
            var longest = 0..<0
            var start = 0
            while start < 8 {
                var end = start
                while end < 8, groups[end] == 0 { end += 1 }
                if end - start > max(longest.count, 1) { longest = start..<end }
                start = max(end, start) + 1
            }
            let text = groups.map { String($0, radix: 16) }
            guard !longest.isEmpty else { return text.joined(separator: ":") }
            return text[..<longest.lowerBound].joined(separator: ":") + "::"
                + text[longest.upperBound...].joined(separator: ":")
        }
        public var description: String { "\(host)/\(length)" }
    }
}

private func hex(_ value: UInt64, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func prefixLength(_ text: (some StringProtocol)?, limit: Int) -> Int? {
    guard let text else { return limit }
    guard !text.isEmpty, text.utf8.allSatisfy({ 48...57 ~= $0 }), let length = Int(text), length <= limit else {
        return nil
    }
    return length
}

private func ipv6Groups(_ text: String) -> [UInt16]? {
    var text = text
    if let colon = text.lastIndex(of: ":"), text[colon...].contains(".") {
        guard let tail = LabTopology.IPv4Prefix(text[text.index(after: colon)...]), tail.length == 32 else {
            return nil
        }
        text =
            text[...colon] + String(tail.address >> 16, radix: 16) + ":" + String(tail.address & 0xFFFF, radix: 16)
    }
    func groups(_ part: some StringProtocol) -> [UInt16]? {
        guard !part.isEmpty else { return [] }
        var values: [UInt16] = []
        for group in part.split(separator: ":", omittingEmptySubsequences: false) {
            guard (1...4).contains(group.count), group.allSatisfy(\.isHexDigit), let value = UInt16(group, radix: 16)
            else { return nil }
            values.append(value)
        }
        return values
    }
    guard let gap = text.firstDoubleColon else {
        guard let all = groups(text), all.count == 8 else { return nil }
        return all
    }
    guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
        head.count + tail.count < 8
    else { return nil }
    return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
}

extension String {
    fileprivate var firstDoubleColon: Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            let next = self.index(after: index)
            if next < endIndex, self[index] == ":", self[next] == ":" { return index..<self.index(after: next) }
            index = next
        }
        return nil
    }
}

extension LabTopology.MACAddress: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decodeText(decoder, "an Ethernet address") { Self($0) }
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}

extension LabTopology.IPv4Prefix: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decodeText(decoder, "an IPv4 prefix") { Self($0) }
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}

extension LabTopology.IPv6Prefix: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decodeText(decoder, "an IPv6 prefix") { Self($0) }
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}

private func decodeText<Value>(_ decoder: any Decoder, _ what: String, _ parse: (String) -> Value?) throws -> Value {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = parse(text) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "“\(text)” is not \(what)")
    }
    return value
}

private func encodeText(_ text: String, _ encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
}
