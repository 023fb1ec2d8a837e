/// The action set of a packet (OpenFlow 1.5, 5.6): at most one action of each kind, done in the order that the
/// specification gives, whatever order they were written in.
struct ActionSet {
    private var popVLAN = false
    private var pushVLAN: UInt16?
    private var decrementTTL = false
    private var sets: [Action] = []
    private var queue: UInt32?
    private var output: Action?

    var isEmpty: Bool {
        !popVLAN && pushVLAN == nil && !decrementTTL && sets.isEmpty && queue == nil && output == nil
    }

    mutating func add(_ action: Action) {
        switch action {
        case .popVLAN: popVLAN = true
        case .pushVLAN(let tpid): pushVLAN = tpid
        case .decrementTTL: decrementTTL = true
        case .setField(let field, let value, let mask):
            let same = sets.firstIndex {
                if case .setField(field, _, let other) = $0 { return other == mask }
                return false
            }
            if let same {
                sets[same] = action
            } else {
                sets.append(.setField(field, value: value, mask: mask))
            }
        case .setQueue(let number): queue = number
        case .output, .enqueue, .resubmit: output = action
        default: break
        }
    }

    /// The actions in the order in which they are done; without an output there is nothing to do.
    var ordered: [Action] {
        guard let output else { return [.drop] }
        var list: [Action] = []
        if popVLAN { list.append(.popVLAN) }
        if let pushVLAN { list.append(.pushVLAN(tpid: pushVLAN)) }
        if decrementTTL { list.append(.decrementTTL()) }
        list += sets
        if let queue { list.append(.setQueue(queue)) }
        return list + [output]
    }
}
