import Ports
import Switch
import Wire

// `bond/…` and `lacp/…`.

extension SwitchDaemon {
    func addBondCommands(_ commands: ControlCommands) {
        commands.add("bond/list") { [unowned self] _ in
            let lines = bonds().map { bridge, name, status in
                let members = status.members.map(\.name).joined(separator: ", ")
                return "\(name)\t\(status.settings.mode.rawValue)\t0\t\(members)"
            }
            return .text((["bond\ttype\trecircID\tmembers"] + lines).joined(separator: "\n"))
        }
        commands.add("bond/show", usage: "[port]", arguments: 0...1) { [unowned self] words in
            let found = bonds().filter { words.isEmpty || $0.name == words[0] }
            if found.isEmpty && !words.isEmpty { return .failure("no such bond") }
            return .text(found.map { Self.show($0.status) }.joined())
        }
        for name in ["bond/set-active-member", "bond/set-active-slave"] {
            commands.add(name, usage: "port \(name.hasSuffix("slave") ? "slave" : "member")", arguments: 2...2) {
                [unowned self] words in
                onMember(words) { datapath, bridge in
                    switch datapath.activateMember(bridge: bridge, bond: words[0], member: words[1]) {
                    case true?: .text("done")
                    case false?: .text("no change")
                    case nil: .failure("cannot make disabled member active")
                    }
                }
            }
        }
        for isOn in [true, false] {
            for word in ["member", "slave"] {
                let name = isOn ? "enable" : "disable"
                commands.add("bond/\(name)-\(word)", usage: "port \(word)", arguments: 2...2) { [unowned self] words in
                    onMember(words) { datapath, bridge in
                        _ = datapath.enableMember(bridge: bridge, bond: words[0], member: words[1], isOn)
                        return .text("\(name)d")
                    }
                }
            }
        }
        commands.add("bond/migrate", usage: "port hash member", arguments: 3...3) { [unowned self] words in
            guard let bucket = Int(words[1]), 0..<256 ~= bucket else { return .failure("bad hash") }
            return onMember([words[0], words[2]]) { datapath, bridge in
                _ = datapath.migrateBucket(bridge: bridge, bond: words[0], bucket: bucket, member: words[2])
                return .text("migrated")
            }
        }
        commands.add("bond/hash", usage: "mac [vlan] [basis]", arguments: 1...3) { words in
            guard let mac = MACAddress(words[0])?.rawValue else { return .failure("invalid mac") }
            guard let vlan = words.count > 1 ? UInt16(words[1]) : 0 else { return .failure("invalid vlan") }
            guard let basis = words.count > 2 ? UInt32(words[2]) : 0 else { return .failure("invalid basis") }
            return .text(String(Datapath.bondBucket(address: mac, vlan: vlan, basis: basis)))
        }
        for name in ["lacp/show", "lacp/show-stats"] {
            commands.add(name, usage: "[port]", arguments: 0...1) { words in
                words.isEmpty ? .text("") : .failure("no such lacp object")
            }
        }
    }

    private func bonds() -> [(bridge: Int32, name: String, status: BondStatus)] {
        var list: [(bridge: Int32, name: String, status: BondStatus)] = []
        for bridge in orderedBridges {
            let index = bridge.index
            for name in bridge.bonds.keys.sorted() {
                if let status = poller.run({ datapath, now in datapath.bondStatus(bridge: index, name: name, now: now) }
                ) {
                    list.append((index, name, status))
                }
            }
        }
        return list
    }

    /// Does something to a member of a bond: the words are their names.
    private func onMember(
        _ words: [String], _ body: @escaping @Sendable (Datapath, Int32) -> ControlCommands.Answer
    ) -> ControlCommands.Answer {
        guard let bond = bonds().first(where: { $0.name == words[0] }) else { return .failure("no such bond") }
        guard bond.status.members.contains(where: { $0.name == words[1] }) else { return .failure("no such member") }
        let index = bond.bridge
        nonisolated(unsafe) var answer = ControlCommands.Answer.text("")
        poller.run { datapath, _ in answer = body(datapath, index) }
        return answer
    }

    private static func show(_ bond: BondStatus) -> String {
        let settings = bond.settings
        var text = """
            ---- \(bond.name) ----
            bond_mode: \(settings.mode.rawValue)
            bond may use recirculation: no, Recirc-ID : -1
            bond-hash-basis: \(settings.basis)
            lb_output action: disabled, bond-id: -1

            """
        if settings.mode == .sourceBalanced { text += "all members active: \(settings.allMembersActive)\n" }
        text += "updelay: \(settings.upDelay / 1_000_000) ms\ndowndelay: \(settings.downDelay / 1_000_000) ms\n"
        text += "lacp_status: off\nlacp_fallback_ab: false\n"
        text += "active-backup primary: \(settings.primary ?? "<none>")\n"
        let active = bond.members.first(where: \.isActive)
        text += "active member mac: \(MACAddress(rawValue: active?.address ?? 0))(\(active?.name ?? "none"))\n\n"
        for member in bond.members {
            text += "member \(member.name): \(member.isEnabled ? "enabled" : "disabled")\n"
            if member.isActive { text += "  active member\n" }
            if let delay = member.changesIn {
                text += "  \(member.mayEnable ? "updelay" : "downdelay") expires in \(delay / 1_000_000) ms\n"
            }
            text += "  may_enable: \(member.mayEnable)\n\n"
        }
        return text
    }
}
