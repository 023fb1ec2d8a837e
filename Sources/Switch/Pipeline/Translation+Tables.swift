// The flow tables of a bridge: what matches, and what its instructions say (OpenFlow 1.5, 5.1 and 5.9).

extension Translation {
    /// - Parameters:
    ///   - inPort: the port to look up with, where it is not the packet's own.
    ///   - byTuple: whether to look up with the addresses and ports of the connection's first packet.
    func lookUp(table: UInt8, inPort: UInt64? = nil, byTuple: Bool = false) {
        lookups += 1
        guard lookups <= Self.lookupLimit else {
            return fail(.tooManyResubmits, "over \(Self.lookupLimit) resubmit actions")
        }
        let outer = origin
        defer { origin = outer }
        // Whatever flows do with a controller's packet is part of the packet-out, and likewise of the action set, as in
        // Open vSwitch (the reasons of OpenFlow 1.4, 7.4.1).
        let reason: PacketInReason = isPacketOut ? .packetOut : outer.reason == .actionSet ? .actionSet : .action
        origin = TranslationOrigin(table: table, cookie: .max, rule: -1, reason: reason)
        let home = here.bridge.table(table)
        if home.classifier.looksAtActionSet { key.set(.actionSetOutput, UInt64(here.actionSet.outputPort)) }
        let fragments = here.bridge.fragments
        let isFragment = fragments != .match && key.value(.ipFragment) != 0
        if fragments == .drop {
            dependOnFragmentation()
            if isFragment { return dropFragment(home) }
        }
        if table == 0, let hidden = here.bridge.hiddenFlows, follow(hidden) { return }
        let number: Int32
        if inPort == nil && !byTuple && !isFragment {
            noteLookup(table, key)
            number = home.lookUp(&key, options, unite: &wildcards)
        } else {
            // The actions see the packet's own fields.
            var probe = key
            if let inPort { probe.set(.inPort, inPort) }
            if byTuple { takeTuple(into: &probe) }
            if isFragment { probe[word: Self.transportWord] &= ~Self.transportPorts }
            noteLookup(table, probe)
            number = home.lookUp(&probe, options, unite: &wildcards)
        }
        // Where no flow asks for ports, fragments and whole packets are answered alike.
        if fragments == .normal, wildcards[word: Self.transportWord] & Self.transportPorts != 0 {
            dependOnFragmentation()
        }
        guard number >= 0, let rule = datapath.rules[Int(number)] else { return miss(home) }
        credits.append(.rule(number))
        if let recorder { recorder.open(.table, title(of: rule)) }
        defer { recorder?.close() }
        origin.cookie = rule.cookie
        origin.rule = number
        // OpenFlow 1.3, 5.4: the table-miss flow has priority 0 and matches every packet.
        if rule.priority == 0 && rule.match.isCatchAll && reason == .action { origin.reason = .noMatch }
        follow(rule.instructions)
    }

    /// Forwards what a hidden flow of the bridge matches; false: none does.
    private func follow(_ hidden: HiddenFlows) -> Bool {
        let number = hidden.lookUp(&key, unite: &wildcards)
        guard number >= 0 else { return false }
        if let recorder { recorder.open(.table, "\(Self.aligned(0)). \(hidden.title(of: number))") }
        defer { recorder?.close() }
        credits.append(.hiddenFlow(bridge: here.bridge.index, number: number))
        perform([.output(PortNumber.normal)])
        return true
    }

    // MARK: Fragments

    /// Where the ports of TCP, UDP and SCTP are in the flow key, and the types and codes of ICMP.
    private static let transportWord = Field.tcpSource.place.word
    private static let transportPorts =
        Field.tcpSource.place.mask << UInt64(Field.tcpSource.place.shift)
        | Field.tcpDestination.place.mask << UInt64(Field.tcpDestination.place.shift)

    private func dependOnFragmentation() {
        wildcards.setExact(.ethType)
        if key.isIP { wildcards.setExact(.ipFragment) }
    }

    private func dropFragment(_ table: FlowTable) {
        recorder?.open(
            .table,
            "\(Self.aligned(table.number)). Packets are IP fragments and the fragment handling mode is \"drop\".")
        recorder?.action("drop")
        recorder?.close()
        credits.append(.lookup(bridge: table.bridge, table: table.number, matched: true))
        drop(.fragment)
    }

    /// Notes that a table of this bridge is asked about a packet.
    private func noteLookup(_ table: UInt8, _ seen: borrowing FlowKey) {
        tableLookups.note(
            bridge: here.bridge.index, table: table, key: seen, original: original,
            isPlain: entries == 1 && original.value(.recirculationID) == 0)
    }

    /// Does what a rule says.
    func follow(_ instructions: Instructions) {
        if let port = here.port, port.isMirrorOutput {
            recorder?.error(
                "dropping packet received on port \(port.name), which is reserved exclusively for mirroring")
            return drop(.port, isTold: true)
        }
        if instructions == Instructions() {
            recorder?.action("drop")
            return
        }
        var rest = instructions
        rest.apply = []
        rest.meter = nil
        if let meter = instructions.meter {
            recorder?.action("meter:\(meter)")
            if !pass(meter: meter) { return }
        }
        guard perform(instructions.apply) else {
            if freezing != nil, rest != Instructions() { freezing!.steps.append(.instructions(rest, origin)) }
            return
        }
        followRest(rest)
    }

    /// What instructions say behind the applied actions.
    func followRest(_ instructions: Instructions) {
        if instructions.clear {
            recorder?.action("clear_actions")
            tellActionSet("was")
            here.actionSet = ActionSet()
        }
        if !instructions.write.isEmpty {
            for action in instructions.write { here.actionSet.add(action) }
            recorder?.action(Instructions(write: instructions.write).description)
            tellActionSet("is")
        }
        if let metadata = instructions.metadata {
            let present = key.value(.metadata)
            key.set(.metadata, present & ~metadata.mask | metadata.value & metadata.mask)
            recorder?.action(Instructions(metadata: metadata).description)
        }
        if let next = instructions.goTo {
            if hidden { return freeze([.instructions(Instructions(goTo: next), origin)]) }
            recorder?.action("goto_table:\(next)")
            lookUp(table: next)
        }
    }

    /// No rule matches: what OpenFlow 1.0 to 1.2 let the table be set to; from OpenFlow 1.3 on, a drop.
    private func miss(_ table: FlowTable) {
        recorder?.open(.table, Self.miss(table))
        defer { recorder?.close() }
        credits.append(.lookup(bridge: table.bridge, table: table.number, matched: false))
        switch table.settings.miss {
        case .drop:
            recorder?.action("drop")
            // On the way in, the action set is done in any case, as in Open vSwitch; on the way out it is the output.
            if here.egressPort != nil { here.actionSet = ActionSet() }
            drop(.noFlow)
        case .controller:
            origin.reason = .noMatch
            _ = controller(ControllerOutput(reason: .noMatch))
        case .continueToNextTable:
            let next = Int(table.number) + 1
            if next < here.bridge.tables.count { lookUp(table: UInt8(next)) } else { drop(.noFlow) }
        }
    }

    /// The connection's tuple in the place of the packet's own (ovs-actions(7)).
    private func takeTuple(into probe: inout FlowKey) {
        func take(_ field: Field, _ source: Field) {
            wildcards.setExact(source)
            probe[field] = key[source]
        }
        take(.ipProtocol, .ctProtocol)
        if key.value(.ethType) == 0x0800 {
            take(.ipv4Source, .ctIPv4Source)
            take(.ipv4Destination, .ctIPv4Destination)
        } else {
            take(.ipv6Source, .ctIPv6Source)
            take(.ipv6Destination, .ctIPv6Destination)
        }
        take(.tcpSource, .ctTransportSource)
        take(.tcpDestination, .ctTransportDestination)
    }

    /// `resubmit`: another look-up, and then back.
    func resubmit(port: UInt32?, table: UInt8?, byTuple: Bool = false) {
        guard resubmits < Self.resubmitDepthLimit else {
            return fail(.tooDeep, "over max translation depth \(Self.resubmitDepthLimit)")
        }
        resubmits += 1
        let inPort = port.flatMap { $0 == PortNumber.inPort ? nil : UInt64($0) }
        lookUp(table: table ?? origin.table, inPort: inPort, byTuple: byTuple)
        resubmits -= 1
    }
}
