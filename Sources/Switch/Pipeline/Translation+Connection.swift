// Connections: the `ct` actions.
//
// The tracker sees each packet, the translation only the first: `ct` becomes an action of the data path, and what comes
// in `table` is found by looking the packet up again, with its `ct_*` fields. The actions behind `ct` are those of an
// untracked packet, whose addresses may have been translated without the key's knowing: as in Open vSwitch, they are
// matched as they were.

/// What a `ct` action does to each packet of a megaflow.
struct TrackingDescription: Hashable {
    var request: ConnectionRequest
    /// Whether the next recirculation shows what the tracker found.
    var isShown: Bool
}

extension Translation {
    /// - Returns: whether the actions behind are done too.
    func connectionTrack(_ tracking: ConnectionTracking) -> Bool {
        wildcards.setExact(.ethType)
        wildcards.setExact(.ipFragment)
        commit()
        let description = TrackingDescription(request: request(tracking), isShown: tracking.table != nil)
        actions.append(.track(datapath.pipeline.trackings.intern(description)))
        isIrreversible = true
        for inner in tracking.actions { recorder?.action(inner) }
        if let table = tracking.table {
            recorder?.detail(
                "A clone of the packet is forked to recirculate. "
                    + "The forked pipeline will be resumed at table \(table).")
            let ends = here.endsWithActionSet
            pipelineBranch {
                here.endsWithActionSet = ends
                freeze([.instructions(Instructions(goTo: table), origin)])
            }
            actions.append(.hideConnection)
        }
        recorder?.detail("Sets the packet to an untracked state, and clears all the conntrack fields.")
        for field in Self.connectionFields { key[field] = .zero }
        return true
    }

    /// `ct_clear`: the packet counts as untracked from here on.
    func connectionClear() {
        // An action before may have tracked it without showing.
        actions.append(.clearConnection)
        isIrreversible = true
        for field in Self.connectionFields { key[field] = .zero }
    }

    /// The action's wishes, with what they take from the packet.
    private func request(_ tracking: ConnectionTracking) -> ConnectionRequest {
        let zone: UInt16 =
            switch tracking.zone {
            case .number(let number): number
            case .field(let source): UInt16(truncatingIfNeeded: read(source)?.low ?? 0)
            }
        var request = ConnectionRequest(
            zone: zone, commit: tracking.commit, force: tracking.force,
            helper: UInt8(exactly: tracking.helper).flatMap { ConnectionRequest.Helper(rawValue: $0) })
        for action in tracking.actions {
            switch action {
            case .nat(let translation): request.translation = translation
            case .setField(let field, let value, let mask): request.write(field, value, mask)
            case .load(let value, let target): request.write(FieldValue(value), to: target)
            case .move(let source, let target):
                guard let value = read(source) else { break }
                request.write(value, to: target)
            default: break
            }
        }
        return request
    }
}

extension ConnectionRequest {
    fileprivate mutating func write(_ value: FieldValue, to target: Subfield) {
        let mask = FieldValue.ones(target.count) << target.start
        write(target.field, (value << target.start) & mask, mask)
    }

    /// Overwrites bits of the mark or the label; other fields are not the connection's.
    fileprivate mutating func write(_ field: Field, _ value: FieldValue, _ mask: FieldValue) {
        switch field {
        case .ctMark:
            mark = mark & ~UInt32(truncatingIfNeeded: mask.low) | UInt32(truncatingIfNeeded: value.low & mask.low)
            markMask |= UInt32(truncatingIfNeeded: mask.low)
        case .ctLabel:
            label = label & ~mask | value & mask
            labelMask = labelMask | mask
        default: break
        }
    }
}
