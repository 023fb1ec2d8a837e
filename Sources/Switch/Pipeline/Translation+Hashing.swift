// Choices by a hash that the pipeline takes itself (`NXAST_MULTIPATH`, `NXAST_BUNDLE`).

extension Translation {
    func multipath(_ choice: Multipath) {
        let hash = hash(choice.fields, basis: UInt64(choice.basis))
        let links = UInt32(choice.maxLink) + 1
        let link: UInt32
        switch choice.algorithm {
        case .moduloN: link = hash % links
        case .hashThreshold:
            // Links have equal shares of the hash's range, which is 16 bits (nicira-ext.h).
            link = links == 1 ? 0 : min((hash & 0xffff) / (65536 / links), links - 1)
        case .highestRandomWeight: link = Self.highestWeight(hash, links) { _ in true } ?? 0
        case .iterativeHash:
            // A hash within the range is what few flows change when links come and go.
            var limit: UInt32 = 1
            while limit < max(choice.argument, links) && limit < 1 << 30 { limit <<= 1 }
            var state = hash
            var tries = 0
            while state & (limit - 1) >= links && tries < 64 {
                state = Self.mix(state, UInt32(choice.basis))
                tries += 1
            }
            link = state & (limit - 1) < links ? state & (limit - 1) : state % links
        }
        write(FieldValue(link), to: choice.destination)
        tell(choice.destination)
    }

    func bundle(_ choice: BundleChoice) {
        let member: UInt32?
        switch choice.algorithm {
        case .activeBackup: member = choice.members.first { isAlive(member: $0) }
        case .highestRandomWeight:
            let hash = hash(choice.fields, basis: UInt64(choice.basis))
            member = Self.highestWeight(hash, UInt32(choice.members.count)) { isAlive(member: choice.members[Int($0)]) }
                .map { choice.members[Int($0)] }
        }
        if let destination = choice.destination {
            write(FieldValue(member ?? (destination.count < 32 ? 0xffff : PortNumber.any)), to: destination)
        } else if let member {
            output(member)
        } else {
            drop(.nowhere)
        }
    }

    private func isAlive(member: UInt32) -> Bool {
        // The bridge's ports have been asked about on entering.
        here.bridge.ports[member].map { datapath.isAlive(port: $0) } ?? (member > PortNumber.maximum)
    }

    /// The link with the highest weight in this packet's order of them (RFC 2991, 4): losing one moves its own packets alone.
    private static func highestWeight(_ hash: UInt32, _ links: UInt32, _ isUsable: (UInt32) -> Bool) -> UInt32? {
        var best: (link: UInt32, weight: UInt32)?
        for link in 0..<links where isUsable(link) {
            let weight = mix(hash, link)
            if best == nil || weight > best!.weight { best = (link, weight) }
        }
        return best?.link
    }

    private static func mix(_ a: UInt32, _ b: UInt32) -> UInt32 {
        // Twice: weights of links are compared, and must not follow from each other.
        let once = foldedProduct(UInt64(a) << 32 | UInt64(b) ^ 0x5bd1_e995, hashMultiplier)
        let product = foldedProduct(once ^ hashMultiplier, oddMultiplier)
        return UInt32(truncatingIfNeeded: product ^ product >> 32)
    }

    /// The hash of the fields that `fields` names (`enum nx_hash_fields`); the symmetric ones are the same both ways.
    private func hash(_ fields: HashFields, basis: UInt64) -> UInt32 {
        var state = foldedProduct(basis ^ oddMultiplier, hashMultiplier)
        func look(_ field: Field) -> UInt64 {
            wildcards.setExact(field)
            let value = key[field]
            return value.low ^ foldedProduct(value.high, oddMultiplier)
        }
        func mix(_ value: UInt64) { state = foldedProduct(state ^ value, hashMultiplier) }
        func both(_ a: Field, _ b: Field) { mix(look(a) ^ look(b)) }
        wildcards.setExact(.ethType)
        let isIPv6 = key.value(.ethType) == 0x86dd
        func addresses() {
            guard key.isIP else { return }
            both(isIPv6 ? .ipv6Source : .ipv4Source, isIPv6 ? .ipv6Destination : .ipv4Destination)
            mix(look(.ipProtocol))
        }
        func ports(_ protocols: [UInt64]) {
            guard key.isIP else { return }
            _ = look(.ipFragment)
            guard key.value(.ipFragment) == 0, protocols.contains(look(.ipProtocol)) else { return }
            both(.tcpSource, .tcpDestination)
        }
        switch fields {
        case .ethernetSource: mix(look(.ethSource))
        case .symmetricL4:
            both(.ethSource, .ethDestination)
            mix(look(.vlanTCI) & 0xfff)
            mix(key.value(.ethType))
            addresses()
            ports([6, 132])
        case .symmetricL3L4:
            addresses()
            ports([6, 132])
        case .symmetricL3L4UDP:
            addresses()
            ports([6, 17, 132])
        case .symmetricL3: addresses()
        case .networkSource: if key.isIP { mix(look(isIPv6 ? .ipv6Source : .ipv4Source)) }
        case .networkDestination: if key.isIP { mix(look(isIPv6 ? .ipv6Destination : .ipv4Destination)) }
        }
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }
}
