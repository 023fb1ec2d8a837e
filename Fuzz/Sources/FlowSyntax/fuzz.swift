import Driver
import OpenFlow
import Switch

// Arbitrary text as a flow, a group, a meter or a packet: it is refused, or it prints as text that is read as the same.

/// `main` is an alias of this.
@_cdecl("FlowSyntax_main")
public func flowSyntaxMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

/// Ports and tables that have names.
private var names: FlowNames {
    FlowNames(
        portNumber: { ["eth0": 1, "a b": 2][$0] }, tableNumber: { ["first": 1][$0] },
        portName: { [1: "eth0", 2: "a b"][$0] }, tableName: { [1: "first"][$0] })
}

/// The first letter says what the text behind it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 1 else { return 0 }
    let text = String(decoding: UnsafeBufferPointer(start: data + 1, count: size - 1), as: UTF8.self)
    switch data[0] {
    case UInt8(ascii: "m"): readFlow(text, .modify)
    case UInt8(ascii: "M"): readFlow(text, .modifyStrict)
    case UInt8(ascii: "d"): readFlow(text, .delete)
    case UInt8(ascii: "D"): readFlow(text, .deleteStrict)
    case UInt8(ascii: "g"): readGroup(text, .add)
    case UInt8(ascii: "b"): readGroup(text, .insertBucket)
    case UInt8(ascii: "r"): readGroup(text, .removeBucket)
    case UInt8(ascii: "t"): readMeter(text)
    case UInt8(ascii: "p"): readMatch(text)
    case UInt8(ascii: "l"): readLine(text)
    default: readFlow(text, .add)
    }
    return 0
}

func readLine(_ text: String) {
    guard let body = try? BundleText.parseLine(text, names: names) else { return }
    encode(body)
}

func readFlow(_ text: String, _ command: FlowModification.Command) {
    guard let flow = try? FlowText.parse(text, command: command, names: names) else { return }
    _ = FlowText.text(flow, names: names)
    encode(.flowMod(flow))
    guard command == .add else { return }
    let snapshot = FlowSnapshot(
        table: flow.table ?? 0, priority: flow.priority, match: flow.match, cookie: flow.cookie,
        instructions: flow.instructions, idleTimeout: flow.idleTimeout, hardTimeout: flow.hardTimeout,
        importance: flow.importance, flags: flow.flags, age: 5, idle: 6, packets: 7, bytes: 8)
    for names in [names, FlowNames()] {
        let printed = FlowText.text(snapshot, names: names)
        guard var again = try? FlowText.parse(printed, names: names) else {
            preconditionFailure("what was printed is not read: \(printed)")
        }
        again.table = flow.table ?? 0
        var flow = flow
        flow.table = flow.table ?? 0
        precondition(again == flow, "it changed on the way: \(printed)")
    }
}

func readGroup(_ text: String, _ command: GroupModification.Command) {
    guard let change = try? GroupText.parse(text, command: command, names: names) else { return }
    encode(.groupMod(change))
    let printed = GroupText.text(change.group, names: names)
    guard command == .add else { return }
    guard let again = try? GroupText.parse(printed, command: command, names: names) else {
        preconditionFailure("what was printed is not read: \(printed)")
    }
    precondition(again == change, "it changed on the way: \(printed)")
}

func readMeter(_ text: String) {
    guard let change = try? MeterText.parse(text) else { return }
    encode(.meterMod(change))
    let printed = MeterText.text(change.meter)
    guard let again = try? MeterText.parse(printed) else {
        preconditionFailure("what was printed is not read: \(printed)")
    }
    precondition(again == change, "it changed on the way: \(printed)")
}

func readMatch(_ text: String) {
    guard let match = try? Match(parsing: text) else { return }
    guard let again = try? Match(parsing: match.description) else {
        preconditionFailure("what was printed is not read: \(match)")
    }
    precondition(again == match, "it changed on the way: \(match)")
    _ = match.key.description
}

/// Every version's way of saying it, whether it has one or not.
func encode(_ body: Message.Body) {
    for version in OpenFlowVersion.allCases {
        for spelling in [Message.Spelling.standard, .nicira] {
            let bytes = Message(body, spelling: spelling).encode(version: version, hasTableID: true)
            if !bytes.isEmpty, bytes.count < 0x10000 {
                _ = try? Message.decode(bytes, version: version, hasTableID: true)
            }
        }
    }
}
