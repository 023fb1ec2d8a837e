// The learning switch: what `NORMAL` does (IEEE 802.1D-2004 7.7 to 7.9, 802.1Q VLANs as Open vSwitch's ports have
// them, RFC 4541 2.1.1 for reports of multicast groups).

extension Translation {
    func normal() {
        wildcards.setKindOfDestination(key.value(.ethDestination))
        wildcards.setExact(.ethSource)
        wildcards.setExactVLANs()
        let destination = key.value(.ethDestination)
        let bridge = here.bridge
        if ReservedAddress.isLinkLocal(destination) && !bridge.settings.forwardsReserved {
            recorder?.detail("packet has reserved destination MAC, dropping")
            return drop(.reserved, isTold: true)
        }
        if here.port?.isMirrorOutput == true {
            recorder?.warning("input port is mirror output port, dropping")
            return drop(.port, isTold: true)
        }
        if case .tunnel? = here.port?.vlan { wildcards.setExactTagStack() }
        guard let vlan = inputVLAN() else {
            tellRefusedVLAN()
            return drop(.vlan, isTold: true)
        }
        guard isAdmitted(destination: destination, vlan: vlan) else { return drop(.port) }
        if bridge.settings.floodVLANs.contains(vlan) {
            recorder?.detail("no learned MAC for destination, flooding")
            return flood(vlan)
        }
        learnSource()

        if ReservedAddress.isMulticast(destination) {
            if isMulticastReport() { return sendToRouters(vlan) }
            recorder?.detail("no learned MAC for destination, flooding")
            return flood(vlan)
        }
        wildcards.setExact(.ethDestination)
        note(.address(bridge: bridge.index, vlan: vlan, mac: destination))
        let known = bridge.addresses.lookup(vlan: vlan, mac: destination, now: now)
        guard known >= 0 else {
            recorder?.detail("no learned MAC for destination, flooding")
            return flood(vlan)
        }
        let port = datapath.ports[Int(known)]
        if isInput(port) {
            recorder?.detail("learned port is input port, dropping")
            return drop(.hairpin)
        }
        recorder?.detail("forwarding to learned port")
        send(to: port, vlan)
    }

    /// Learns where the packet's sender is.
    func learnSource() {
        let source = key.value(.ethSource)
        guard let port = here.port, !ReservedAddress.isMulticast(source), let vlan = inputVLAN() else { return }
        wildcards.setExact(.ethSource)
        wildcards.setExactVLANs()
        note(.address(bridge: here.bridge.index, vlan: vlan, mac: source))
        let station = station(of: port)
        credits.append(.address(UInt64(vlan) << 48 | source, port: station))
        guard learns else { return }
        let isNews = datapath.learn(bridge: here.bridge, vlan: vlan, mac: source, port: station, now: now)
        if isNews, let recorder {
            let address = FieldText.format(.ethSource, FieldValue(source), .ones(48))
            recorder.detail("learned that \(address) is on port \(port.name) in VLAN \(vlan)")
        }
    }

    /// The VLAN that the packet is in, or nil where the port does not carry it.
    func inputVLAN() -> UInt16? {
        // What a controller sends without a port is in the VLAN that its tag says.
        let mode = here.port?.vlan ?? .trunk(nil)
        let tags = key.vlanTags
        // Priority tags (VLAN 0) count as no tag.
        let tagged = tags.first.map { $0.tci & 0xfff } ?? 0
        switch mode {
        case .trunk:
            return mode.carries(tagged) ? tagged : nil
        case .access(let tag):
            return tagged == 0 ? tag : nil
        case .nativeTagged(let tag, _), .nativeUntagged(let tag, _):
            if tagged == 0 { return tag }
            return mode.carries(tagged) ? tagged : nil
        case .tunnel(let tag, _, _):
            // There is room for one more tag.
            return mode.admits(customer: tagged) && tags.count < 2 ? tag : nil
        }
    }

    /// Says why the packet is in no VLAN.
    private func tellRefusedVLAN() {
        guard let recorder, let port = here.port else { return }
        let tag = key.vlanTags.first.map { $0.tci & 0xfff } ?? 0
        switch port.vlan {
        case .access(let own):
            recorder.error(
                "dropping VLAN \(tag) tagged packet received on port \(port.name) configured as VLAN \(own) "
                    + "access port")
        case .tunnel:
            recorder.error(
                "dropping VLAN \(tag) packet received on dot1q-tunnel port \(port.name) that excludes this VLAN")
        case .trunk, .nativeTagged, .nativeUntagged:
            recorder.error(
                "dropping VLAN \(tag) packet received on port \(port.name) not configured for trunking VLAN \(tag)")
        }
        recorder.warning("disallowed VLAN VID for this input port, dropping")
    }

    /// Whether a port carries a VLAN, and in it what the packet has behind the VLAN's tag.
    private func carries(_ port: BridgePort, _ vlan: UInt16) -> Bool {
        guard port.vlan.carries(vlan) else { return false }
        guard port.vlan.looksAtCustomers else { return true }
        wildcards.setExactTagStack()
        var tags = key.vlanTags[...]
        // The VLAN's own tag is there, unless it is the input port that puts the packet into the VLAN.
        switch here.port?.vlan {
        case .tunnel: break
        default: tags = tags.dropFirst()
        }
        return port.vlan.admits(customer: tags.first.map { $0.tci & 0xfff } ?? 0)
    }

    private func flood(_ vlan: UInt16) {
        var sent = false
        for index in here.bridge.ordered {
            let port = datapath.ports[Int(index)]
            guard !isInput(port), port.floods, !port.isMirrorOutput, port.state == .forwarding,
                carries(port, vlan), station(of: port) == port.index
            else { continue }
            send(to: port, vlan)
            sent = true
        }
        if !sent { drop(.nowhere) }
    }

    private func send(to port: BridgePort, _ vlan: UInt16) {
        guard carries(port, vlan) else { return drop(.vlan) }
        guard let port = exit(of: port, vlan: vlan) else { return drop(.linkDown) }
        let saved = key
        dress(for: port, vlan)
        leave(by: port.number)
        key = saved
    }

    /// Gives the packet the tag that it has in a VLAN on a port, or takes it off.
    func dress(for port: BridgePort, _ vlan: UInt16) {
        let received = key.vlanTags.first
        let priority = received.map { $0.tci >> 13 } ?? 0
        if case .tunnel(_, _, let type)? = here.port?.vlan {
            key.pushVLAN(tpid: type)
            key.set(.vlanTCI, UInt64(vlan | FlowKey.vlanPresent))
        }
        let tagged: Bool
        // A tag without a VLAN stays on the way from trunk to trunk, where it says a priority.
        var keepsPriority = false
        switch port.vlan {
        case .access, .tunnel: tagged = false
        case .nativeUntagged(let tag, _): tagged = vlan != tag
        case .trunk, .nativeTagged:
            tagged = vlan != 0
            keepsPriority = priority != 0 || received != nil && port.forwarding.priorityTags == .always
        }
        let tags = key.vlanTags
        if tagged {
            if tags.isEmpty { key.pushVLAN(tpid: 0x8100) }
            key.set(.vlanVID, UInt64(vlan) | 0x1000)
        } else if !tags.isEmpty && !keepsPriority {
            // A priority tag or the VLAN's own comes off.
            key.popVLAN()
            if priority != 0, key.vlanTags.isEmpty, port.forwarding.priorityTags != .never {
                key.pushVLAN(tpid: 0x8100)
                key.set(.vlanTCI, UInt64(priority << 13 | FlowKey.vlanPresent))
            }
        }
    }

    // MARK: Multicast reports

    private func isMulticastReport() -> Bool {
        wildcards.setExact(.ethType)
        guard key.isIP else { return false }
        wildcards.setExact(.ipProtocol)
        // IGMP and ICMPv6 both have their type in the transport word.
        guard key.value(.ipProtocol) == 2 || key.value(.ipProtocol) == 58 else { return false }
        wildcards.setExact(.icmpType)
        guard let frame else { return false }
        switch MulticastMessage.classify(frame: frame, layout: layout) {
        case .report: return true
        case .query:
            if learns, let port = here.port {
                datapath.noteRouter(bridge: here.bridge, port: station(of: port), now: now)
            }
            return false
        case .none: return false
        }
    }

    private func sendToRouters(_ vlan: UInt16) {
        note(.routers(bridge: here.bridge.index))
        recorder?.detail("multicast group report: to the ports of multicast routers")
        var sent = false
        for index in here.bridge.routers.ports(now: now) {
            let port = datapath.ports[Int(index)]
            guard !isInput(port), port.state == .forwarding, port.vlan.carries(vlan) else { continue }
            send(to: port, vlan)
            sent = true
        }
        if !sent { drop(.nowhere) }
    }
}
