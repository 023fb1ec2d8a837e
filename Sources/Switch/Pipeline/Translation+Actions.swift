// The actions of flows, buckets and controllers.

extension Translation {
    /// Performs actions in order.
    /// - Returns: whether all were done; false: the list has ended early, or the translation has stopped.
    @discardableResult
    func perform(_ list: [Action]) -> Bool {
        for (place, action) in list.enumerated() {
            if failed || exited { return false }
            if hidden && action.looksBehind {
                freeze([.actions(Array(list[place...]), origin)])
                return false
            }
            recorder?.action(action)
            let goesOn = perform(action)
            if freezing != nil {
                let rest = list[(place + 1)...]
                if !rest.isEmpty { freezing!.steps.append(.actions(Array(rest), origin)) }
                return false
            }
            if !goesOn { return false }
        }
        return !(failed || exited)
    }

    /// - Returns: whether the actions behind it are done too.
    private func perform(_ action: Action) -> Bool {
        switch action {
        case .output(let port, _): output(port)
        case .outputTruncated(let port, let maxLength): output(port, truncated: maxLength)
        case .outputField(let source, let maxLength): outputField(source, maxLength)
        case .controller(let output): return controller(output)
        case .enqueue(let port, let queue):
            let before = here.queue
            here.queue = queue
            output(port)
            here.queue = before
        case .group(let id): return group(id)
        case .bundle(let choice): bundle(choice)
        case .resubmit(let port, let table, let connectionTuple):
            resubmit(port: port, table: table, connectionTuple: connectionTuple)
        default:
            return performOther(action)
        }
        return true
    }

    private func performOther(_ action: Action) -> Bool {
        switch action {
        case .setQueue(let queue): here.queue = queue
        case .popQueue:
            if here.queue != 0 { recorder?.detail("queue = 0") }
            here.queue = 0
        case .meter(let id): return pass(meter: id)
        case .pushVLAN(let tpid): pushVLAN(tpid)
        case .popVLAN: popVLAN()
        case .pushMPLS(let type): pushMPLS(type)
        case .popMPLS(let type): popMPLS(type)
        case .pushPBB(let type): pushPBB(type)
        case .popPBB: popPBB()
        case .decrementTTL(let controllers): return decrementTTL(controllers)
        case .decrementMPLSTTL: return decrementMPLSTTL()
        case .copyTTLOut: copyTTLOut()
        case .copyTTLIn: copyTTLIn()
        case .encapsulate(let type): return encapsulate(type)
        case .decapsulate(let type): return decapsulate(type)
        case .clone(let list): pipelineBranch { perform(list) }
        case .exit:
            exited = true
            return false
        case .drop:
            drop(.flow)
            return false
        case .learn(let flow): learn(flow)
        case .multipath(let choice): multipath(choice)
        case .finTimeout(let idle, let hard): finTimeout(idle: idle, hard: hard)
        case .checkPacketLarger(let length, let bit): freeze([], for: .length(length, bit: bit))
        case .sample(let sample): take(sample)
        case .connectionTrack(let tracking): return connectionTrack(tracking)
        case .connectionClear: connectionClear()
        case .conjunction, .note, .nat: break
        default: setFields(action)
        }
        return true
    }

    // MARK: TTLs

    private func decrementTTL(_ controllers: [UInt16]) -> Bool {
        wildcards.setExact(.ethType)
        guard key.isIP else { return true }
        wildcards.setExact(.ipTTL)
        let ttl = key.value(.ipTTL)
        if ttl > 1 {
            key.set(.ipTTL, ttl - 1)
            return true
        }
        expire(controllers.isEmpty ? [0] : controllers)
        recorder?.warning("IPv\(key.value(.ethType) == 0x0800 ? 4 : 6) decrement TTL exception")
        return false
    }

    private func decrementMPLSTTL() -> Bool {
        wildcards.setExact(.ethType)
        guard key.isMPLS else { return true }
        wildcards.setExact(.mplsTTL)
        let ttl = key.value(.mplsTTL)
        if ttl > 1 {
            key.set(.mplsTTL, ttl - 1)
            return true
        }
        expire([0])
        recorder?.warning("MPLS decrement TTL exception")
        return false
    }

    private func expire(_ controllers: [UInt16]) {
        drop(.ttl)
        for id in controllers { tell(ControllerOutput(reason: .invalidTTL, id: id)) }
    }

    private func copyTTLOut() {
        wildcards.setExact(.ethType)
        guard key.isMPLS else { return }
        wildcards.setExact(.mplsBoS)
        if key.value(.mplsBoS) == 0 {
            wildcards.setExact(.mpls1TTL)
            key.set(.mplsTTL, key.value(.mpls1TTL))
        } else {
            commit()
            actions.append(.copyTTL(inward: false))
            isIrreversible = true
            hidden = true
        }
    }

    private func copyTTLIn() {
        wildcards.setExact(.ethType)
        guard key.isMPLS else { return }
        wildcards.setExact(.mplsBoS)
        if key.value(.mplsBoS) == 0 {
            wildcards.setExact(.mplsTTL)
            key.set(.mpls1TTL, key.value(.mplsTTL))
        } else {
            commit()
            actions.append(.copyTTL(inward: true))
            isIrreversible = true
        }
    }

    // MARK: Others

    private func resubmit(port: UInt32?, table: UInt8?, connectionTuple: Bool) {
        guard connectionTuple else { return resubmit(port: port, table: table, byTuple: false) }
        wildcards.setExact(.ctState)
        guard key.value(.ctState) & 0x20 != 0, key.isIP else {
            recorder?.error("resubmit(ct) with non-tracked or non-IP packet!")
            return drop(.flow)
        }
        resubmit(port: port, table: table, byTuple: true)
    }

    /// Tries to pass the packet through a meter; with one that does not exist it passes.
    func pass(meter id: UInt32) -> Bool {
        note(.meter(bridge: here.bridge.index, id: id))
        guard let number = datapath.meterNumber(bridge: here.bridge, id: id) else { return true }
        commit()
        actions.append(.meter(number))
        credits.append(.metered(-1))
        isIrreversible = true
        // A band may have changed the DSCP.
        hidden = hidden || key.isIP && datapath.meterRemarks(number)
        return true
    }

    private func finTimeout(idle: UInt16, hard: UInt16) {
        wildcards.setExact(.ethType)
        wildcards.setExact(.ipProtocol)
        wildcards.setExact(.ipFragment)
        guard key.isIP, key.value(.ipProtocol) == 6, key.value(.ipFragment) & UInt64(FlowKey.fragmentLater) == 0
        else { return }
        // FIN and RST.
        wildcards[.tcpFlags] = wildcards[.tcpFlags] | FieldValue(5)
        guard key.value(.tcpFlags) & 5 != 0, origin.rule >= 0 else { return }
        credits.append(.finTimeout(rule: origin.rule, idle: idle, hard: hard))
    }

    private func take(_ sample: PacketSample) {
        commit()
        actions.append(
            .sample(datapath.pipeline.samples.intern(SampleDescription(bridge: here.bridge.index, sample: sample))))
    }
}

extension Action {
    /// Whether the action needs what is behind labels or tags that have just been taken off.
    var looksBehind: Bool {
        switch self {
        case .output(let port, _), .enqueue(let port, _):
            port == PortNumber.table || port == PortNumber.normal
        case .setField(let field, _, _): field.isBehindLabels
        case .load(_, let target), .pop(let target), .outputField(let target, _), .push(let target):
            target.field.isBehindLabels
        case .move(let source, let target): source.field.isBehindLabels || target.field.isBehindLabels
        case .setQueue, .popQueue, .setVLANID, .setVLANPriority, .setEthernetSource, .setEthernetDestination,
            .setTunnel, .pushVLAN, .pushPBB, .exit, .drop, .note, .controller, .outputTruncated, .conjunction, .nat,
            .meter, .sample, .connectionClear, .setTunnelOption, .deleteField:
            false
        default: true
        }
    }
}

extension Field {
    /// Whether it is of a header behind the Ethernet header and its tags.
    var isBehindLabels: Bool { place.word >= 35 || self == .vlan2TCI || self == .vlan2TPID }
}
