// Changes of header fields and registers.

extension Translation {
    /// The actions that write fields.
    func setFields(_ action: Action) {
        switch action {
        case .setField(let field, let value, let mask): set(field, value, mask)
        case .setTunnelOption(let option): setTunnelOption(option)
        case .deleteField(let field):
            guard let index = field.tunnelOption else { return }
            deleteOption(index)
            recorder?.detail("delete \(field.names[0])")
        case .load(let value, let target): write(FieldValue(value), to: target)
        case .move(let source, let target) where source.count > 128:
            moveOptionBits(from: source, to: target)
            tell(target)
        case .move(let source, let target):
            guard let value = read(source) else { return }
            write(value, to: target)
            tell(target)
        case .push(let source):
            guard here.stack.count * 16 < Self.stackLimit else {
                return fail(.stackTooDeep, "resubmits yielded over 64 kB of stack")
            }
            here.stack.append(StackValue(value: read(source) ?? .zero, width: source.count))
        case .pop(let target):
            guard let top = here.stack.popLast() else {
                recorder?.error("stack underflow")
                return
            }
            // A value of another width is cut, or has zeros above it.
            write(top.value, to: target)
            tell(target)
        case .setVLANID(let vlan, let pushes): setVLAN(.vlanID, UInt64(vlan), pushes)
        case .setVLANPriority(let priority, let pushes): setVLAN(.vlanPCP, UInt64(priority), pushes)
        case .setEthernetSource(let address): setWhole(.ethSource, address)
        case .setEthernetDestination(let address): setWhole(.ethDestination, address)
        case .setIPv4Source(let address): setWhole(.ipv4Source, UInt64(address))
        case .setIPv4Destination(let address): setWhole(.ipv4Destination, UInt64(address))
        case .setToS(let value): setWhole(.ipDSCP, UInt64(value >> 2))
        case .setECN(let value): setWhole(.ipECN, UInt64(value))
        case .setTTL(let value): setWhole(.ipTTL, UInt64(value))
        case .setTransportSource(let port): setTransport(.tcpSource, port)
        case .setTransportDestination(let port): setTransport(.tcpDestination, port)
        case .setTunnel(let number, _): setWhole(.tunnelID, number)
        case .setMPLSLabel(let label): setWhole(.mplsLabel, UInt64(label))
        case .setMPLSTC(let value): setWhole(.mplsTC, UInt64(value))
        case .setMPLSTTL(let value): setWhole(.mplsTTL, UInt64(value))
        default: break
        }
    }

    /// Tells the trace what some bits are now.
    func tell(_ bits: Subfield) {
        guard let recorder else { return }
        if let index = bits.field.tunnelOption {
            let text = options.first { $0.index == index }?.settingText ?? "0"
            return recorder.detail("\(Subfield(bits.field, count: bits.field.subfieldWidth)) is now \(text)")
        }
        let isWhole = bits.start == 0 && bits.count == bits.field.width
        let text =
            isWhole
            ? FieldText.format(bits.field, key[bits.field], .ones(bits.field.width))
            : FieldText.plainHexadecimal(key[bits])
        recorder.detail("\(bits) is now \(text)")
    }

    /// The bits of the packet, or nil where it does not have the field.
    func read(_ source: Subfield) -> FieldValue? {
        if source.field == .actionSetOutput { key.set(.actionSetOutput, UInt64(here.actionSet.outputPort)) }
        if let index = source.field.tunnelOption { return readOption(index, source) }
        guard has(source.field) else { return nil }
        wildcards[source.field] = wildcards[source.field] | FieldValue.ones(source.count) << source.start
        return key[source]
    }

    /// Overwrites bits with the low bits of `value`.
    func write(_ value: FieldValue, to target: Subfield) {
        if let index = target.field.tunnelOption {
            let bits = min(target.count, 128)
            return setTunnelOption(TunnelOption(index: index, value, start: target.start, count: bits))
        }
        let mask = FieldValue.ones(target.count) << target.start
        set(target.field, value << target.start & mask, mask)
    }

    private func setWhole(_ field: Field, _ value: UInt64) { set(field, FieldValue(value), .ones(field.width)) }

    /// Whether the packet has the field; the answer depends on what says so.
    private func has(_ field: Field) -> Bool {
        let prerequisite = field.prerequisite
        for condition in prerequisite.fields { wildcards.setExact(condition) }
        return key.meets(prerequisite)
    }

    /// Overwrites the bits of a field under a mask. A packet without the field stays as it is.
    func set(_ field: Field, _ value: FieldValue, _ mask: FieldValue) {
        guard has(field) else {
            recorder?.warning("unmet prerequisites for \(field.names[0]), set_field ignored")
            return
        }
        // The bits that stay come from the packet, and so does whether there is a change.
        wildcards.setExact(field)
        let new = (key[field] & ~mask) | (value & mask)
        switch field {
        case .vlanTCI, .vlanID, .vlanVID, .vlanPCP: setTag(field, new)
        case .ethType, .ipProtocol, .icmpv6Type: setParsed(field, new)
        default: key[field] = new
        }
    }

    /// Bits of the outer tag: setting the bit that says there is one pushes it, clearing it takes it off.
    private func setTag(_ field: Field, _ value: FieldValue) {
        wildcards.setExactVLANs()
        let wasThere = key.value(.vlanTCI) & UInt64(FlowKey.vlanPresent) != 0
        guard field == .vlanTCI || field == .vlanVID else {
            if wasThere { key[field] = value }
            return
        }
        let isThere = value.low & UInt64(FlowKey.vlanPresent) != 0
        if wasThere && !isThere { return popVLAN() }
        if !wasThere && isThere { pushVLAN(0x8100) }
        if isThere { key[field] = value }
    }

    private func setVLAN(_ field: Field, _ value: UInt64, _ pushes: Bool) {
        wildcards.setExactVLANs()
        if key.value(.vlanTCI) & UInt64(FlowKey.vlanPresent) == 0 {
            guard pushes else { return }
            pushVLAN(0x8100)
        }
        key.set(field, value)
    }

    /// Of OpenFlow 1.0: TCP, UDP and SCTP have their ports in one place.
    private func setTransport(_ field: Field, _ port: UInt16) {
        for condition in Field.Prerequisite.tcp.fields { wildcards.setExact(condition) }
        guard [6, 17, 132].contains(key.value(.ipProtocol)), !key.transportFields.isEmpty else { return }
        wildcards.setExact(field)
        key.set(field, UInt64(port))
    }

    /// A field that says how what is behind it is read: done at once, and what is behind is read anew when it is needed.
    private func setParsed(_ field: Field, _ value: FieldValue) {
        guard key[field] != value else { return }
        if field == .icmpv6Type, !(133...137).contains(value.low), !(133...137).contains(key.value(field)) {
            key[field] = value
            return
        }
        commit()
        if field == .ethType, key.isMPLS, value.low == 0x8847 || value.low == 0x8848 {
            key[field] = value
            return
        }
        actions.append(.setField(field, value))
        key[field] = value
        switch field {
        case .ethType: key.clearNetwork()
        case .ipProtocol: key.clearTransport()
        default: key.clearNeighbourDiscovery()
        }
        base = key
        isIrreversible = true
        hidden = true
    }
}

extension FlowKey {
    var isMPLS: Bool { value(.ethType) == 0x8847 || value(.ethType) == 0x8848 }

    private mutating func clear(words: Range<Int>) {
        for word in words where self[word: word] != 0 { self[word: word] = 0 }
    }

    /// Forgets labels, backbone tags, and all behind them.
    mutating func clearNetwork() { clear(words: 35..<64) }
    mutating func clearTransport() { clear(words: 56..<64) }
    mutating func clearNeighbourDiscovery() { clear(words: 57..<64) }
}
