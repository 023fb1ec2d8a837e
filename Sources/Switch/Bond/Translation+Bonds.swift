import Wire

// Bonds in the learning switch.

extension Translation {
    /// What addresses behind a port are known by: the port itself, or its bond's station.
    func station(of port: BridgePort) -> Int32 { port.bond?.station ?? port.index }

    /// Whether a port is the one that the packet came in by, or bonded with it.
    func isInput(_ port: BridgePort) -> Bool {
        guard let input = here.port else { return false }
        return port === input || (port.bond != nil && port.bond === input.bond)
    }

    /// Whether the bond of the input port, if it is in one, takes the packet from this member.
    func isAdmitted(destination: UInt64, vlan: UInt16) -> Bool {
        guard let port = here.port, let bond = port.bond else { return true }
        guard let place = bond.place(of: port.index), bond.members[place].isEnabled else {
            recorder?.detail("bonding refused admissibility, dropping")
            return false
        }
        let isActive = bond.active == port.index
        var isTaken = true
        if ReservedAddress.isMulticast(destination) && !isActive && !bond.settings.allMembersActive {
            // The active member gets it too.
            isTaken = false
        } else if bond.settings.mode == .activeBackup && !isActive {
            isTaken = false
        } else if bond.settings.mode == .sourceBalanced {
            // One of our own packets may have come back by another member.
            let source = key.value(.ethSource)
            note(.address(bridge: here.bridge.index, vlan: vlan, mac: source))
            let known = here.bridge.addresses.lookup(vlan: vlan, mac: source, now: now)
            if known >= 0, known != bond.station { isTaken = isGratuitousARP }
        }
        if !isTaken { recorder?.detail("bonding refused admissibility, dropping") }
        return isTaken
    }

    /// A host that says where it is now.
    private var isGratuitousARP: Bool {
        wildcards.setExact(.ethType)
        guard key.value(.ethType) == 0x0806 else { return false }
        for field in [Field.arpSource, .arpTarget] { wildcards.setExact(field) }
        return key.value(.arpSource) == key.value(.arpTarget)
    }

    /// The port that a packet to `port` leaves by: itself, or a member of its bond; nil: none can take it.
    func exit(of port: BridgePort, vlan: UInt16) -> BridgePort? {
        guard let bond = port.bond else { return port }
        let index: Int32
        switch bond.settings.mode {
        case .activeBackup: index = bond.active
        case .sourceBalanced:
            wildcards.setExact(.ethSource)
            let hash = Bond.hash(address: key.value(.ethSource), vlan: vlan, basis: bond.settings.basis)
            index = bond.member(of: hash)
        case .connectionBalanced:
            var description = HashDescription()
            description.basis = UInt64(bond.settings.basis)
            setConnectionExact()
            index = bond.member(of: description.hash(key))
        }
        return index >= 0 ? datapath.ports[Int(index)] : nil
    }

    /// Looks at all that tells connections apart.
    private func setConnectionExact() {
        for field in [Field.ethSource, .ethDestination, .ethType] { wildcards.setExact(field) }
        wildcards.setExactVLANs()
        guard key.isIP else { return }
        for field in [Field.ipProtocol, .ipFragment] { wildcards.setExact(field) }
        if key.value(.ethType) == 0x0800 {
            for field in [Field.ipv4Source, .ipv4Destination] { wildcards.setExact(field) }
        } else {
            for field in [Field.ipv6Source, .ipv6Destination] { wildcards.setExact(field) }
        }
        let ipProtocol = key.value(.ipProtocol)
        if ipProtocol == 6 || ipProtocol == 17 || ipProtocol == 132, key.value(.ipFragment) == 0 {
            for field in [Field.tcpSource, .tcpDestination] { wildcards.setExact(field) }
        }
    }
}
