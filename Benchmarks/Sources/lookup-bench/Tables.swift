import Switch

/// A frame of 64 bytes: Ethernet, IPv4, TCP.
func tcpFrame(source: UInt32, destination: UInt32, sourcePort: UInt16, destinationPort: UInt16) -> [UInt8] {
    var frame: [UInt8] = [
        0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00,
        0x45, 0, 0, 50, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0,
    ]
    for address in [source, destination] {
        for shift in [24, 16, 8, 0] { frame.append(UInt8(address >> UInt32(shift) & 255)) }
    }
    for port in [sourcePort, destinationPort] { frame += [UInt8(port >> 8), UInt8(port & 255)] }
    frame += [0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]
    frame += Array(repeating: 0, count: 64 - frame.count)
    return frame
}

/// The masks of 1,000 megaflows: 10 that the pipeline of an L2/L3/ACL switch leaves.
let megaflowMasks: [[(Field, Int)]] = [
    [(.inPort, 32), (.ethDestination, 48), (.ethSource, 48), (.ethType, 16)],
    [(.inPort, 32), (.ethType, 16), (.ipv4Destination, 32)],
    [(.inPort, 32), (.ethType, 16), (.ipv4Destination, 24)],
    [(.inPort, 32), (.ethType, 16), (.ipv4Destination, 16), (.ipProtocol, 8)],
    [(.inPort, 32), (.ethType, 16), (.ipv4Source, 32), (.ipv4Destination, 32)],
    [(.inPort, 32), (.ethType, 16), (.ipv4Source, 24), (.ipv4Destination, 24), (.ipProtocol, 8)],
    [(.inPort, 32), (.ethType, 16), (.ipProtocol, 8), (.tcpDestination, 16)],
    [(.inPort, 32), (.ethType, 16), (.ipv4Destination, 32), (.ipProtocol, 8), (.tcpDestination, 16)],
    [
        (.inPort, 32), (.ethType, 16), (.ipv4Source, 32), (.ipv4Destination, 32), (.ipProtocol, 8), (.tcpSource, 16),
        (.tcpDestination, 16),
    ],
    [
        (.inPort, 32), (.ethDestination, 48), (.ethSource, 48), (.ethType, 16), (.vlanTCI, 16), (.ipv4Source, 20),
        (.ipv4Destination, 20), (.ipProtocol, 8), (.ipFragment, 2),
    ],
]

func mask(_ fields: [(Field, Int)]) -> FlowMask {
    var mask = FlowMask()
    for (field, length) in fields { mask.setPrefix(field, length: length) }
    return mask
}

func tcpKey(_ random: inout SeededGenerator, inPort: UInt32) -> FlowKey {
    var key = FlowKey()
    key[.inPort] = FieldValue(inPort)
    key[.ethDestination] = FieldValue(0x0200_0000_0000 | random.below(1 << 20))
    key[.ethSource] = FieldValue(0x0200_0000_0000 | random.below(1 << 20))
    key[.ethType] = FieldValue(0x0800)
    key[.ipv4Source] = FieldValue(0x0a00_0000 | random.below(1 << 24))
    key[.ipv4Destination] = FieldValue(0x0a00_0000 | random.below(1 << 24))
    key[.ipProtocol] = FieldValue(6)
    key[.ipTTL] = FieldValue(64)
    key[.tcpSource] = FieldValue(1024 + random.below(60000))
    key[.tcpDestination] = FieldValue([80, 443, 22, 5201, 8080][random.below(5)])
    return key
}

/// 10,000 rules: 3,000 L2 addresses, 3,000 routes of 17 prefix lengths, 4,000 ACL entries of about 20 masks.
func ruleTable(_ random: inout SeededGenerator) -> [(priority: Int32, match: Match)] {
    var rules: [(priority: Int32, match: Match)] = []
    for _ in 0..<3000 {
        rules.append((100, Match().with(.ethDestination, 0x0200_0000_0000 | random.below(1 << 20)).with(.vlanTCI, 0)))
    }
    for _ in 0..<3000 {
        let length = 8 + min(random.below(17), random.below(17) + 8)
        var match = Match().with(.ethType, 0x0800)
        match.set(.ipv4Destination, FieldValue(0x0a00_0000 | random.below(1 << 24)), prefixLength: length)
        rules.append((1000 + Int32(length), match))
    }
    while rules.count < 10_000 {
        var match = Match().with(.ethType, 0x0800).with(.ipProtocol, [6, 6, 17][random.below(3)])
        let sourceLength = [0, 16, 24, 32][random.below(4)]
        let destinationLength = [16, 24, 32][random.below(3)]
        match.set(.ipv4Source, FieldValue(0x0a00_0000 | random.below(1 << 24)), prefixLength: sourceLength)
        match.set(.ipv4Destination, FieldValue(0x0a00_0000 | random.below(1 << 24)), prefixLength: destinationLength)
        if random.below(2) == 0 { match.set(.tcpDestination, [80, 443, 22, 5201, 8080][random.below(5)]) }
        rules.append((2000 + Int32(random.below(2000)), match))
    }
    return rules
}
