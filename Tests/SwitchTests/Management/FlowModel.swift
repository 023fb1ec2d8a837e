@testable import Switch

/// The flows of a bridge as a plain list, with OpenFlow's rules written down as simply as can be: what the data path is
/// held against.
struct FlowModel {
    struct Flow {
        var table: UInt8
        var priority: UInt16
        var match: Match
        var cookie: UInt64
        var instructions: Instructions
        var idleTimeout: UInt16
        var hardTimeout: UInt16
        var flags: FlowModification.Flags
        var created: UInt64
        var modified: UInt64
        var lastUsed: UInt64
        var packets: UInt64 = 0
        var bytes: UInt64 = 0

        func outputs(to port: UInt32) -> Bool { (instructions.apply + instructions.write).contains(.output(port)) }
    }

    private(set) var flows: [Flow] = []
    /// Flows that went, and why, when they asked to be told.
    private(set) var removals: [(FlowRemovedReason, Flow)] = []
    var tableLimit = Int.max

    mutating func modify(_ change: FlowModification, now: UInt64) throws(ModificationError) {
        switch change.command {
        case .add:
            try add(change, cookie: change.cookie, now: now)
        case .modify, .modifyStrict:
            let found = select(change, isStrict: change.command == .modifyStrict, isDelete: false)
            if found.isEmpty {
                guard let cookie = change.newCookie, change.cookieMask == 0 else { return }
                return try add(change, cookie: cookie, now: now)
            }
            for index in found {
                flows[index].instructions = change.instructions
                flows[index].modified = now
                if let cookie = change.newCookie { flows[index].cookie = cookie }
                if change.flags.contains(.resetCounts) {
                    flows[index].packets = 0
                    flows[index].bytes = 0
                }
            }
        case .delete, .deleteStrict:
            for index in select(change, isStrict: change.command == .deleteStrict, isDelete: true).reversed() {
                remove(index, .delete)
            }
        }
    }

    private mutating func add(_ change: FlowModification, cookie: UInt64, now: UInt64) throws(ModificationError) {
        let table = change.table ?? 0
        var flow = Flow(
            table: table, priority: change.priority, match: change.match, cookie: cookie,
            instructions: change.instructions, idleTimeout: change.idleTimeout, hardTimeout: change.hardTimeout,
            flags: change.flags, created: now, modified: now, lastUsed: now)
        let same = flows.firstIndex {
            $0.table == table && $0.priority == change.priority && $0.match == change.match
        }
        if let same {
            if !change.flags.contains(.resetCounts) {
                flow.packets = flows[same].packets
                flow.bytes = flows[same].bytes
            }
            flows[same] = flow
            return
        }
        if change.flags.contains(.checkOverlap),
            flows.contains(where: {
                $0.table == table && $0.priority == change.priority && $0.match.overlaps(change.match)
            })
        {
            throw .overlap
        }
        guard flows.count(where: { $0.table == table }) < tableLimit else { throw .tableFull }
        flows.append(flow)
    }

    private func select(_ change: FlowModification, isStrict: Bool, isDelete: Bool) -> [Int] {
        flows.indices.filter { index in
            let flow = flows[index]
            if let table = change.table, table != flow.table { return false }
            if isStrict {
                guard flow.priority == change.priority && flow.match == change.match else { return false }
            } else {
                guard change.match.includes(flow.match) else { return false }
            }
            guard (flow.cookie ^ change.cookie) & change.cookieMask == 0 else { return false }
            return !isDelete || change.outPort == PortNumber.any || flow.outputs(to: change.outPort)
        }
    }

    private mutating func remove(_ index: Int, _ reason: FlowRemovedReason) {
        let flow = flows.remove(at: index)
        if flow.flags.contains(.sendFlowRemoved) { removals.append((reason, flow)) }
    }

    mutating func takeRemovals() -> [(FlowRemovedReason, Flow)] {
        defer { removals = [] }
        return removals
    }

    /// Ends the flows whose time is up.
    mutating func expire(now: UInt64) {
        let second: UInt64 = 1_000_000_000
        for index in flows.indices.reversed() {
            let flow = flows[index]
            let hard = flow.hardTimeout == 0 ? UInt64.max : flow.modified + UInt64(flow.hardTimeout) * second
            let idle = flow.idleTimeout == 0 ? UInt64.max : flow.lastUsed + UInt64(flow.idleTimeout) * second
            if min(hard, idle) <= now { remove(index, idle < hard ? .idleTimeout : .hardTimeout) }
        }
    }

    /// Lets a packet through: it counts for the flows that it meets. Returns the ports that it leaves by.
    mutating func receive(_ key: FlowKey, byteCount: Int, now: UInt64) -> [UInt32] {
        var out: [UInt32] = []
        var table: UInt8? = 0
        while let present = table {
            table = nil
            let best = flows.indices.filter { flows[$0].table == present && flows[$0].match.matches(key) }
                .max { flows[$0].priority < flows[$1].priority }
            guard let best else { break }
            flows[best].packets += 1
            flows[best].bytes += UInt64(byteCount)
            flows[best].lastUsed = now
            for case .output(let port, _) in flows[best].instructions.apply { out.append(port) }
            table = flows[best].instructions.goTo
        }
        return out
    }
}
