// A translation that has stopped, to go on with what becomes of the packet.
//
// What: the flow key says nothing of what is behind an MPLS label, inside a backbone frame, or of a packet's connection.
// A translation that needs to know stops: the data path does what has been noted so far to the real packet, takes the
// key anew, and looks it up again with the number of the frozen state in the field `recirculationID`. The translation
// of that key starts from the frozen state.
// Design: frozen states are values that megaflows share by number (`SharedTable`): two packets that differ in nothing that
// the rest of the pipeline depends on share the state, and with it the megaflows behind it.

/// What is left to do in a bridge's pipeline, innermost first.
enum FrozenStep: Equatable {
    case actions([Action], TranslationOrigin)
    /// What a rule's instructions do behind its applied actions.
    case instructions(Instructions, TranslationOrigin)
    /// The action set, and with it the end of the pipeline.
    case actionSet
    /// Out of a port: the egress tables and then the port itself.
    case leave(port: UInt32)
}

/// Who asks for an action: what a packet-in says of it.
struct TranslationOrigin: Equatable {
    var table: UInt8 = 0
    var cookie: UInt64 = .max
    /// The rule's number, or -1.
    var rule: Int32 = -1
    var reason = PacketInReason.action
}

/// Where in a bridge's pipeline a packet is, and what it carries besides its key.
struct TranslationContext: Equatable {
    var bridge: Bridge
    /// The port that the packet came to the bridge by; nil: a controller sent it.
    var port: BridgePort?
    var queue: UInt32 = 0
    var actionSet = ActionSet()
    var stack: [StackValue] = []
    /// The port that the packet is about to leave by, while it is in egress tables.
    var egressPort: UInt32?
    /// The mirrors that have had the packet, a bit each.
    var mirrored: UInt32 = 0
    /// Groups that the packet is in.
    var groups: [UInt32] = []
    /// Whether the action set is done at the end; not so in clones and buckets.
    var endsWithActionSet = true

    init(bridge: Bridge, port: BridgePort?) {
        self.bridge = bridge
        self.port = port
    }

    static func == (a: Self, b: Self) -> Bool {
        a.bridge === b.bridge && a.port === b.port && a.queue == b.queue && a.actionSet == b.actionSet
            && a.stack == b.stack && a.egressPort == b.egressPort && a.groups == b.groups
            && a.mirrored == b.mirrored
            && a.endsWithActionSet == b.endsWithActionSet
    }
}

/// A value on the stack (`NXAST_STACK_PUSH`) and its width in bits.
struct StackValue: Equatable {
    var value: FieldValue
    var width: Int
}

final class FrozenState: Hashable {
    /// The metadata and registers; nothing of the packet or its connection.
    let metadata: FlowKey
    /// What the packet has of its tunnel.
    let options: [TunnelOption]
    let context: TranslationContext
    /// The queue that the packet's head says.
    let notedQueue: UInt32
    let steps: [FrozenStep]

    init(
        metadata: FlowKey, options: [TunnelOption], context: TranslationContext, notedQueue: UInt32, steps: [FrozenStep]
    ) {
        self.metadata = metadata.frozenPart
        self.options = options
        self.context = context
        self.notedQueue = notedQueue
        self.steps = steps
    }

    static func == (a: FrozenState, b: FrozenState) -> Bool {
        a === b
            || a.notedQueue == b.notedQueue && a.metadata == b.metadata && a.options == b.options
                && a.context == b.context && a.steps == b.steps
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(metadata)
        hasher.combine(context.bridge.index)
        hasher.combine(context.port?.index ?? -1)
        hasher.combine(notedQueue)
        hasher.combine(steps.count)
        for step in steps {
            switch step {
            case .actions(let actions, let origin):
                hasher.combine(actions.count)
                hasher.combine(origin.rule)
            case .instructions(let instructions, let origin):
                hasher.combine(instructions.goTo)
                hasher.combine(origin.rule)
            case .actionSet: break
            case .leave(let port): hasher.combine(port)
            }
        }
    }
}

extension FlowKey {
    /// The words that come with a packet and not from the pipeline: connection state and the packet's hash.
    static let carriedWords: [Int] = [18, 21, 22, 23, 24, 25, 26, 27, 28, 29]
    /// The word of the packet's hash (`dp_hash`), in its lower half.
    static let hashWord = 29

    /// The metadata that a frozen state keeps.
    var frozenPart: FlowKey {
        var result = FlowKey()
        for word in 0..<32 where self[word: word] != 0 && !Self.carriedWords.contains(word) {
            result[word: word] = self[word: word]
        }
        result.set(.ctMark, 0)
        result.set(.recirculationID, 0)
        return result.withoutOptionList
    }

    /// Puts a frozen state's metadata into the key of the packet that goes on; what the packet carries stays.
    mutating func thaw(_ metadata: FlowKey) {
        for word in 0..<32 where !Self.carriedWords.contains(word) {
            switch word {
            case 19: self[word: word] = metadata[word: word] | self[word: word] & 0xffff_ffff
            case 20: self[word: word] = metadata[word: word] | self[word: word] & 0xffff_ffff
            default: if self[word: word] != metadata[word: word] { self[word: word] = metadata[word: word] }
            }
        }
    }
}

extension Subject {
    /// The frozen state under a number: it changes when the number is given to another.
    static func frozen(_ number: Int32) -> Subject { Subject(key: 5 << 56 | UInt64(UInt32(bitPattern: number))) }
    /// A group of a bridge.
    static func group(bridge: Int32, id: UInt32) -> Subject {
        Subject(key: 6 << 56 | UInt64(UInt32(bitPattern: bridge) & 0xff_ffff) << 32 | UInt64(id))
    }
}
