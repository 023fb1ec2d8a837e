// Meters (OpenFlow 1.5, 5.11 and 7.3.4.5).

extension Datapath {
    /// The most meters of a bridge, and bands of a meter.
    public static var meterLimit: Int { 65_536 }
    public static var bandLimit: Int { 8 }

    /// Changes the meters of a bridge.
    public func modifyMeter(bridge: Int32, _ change: MeterModification, now: UInt64) throws(ModificationError) {
        let owner = bridges[Int(bridge)]
        let id = change.meter.id
        let isVirtual = id == Meter.slowPath || id == Meter.controller
        switch change.command {
        case .add:
            guard id != 0, id <= Meter.maximum || isVirtual else { throw .invalidMeter }
            guard owner.meters[id] == nil else { throw .meterExists }
            guard owner.meters.count < Self.meterLimit else { throw .outOfMeters }
            try check(change.meter)
            if journal != nil { journal!.append(.meter(bridge: bridge, id: id, before: nil)) }
            install(MeterState(change.meter, now: now), of: owner)
        case .modify:
            guard id != 0, id <= Meter.maximum || isVirtual else { throw .invalidMeter }
            guard let number = owner.meters[id] else { throw .unknownMeter }
            try check(change.meter)
            let before = meters[number]
            if journal != nil { journal!.append(.meter(bridge: bridge, id: id, before: before)) }
            // A modified meter starts counting anew (OpenFlow 1.3, 6.6: it is replaced), but its flows stay.
            var next = MeterState(change.meter, now: now)
            next.flowCount = before.flowCount
            changed(.meter(bridge: bridge, id: id))
            meters[number] = next
        case .delete:
            if id == Meter.all {
                if owner.meters.values.contains(where: { meters[$0].flowCount > 0 }) {
                    for rule in select(owner, FlowQuery()) where !rule.stored.meters.isEmpty {
                        remove(rule, reason: .meterDelete, now: now)
                    }
                }
                for id in owner.meters.keys.sorted() { deleteMeter(id, of: owner, now: now) }
                return
            }
            guard id != 0, id <= Meter.maximum || isVirtual else { throw .invalidMeter }
            // Deleting what is not there is no error (OpenFlow 1.3, 6.6).
            if owner.meters[id] != nil { deleteMeter(id, of: owner, now: now) }
        }
    }

    public func meters(bridge: Int32) -> [Meter] {
        bridges[Int(bridge)].meters.values.map { meters[$0].meter }.sorted { $0.id < $1.id }
    }

    public func meter(bridge: Int32, id: UInt32) -> Meter? { bridges[Int(bridge)].meters[id].map { meters[$0].meter } }

    /// What a meter has done, or all meters; empty where there is none of that number.
    public func meterStatistics(bridge: Int32, id: UInt32? = nil, now: UInt64) -> [MeterStatistics] {
        let owner = bridges[Int(bridge)]
        return owner.meters.filter { id == nil || id == Meter.all || $0.key == id }.sorted { $0.key < $1.key }
            .map { id, number in
                let state = meters[number]
                return MeterStatistics(
                    id: id, flowCount: UInt32(max(0, state.flowCount)), packetsIn: state.packetsIn,
                    bytesIn: state.bytesIn, age: now &- min(now, state.created),
                    bands: state.bands.map { TrafficCount(packets: $0.packets, bytes: $0.bytes) })
            }
    }

    // MARK: Inside

    private func check(_ meter: Meter) throws(ModificationError) {
        let flags = meter.flags
        guard flags.subtracting([.kilobits, .packets, .burst, .statistics]).isEmpty,
            !(flags.contains(.kilobits) && flags.contains(.packets))
        else { throw .badMeterFlags }
        guard meter.bands.count <= Self.bandLimit else { throw .outOfBands }
        for band in meter.bands {
            if band.rate == 0 { throw .badRate }
            if case .remarkDSCP(let precedence) = band.effect, precedence == 0 { throw .badBand }
        }
    }

    func install(_ state: MeterState, of owner: Bridge) {
        owner.meters[state.meter.id] = meters.add(state)
        changed(.meter(bridge: owner.index, id: state.meter.id))
    }

    func uninstallMeter(_ id: UInt32, of owner: Bridge) {
        changed(.meter(bridge: owner.index, id: id))
        if let number = owner.meters.removeValue(forKey: id) { meters.remove(number) }
    }

    private func deleteMeter(_ id: UInt32, of owner: Bridge, now: UInt64) {
        guard let number = owner.meters[id] else { return }
        if meters[number].flowCount > 0 {
            for rule in select(owner, FlowQuery()) where rule.stored.meters.contains(id) {
                remove(rule, reason: .meterDelete, now: now)
            }
        }
        if journal != nil { journal!.append(.meter(bridge: owner.index, id: id, before: meters[number])) }
        uninstallMeter(id, of: owner)
    }

    /// The number in the data path of a bridge's meter, or nil where it has none of that number.
    func meterNumber(bridge: Bridge, id: UInt32) -> Int32? { bridge.meters[id] }

    /// Whether a meter changes packets.
    func meterRemarks(_ number: Int32) -> Bool {
        meters[number].bands.contains { if case .remarkDSCP = $0.effect { true } else { false } }
    }

    /// The type of service of a packet that a band marks: a drop precedence raised within its class (RFC 2597, 6); other
    /// classes have none.
    static func remarked(_ typeOfService: UInt8, by step: UInt8) -> UInt8 {
        let dscp = typeOfService >> 2
        let (kind, precedence) = (dscp >> 3, (dscp >> 1) & 3)
        guard (1...4).contains(kind), precedence > 0, dscp & 1 == 0 else { return typeOfService }
        return (kind << 3 | min(3, precedence &+ min(step, 3)) << 1) << 2 | typeOfService & 3
    }
}
