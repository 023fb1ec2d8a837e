// The cached answers, told and forgotten (`dpctl/dump-flows`, `revalidator/purge` of ovs-appctl).

/// A cached answer of the data path's pipeline.
public struct MegaflowSnapshot: Sendable {
    /// What it looks at, in the words of ovs-dpctl(8).
    public var match: String
    public var actions: String
    public var packets: UInt64
    public var bytes: UInt64
    /// Nanoseconds since a packet last met it.
    public var idle: UInt64
    /// The bridge whose port its packets come in by.
    public var bridge: Int32
}

extension Datapath {
    /// The cached answers.
    /// - Parameter named: devices are called by their names; else by their numbers, from 1.
    public func megaflowSnapshots(named: Bool, now: UInt64) -> [MegaflowSnapshot] {
        var list: [MegaflowSnapshot] = []
        let words = DatapathActionText(datapath: self, isTrace: false, namesDevices: named)
        megaflows.forEach { number in
            guard let match = megaflows.match(of: number) else { return }
            let flow = flows.flows[Int(number)]
            guard flow.isAlive else { return }
            let index = Int(match.key.value(.inPort))
            guard index < ports.count else { return }
            let port = ports[index]
            var device = port.name
            if !named, port.direction >= 0, case .device(let behind) = directions[Int(port.direction)].far {
                device = String(behind + 1)
            }
            list.append(
                MegaflowSnapshot(
                    match: DatapathMatchText(match: match, device: device).text,
                    actions: words.text(UnsafeBufferPointer(start: flow.actions, count: Int(flow.actionCount))),
                    packets: flow.packets, bytes: flow.bytes, idle: now &- min(now, flow.lastUsed), bridge: port.bridge)
            )
        }
        return list
    }

    /// Forgets all cached answers; the next packets find out anew.
    public func forgetMegaflows() {
        var numbers: [Int32] = []
        megaflows.forEach { numbers.append($0) }
        for number in numbers { remove(megaflow: number) }
    }
}
