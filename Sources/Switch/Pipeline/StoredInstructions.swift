/// What learned flows are known by.
struct LearnedCookie: Hashable {
    var table: UInt8
    var cookie: UInt64
}

/// The instructions of flows, kept once for flows that do the same, with what management asks about them.
final class StoredInstructions {
    let value: Instructions
    /// The groups and meters that they name, each once.
    let groups: [UInt32]
    let meters: [UInt32]
    /// The conjunctions that they are parts of; flows with any do nothing else.
    let conjunctions: [Conjunction]
    /// The flows that go with the last flow that defines them (`delete_learned`).
    let learned: [LearnedCookie]
    /// Whether they name options of tunnels.
    let usesOptions: Bool

    init(_ value: Instructions) {
        self.value = value
        var groups: [UInt32] = []
        var meters: [UInt32] = value.meter.map { [$0] } ?? []
        var learned: [LearnedCookie] = []
        for list in [value.apply, value.write] {
            list.forEachNested { action in
                switch action {
                case .group(let id): if !groups.contains(id) { groups.append(id) }
                case .meter(let id): if !meters.contains(id) { meters.append(id) }
                case .controller(let output):
                    if let id = output.meter, !meters.contains(id) { meters.append(id) }
                case .learn(let flow) where flow.deleteLearned:
                    learned.append(LearnedCookie(table: flow.table, cookie: flow.cookie))
                default: break
                }
            }
        }
        self.learned = learned
        usesOptions = value.apply.contains(where: \.usesOptions) || value.write.contains(where: \.usesOptions)
        self.groups = groups
        self.meters = meters
        conjunctions = value.apply.compactMap {
            guard case .conjunction(let id, let clause, let clauses) = $0 else { return nil }
            return Conjunction(id: id, clause: clause, clauses: clauses)
        }
    }

    /// Whether packets are sent to the port by number, be it at once or by the action set.
    func outputs(to port: UInt32) -> Bool { value.apply.outputs(to: port) || value.write.outputs(to: port) }
}

extension [Action] {
    /// Calls `body` with each action, and with those inside of actions.
    func forEachNested(_ body: (Action) -> Void) {
        for action in self {
            body(action)
            switch action {
            case .clone(let inner): inner.forEachNested(body)
            case .connectionTrack(let tracking): tracking.actions.forEachNested(body)
            default: break
            }
        }
    }

    func outputs(to port: UInt32) -> Bool {
        var found = false
        forEachNested { action in
            switch action {
            case .output(port, _), .outputTruncated(port, _), .enqueue(port, _): found = true
            case .controller: if port == PortNumber.controller { found = true }
            case .bundle(let choice): if choice.destination == nil, choice.members.contains(port) { found = true }
            default: break
            }
        }
        return found
    }
}

/// Instructions that were stored lately, so that flows that do the same share them: of a hundred thousand flows, most
/// do one of a few things.
struct RecentInstructions {
    private var places: [StoredInstructions?] = Array(repeating: nil, count: 256)

    mutating func store(_ instructions: Instructions) -> StoredInstructions {
        let place = Int(Self.hash(instructions) & 255)
        if let present = places[place], present.value == instructions { return present }
        let stored = StoredInstructions(instructions)
        places[place] = stored
        return stored
    }

    /// Spreads the actions that flows mostly differ in; those with the same hash only miss the sharing.
    private static func hash(_ instructions: Instructions) -> UInt64 {
        var state = UInt64(instructions.goTo ?? 0) << 32 | UInt64(instructions.meter ?? 0)
        for list in [instructions.apply, instructions.write] {
            state = foldedProduct(state ^ UInt64(list.count), hashMultiplier)
            for action in list.prefix(4) {
                switch action {
                case .output(let port, _): state ^= UInt64(port)
                case .group(let id): state ^= UInt64(id) << 32
                case .setField(let field, let value, _): state ^= UInt64(field.rawValue) << 48 ^ value.low ^ value.high
                case .resubmit(_, let table, _): state ^= UInt64(table ?? 0) << 40
                case .load(let value, _): state ^= value << 1
                case .conjunction(let id, let clause, _): state ^= UInt64(id) << 8 | UInt64(clause)
                default: break
                }
                state = foldedProduct(state, oddMultiplier)
            }
        }
        return state ^ state >> 29
    }
}
