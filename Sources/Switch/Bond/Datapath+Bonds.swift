// Bonds, as management makes and asks about them.

extension Datapath {
    static var bondToken: UInt64 { 20 << 56 }

    /// Makes a bond of ports, or changes one; without settings, its ports are single ones again.
    /// - Parameter members: numbers of ports in the bridge; those that there are not are left out.
    public func setBond(bridge: Int32, name: String, members: [UInt32], _ settings: BondSettings?, now: UInt64) {
        let owner = bridges[Int(bridge)]
        let indices = settings == nil ? [] : members.compactMap { owner.ports[$0] }
        let present = bonds[bridge, default: [:]][name]
        for member in present?.members ?? [] where !indices.contains(member.port) {
            ports[Int(member.port)].bond = nil
            owner.addresses.flush(port: member.port)
        }
        changed(.ports(bridge: bridge))
        guard let settings else {
            bonds[bridge]?[name] = nil
            return
        }
        let wanted = indices.map { index in
            let isUp = isUsable(ports[Int(index)])
            return Bond.Member(port: index, name: ports[Int(index)].name, mayEnable: isUp, isEnabled: isUp)
        }.sorted { $0.name < $1.name }
        let bond: Bond
        if let present {
            if present.settings.mode != settings.mode || present.station != wanted.first?.port {
                owner.addresses.flush(port: present.station)
            }
            present.update(settings, wanted)
            bond = present
        } else {
            bond = Bond(name: name, settings: settings, members: wanted)
            bonds[bridge, default: [:]][name] = bond
        }
        for member in bond.members { ports[Int(member.port)].bond = bond }
        scheduleBonds(now: now)
    }

    private func isUsable(_ port: BridgePort) -> Bool { hasCarrier(port) && !port.configuration.contains(.down) }

    /// A port's link has come or gone.
    func bondChanged(_ port: BridgePort, now: UInt64) {
        guard let bond = port.bond else { return }
        bond.setUp(isUsable(port), port: port.index, now: now)
        changed(.ports(bridge: port.bridge))
        scheduleBonds(now: now)
    }

    /// A port goes.
    func leaveBond(_ port: BridgePort) {
        guard let bond = port.bond else { return }
        port.bond = nil
        bond.update(bond.settings, bond.members.filter { $0.port != port.index })
        changed(.ports(bridge: port.bridge))
    }

    private func scheduleBonds(now: UInt64) {
        guard let next = bonds.values.flatMap({ $0.values.compactMap(\.nextDeadline) }).min() else { return }
        _ = wheel.schedule(at: max(next, now), token: Self.bondToken)
    }

    func runBonds(now: UInt64) {
        for (bridge, list) in bonds {
            for bond in list.values where bond.advance(to: now) { changed(.ports(bridge: bridge)) }
        }
        scheduleBonds(now: now)
    }

    // MARK: Questions and commands

    public func bondStatus(bridge: Int32, name: String, now: UInt64) -> BondStatus? {
        guard let bond = bonds[bridge]?[name] else { return nil }
        return BondStatus(
            name: name, settings: bond.settings,
            members: bond.members.map { member in
                let port = ports[Int(member.port)]
                return BondStatus.Member(
                    name: member.name, number: port.number, address: port.address, isEnabled: member.isEnabled,
                    mayEnable: member.mayEnable, isActive: bond.active == member.port,
                    changesIn: member.changesAt.map { $0 > now ? $0 - now : 0 })
            })
    }

    /// Makes a member the active one. - Returns: false where it was; nil where it cannot be.
    public func activateMember(bridge: Int32, bond name: String, member: String) -> Bool? {
        guard let bond = bonds[bridge]?[name], let found = bond.members.first(where: { $0.name == member }),
            found.isEnabled
        else { return nil }
        if bond.active == found.port { return false }
        bond.activate(found.port)
        changed(.ports(bridge: bridge))
        return true
    }

    /// Uses a member, or uses it no more, until its link changes. - Returns: false where there is none.
    public func enableMember(bridge: Int32, bond name: String, member: String, _ on: Bool) -> Bool {
        guard let bond = bonds[bridge]?[name], let place = bond.members.firstIndex(where: { $0.name == member }) else {
            return false
        }
        bond.enable(place, on)
        changed(.ports(bridge: bridge))
        return true
    }

    /// Moves a hash bucket to a member. - Returns: false where there is none.
    public func migrateBucket(bridge: Int32, bond name: String, bucket: Int, member: String) -> Bool {
        guard let bond = bonds[bridge]?[name], let found = bond.members.first(where: { $0.name == member }) else {
            return false
        }
        bond.migrate(bucket: bucket, to: found.port)
        changed(.ports(bridge: bridge))
        return true
    }

    /// The bucket of packets from an address, for bonds that balance by it.
    public static func bondBucket(address: UInt64, vlan: UInt16, basis: UInt32) -> UInt32 {
        Bond.hash(address: address, vlan: vlan, basis: basis) & UInt32(Bond.bucketCount - 1)
    }
}
