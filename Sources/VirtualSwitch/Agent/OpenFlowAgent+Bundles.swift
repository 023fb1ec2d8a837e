import OpenFlow
import Switch

extension OpenFlowAgent {
    func perform(
        _ control: Message.BundleControl, xid: UInt32, quote: [UInt8], from connection: AgentConnection, now: UInt64
    ) throws(OpenFlowError) {
        let channel = connection.channel
        let id = control.bundle
        func answer(_ kind: Message.BundleControl.Kind) {
            connection.send(
                Message(xid: xid, .bundleControl(.init(bundle: id, kind, flags: control.flags, time: control.time))))
        }
        switch control.kind {
        case .openRequest:
            guard channel.bundles[id] == nil else {
                channel.bundles[id] = nil
                throw .bundleFailed(.bundleExists)
            }
            try open(id, control.flags, of: channel, now: now)
            answer(.openReply)
        case .closeRequest:
            guard let bundle = channel.bundles[id] else { throw .bundleFailed(.badID) }
            try check(!bundle.isClosed, .bundleClosed, id, of: channel)
            try check(agree(bundle.flags, control.flags), .badFlags, id, of: channel)
            bundle.isClosed = true
            bundle.deadline = now &+ Bundle.patience
            answer(.closeReply)
        case .commitRequest:
            guard let bundle = channel.bundles[id] else { throw .bundleFailed(.badID) }
            try check(agree(bundle.flags, control.flags), .badFlags, id, of: channel)
            if let time = control.time {
                try schedule(id, at: time, xid: xid, quote: quote, of: channel, now: now)
            } else {
                guard let bundle = channel.bundles.removeValue(forKey: id) else { return }
                commit(bundle, id: id, xid: xid, quote: quote, to: connection, now: now)
            }
        case .discardRequest:
            guard channel.bundles.removeValue(forKey: id) != nil else { throw .bundleFailed(.badID) }
            answer(.discardReply)
        case .openReply, .closeReply, .commitReply, .discardReply: throw .bundleFailed(.badType)
        }
    }

    private func open(
        _ id: UInt32, _ flags: Message.BundleFlags, of channel: ControllerChannel, now: UInt64
    ) throws(OpenFlowError) {
        guard channel.bundles.count < Bundle.limit else { throw .bundleFailed(.outOfBundles) }
        guard flags.isSubset(of: [.atomic, .ordered, .time]) else { throw .bundleFailed(.badFlags) }
        channel.bundles[id] = Bundle(flags: flags, now: now)
    }

    /// Whether a message has the flags that its bundle was opened with; the time is said with the commit alone.
    private func agree(_ a: Message.BundleFlags, _ b: Message.BundleFlags) -> Bool {
        a.subtracting(.time) == b.subtracting(.time)
    }

    /// Throws a bundle away that was misused.
    private func check(
        _ condition: Bool, _ error: OpenFlowError.BundleFailed, _ id: UInt32, of channel: ControllerChannel
    ) throws(OpenFlowError) {
        guard !condition else { return }
        channel.bundles[id] = nil
        throw .bundleFailed(error)
    }

    func perform(
        _ add: Message.BundleAdd, _ bytes: ArraySlice<UInt8>, from connection: AgentConnection, now: UInt64
    ) throws(OpenFlowError) {
        let channel = connection.channel
        let id = add.bundle
        if channel.bundles[id] == nil { try open(id, add.flags, of: channel, now: now) }
        guard let bundle = channel.bundles[id] else { return }
        try check(!bundle.isClosed && bundle.commitAt == nil, .bundleClosed, id, of: channel)
        try check(agree(bundle.flags, add.flags), .badFlags, id, of: channel)
        // One bundle at a time is the rule, of which each message comes by here.
        let all = channel.bundles.count == 1 ? [] : channel.bundles.values.filter { $0 !== bundle }
        guard all.reduce(bundle.entries.count, { $0 + $1.entries.count }) < Bundle.messageLimit,
            all.reduce(bundle.byteCount, { $0 + $1.byteCount }) < channel.bundleByteLimit
        else { throw .bundleFailed(.messageTooMany) }
        let content: Bundle.Entry.Content
        switch add.message.body {
        case .flowMod(var change):
            try check(&change, version: connection.version)
            content = .flow(withUnsafePointer(to: &change) { PackedFlowModification($0) })
        case .groupMod, .meterMod, .portMod, .packetOut: content = .other
        default: throw .bundleFailed(.messageUnsupported)
        }
        // What is kept is the message within, behind the bundle's own header; in OpenFlow 1.3 it is the ONF's extension.
        let start = bytes.startIndex + (connection.version >= .v14 ? 16 : 24)
        let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
        bundle.append(content, bytes[start..<start + length], xid: add.message.xid)
        bundle.deadline = now &+ Bundle.patience
    }

    // MARK: Commits

    /// Makes all changes of a bundle or none, and says which it was.
    private func commit(
        _ bundle: Bundle, id: UInt32, xid: UInt32, quote: [UInt8], to connection: AgentConnection, now: UInt64
    ) {
        var refusal: OpenFlowError?
        var forwards: [(message: Message, reason: UInt32)] = []
        cause = makeCause(connection, xid: xid)
        do throws(TransactionError) {
            try datapath.transaction(bridge: bridge, count: bundle.entries.count, now: now) {
                (index) throws(ModificationError) in
                do throws(OpenFlowError) {
                    let entry = bundle.entries[index]
                    if case .flow(let packed) = entry.content { return .flow(packed) }
                    let message = try bundle.message(of: entry, version: connection.version)
                    return try change(of: message, &forwards)
                } catch {
                    refusal = error
                    throw .permission
                }
            }
            connection.send(
                Message(xid: xid, .bundleControl(.init(bundle: id, .commitReply, flags: bundle.flags))))
            for (message, reason) in forwards { forward(message, reason: reason, from: connection) }
        } catch {
            let entry = bundle.entries[error.index]
            refuse(
                refusal ?? error.reason.openFlowError(ofFlowIn: connection.version), xid: entry.xid,
                quote: bundle.quote(of: entry), to: connection)
            refuse(.bundleFailed(.messageFailed), xid: xid, quote: quote, to: connection)
        }
        cause = nil
        tellEvents(now: now)
    }

    private func change(
        of message: Message, _ forwards: inout [(message: Message, reason: UInt32)]
    ) throws(OpenFlowError) -> BridgeChange {
        switch message.body {
        case .groupMod(let change):
            forwards.append((message, 0))
            return .group(change)
        case .meterMod(let change):
            forwards.append((message, 1))
            return .meter(change)
        case .portMod(let change): return .port(number: change.port, try checked(change))
        case .packetOut(let packetOut): return .packetOut(try packet(of: packetOut))
        default: throw .bundleFailed(.messageUnsupported)
        }
    }

    // MARK: Time

    private func schedule(
        _ id: UInt32, at time: Message.Time, xid: UInt32, quote: [UInt8], of channel: ControllerChannel, now: UInt64
    ) throws(OpenFlowError) {
        let (whole, overflow) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let wanted = whole &+ UInt64(time.nanoseconds)
        let clock = wallClock()
        guard !overflow, wanted >= whole, wanted <= clock &+ Bundle.longestFuture else {
            throw .bundleFailed(.scheduleFuture)
        }
        guard wanted &+ Bundle.longestPast >= clock else { throw .bundleFailed(.schedulePast) }
        channel.bundles[id]?.isClosed = true
        channel.bundles[id]?.commitAt = wanted > clock ? now &+ (wanted - clock) : now
        channel.bundles[id]?.commitXID = xid
        channel.bundles[id]?.commitQuote = quote
    }

    /// Commits the bundles whose time has come, and throws away those that nobody goes on with.
    func runBundles(now: UInt64) {
        for channel in channels where !channel.bundles.isEmpty {
            guard let main = channel.main else { continue }
            let due = channel.bundles.filter { ($0.value.commitAt ?? .max) <= now }
            for (id, bundle) in due.sorted(by: { $0.value.commitAt! < $1.value.commitAt! }) {
                channel.bundles[id] = nil
                commit(bundle, id: id, xid: bundle.commitXID, quote: bundle.commitQuote, to: main, now: now)
            }
            for (id, bundle) in channel.bundles where bundle.commitAt == nil && bundle.deadline <= now {
                channel.bundles[id] = nil
                refuse(.bundleFailed(.timeout), xid: 0, quote: [], to: main)
            }
        }
    }

    func bundleFeatures() -> Message.BundleFeatures {
        func time(_ nanoseconds: UInt64) -> Message.Time {
            Message.Time(seconds: nanoseconds / 1_000_000_000, nanoseconds: UInt32(nanoseconds % 1_000_000_000))
        }
        let flags: Message.BundleFlags = [.atomic, .ordered, .time]
        return Message.BundleFeatures(
            bits: UInt32(flags.rawValue),
            schedule: .init(
                accuracy: time(1_000_000), maximumFuture: time(Bundle.longestFuture),
                maximumPast: time(Bundle.longestPast), timestamp: time(wallClock())))
    }
}
