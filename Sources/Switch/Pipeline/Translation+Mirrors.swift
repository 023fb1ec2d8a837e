// Mirrors (ovs-vswitchd.conf.db(5), table Mirror): copies of packets as they come in, and as they leave.
//
// Design: each mirror gets a packet once, however many of its ports the packet passes. A mirror's own copy is never
// mirrored, and a port that mirrors have for themselves carries nothing else.

extension Translation {
    /// The packet has come in by `port`.
    func mirrorArrival(_ port: BridgePort) {
        guard !here.bridge.mirrors.isEmpty, !port.isMirrorOutput else { return }
        mirror { $0.selectsAll || $0.sources.contains(port.number) }
    }

    /// The packet is about to leave by `port`.
    func mirrorDeparture(_ port: BridgePort) {
        guard !here.bridge.mirrors.isEmpty, !isMirroring, !port.isMirrorOutput else { return }
        mirror { $0.selectsAll || $0.destinations.contains(port.number) }
    }

    private func mirror(where isSelected: (Mirror) -> Bool) {
        for (place, state) in here.bridge.mirrors.enumerated() {
            guard mirrored & 1 << UInt32(place) == 0, isSelected(state.mirror) else { continue }
            wildcards.setExactVLANs()
            let vlan = inputVLAN() ?? 0
            if let wanted = state.mirror.vlans, !wanted.contains(vlan) { continue }
            mirrored |= 1 << UInt32(place)
            here.mirrored = mirrored
            if let output = state.output {
                note(place, state)
                copy(state.mirror, to: [datapath.ports[Int(output)]], vlan: vlan)
            } else if let target = state.mirror.outputVLAN, target != vlan {
                wildcards.setKindOfDestination(key.value(.ethDestination))
                // Frames that bridges keep to themselves would confuse the bridges behind (as Open vSwitch does).
                if ReservedAddress.isLinkLocal(key.value(.ethDestination)) { continue }
                note(place, state)
                let ports = here.bridge.ordered.map { datapath.ports[Int($0)] }
                copy(
                    state.mirror,
                    to: ports.filter { $0.vlan.carries(target) && !$0.isMirrorOutput },
                    vlan: target)
            }
        }
    }

    private func note(_ place: Int, _ state: MirrorState) {
        recorder?.detail("copied to mirror \(state.mirror.name)")
        credits.append(.mirrored(bridge: here.bridge.index, place: Int32(place)))
    }

    private func copy(_ mirror: Mirror, to ports: [BridgePort], vlan: UInt16) {
        let outer = isMirroring
        isMirroring = true
        branch {
            if let length = mirror.snapLength {
                commit()
                actions.append(.truncate(length))
                isIrreversible = true
            }
            for port in ports {
                let saved = key
                dress(for: port, vlan)
                emit(port)
                key = saved
            }
        }
        isMirroring = outer
    }
}
