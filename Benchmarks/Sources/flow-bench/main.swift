import Glibc
import Switch

// Loads 100,000 flows into one table, as ovs-ofctl's bundles do, and prints what each costs.

let flows = 100_000

/// Bytes of the process in memory.
func resident() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (Int(text.split(separator: " ")[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// Flows of one mask: a connection each.
func connection(_ number: Int) -> FlowModification {
    var match = Match()
    match.set(.ethType, 0x0800)
    match.set(.ipProtocol, 6)
    match.set(.ipv4Source, 0x0a00_0000 | UInt32(number / 250))
    match.set(.ipv4Destination, 0xc0a8_0000 | UInt32(number % 250))
    match.set(.tcpDestination, UInt16(truncatingIfNeeded: number * 7))
    return FlowModification(
        .add, priority: 100, match: match, idleTimeout: 0,
        instructions: Instructions(apply: [.output(UInt32(number % 8 + 1))]))
}

/// Flows as of a router: prefixes of all lengths, each with its own rewriting.
func route(_ number: Int) -> FlowModification {
    var match = Match()
    match.set(.ethType, 0x0800)
    match.set(
        .ipv4Destination, FieldValue(UInt32(truncatingIfNeeded: number) &* 2_654_435_761), prefixLength: 8 + number % 25
    )
    let address = FieldValue(0x0200_0000_0000 | UInt64(number))
    return FlowModification(
        .add, priority: UInt16(1000 + number % 25), match: match, idleTimeout: 300,
        instructions: Instructions(apply: [
            .setField(.ethDestination, value: address, mask: .ones(48)), .decrementTTL(),
            .output(UInt32(number % 8 + 1)),
        ]))
}

func measure(_ name: String, _ flow: (Int) -> FlowModification) throws {
    let clock = ContinuousClock()
    let datapath = Datapath(now: 0)
    let bridge = datapath.addBridge(name: "s1", address: 1, settings: BridgeSettings(standalone: false))
    let before = resident()
    func each(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return Int((Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(flows))
    }
    let added = try clock.measure {
        try datapath.transaction(bridge: bridge, count: flows, now: 1) { .flow(flow($0)) }
    }
    let count = datapath.aggregate(bridge: bridge, FlowQuery(), now: 1).flows
    let after = resident()
    let modified = try clock.measure {
        for number in 0..<flows {
            var change = flow(number)
            change.command = .modifyStrict
            try datapath.modify(bridge: bridge, change, now: 2)
        }
    }
    let deleted = try clock.measure {
        for number in 0..<flows {
            var change = flow(number)
            change.command = .deleteStrict
            try datapath.modify(bridge: bridge, change, now: 3)
        }
    }
    print(
        "\(name): \(count) flows, each \((after - before) / count) bytes of memory; "
            + "added in \(each(added)) ns, modified in \(each(modified)) ns, deleted in \(each(deleted)) ns")
}

try measure("connections", connection)
try measure("routes", route)
