import Wire

// Several ports that are one to the learning switch.
//
// What: addresses behind any member are behind the bond; a packet to it leaves by one member; a packet that comes in by a
// member that is not meant to take it is dropped, so that none loops back through the switch at the other end.
// Design: the bond learns under the number of one of its members, its station. Each of 256 hash buckets has a member; a
// member that goes leaves its buckets to the others, and those stay where they are (Open vSwitch's lib/bond.c does the
// same). Buckets are not moved by the load on them, and no LACP is spoken: the other end is a static one.

final class Bond {
    struct Member {
        /// Its port's number in the data path.
        var port: Int32
        var name: String
        /// Whether its link is up and nobody has said no.
        var mayEnable: Bool
        var isEnabled: Bool
        /// When `isEnabled` is to become `mayEnable`.
        var changesAt: UInt64?
    }

    static let bucketCount = 256

    let name: String
    var settings: BondSettings
    /// By name.
    var members: [Member]
    /// The port of the member that is used alone, or first; -1: none can be.
    private(set) var active: Int32 = -1
    /// The port of each bucket's member; -1: not yet chosen.
    private var buckets = [Int32](repeating: -1, count: bucketCount)

    init(name: String, settings: BondSettings, members: [Member]) {
        self.name = name
        self.settings = settings
        self.members = members
        chooseActive()
    }

    /// The port that addresses behind the bond are known by.
    var station: Int32 { members.first?.port ?? -1 }

    func place(of port: Int32) -> Int? { members.firstIndex { $0.port == port } }

    // MARK: Members that come and go

    /// The link of a member has come or gone, or somebody has said so.
    func setUp(_ up: Bool, port: Int32, now: UInt64) {
        guard let place = place(of: port), members[place].mayEnable != up else { return }
        members[place].mayEnable = up
        let delay = up ? settings.upDelay : settings.downDelay
        if members[place].isEnabled == up {
            members[place].changesAt = nil
        } else if delay == 0 || (up && !members.contains(where: \.isEnabled)) {
            // Nobody waits for a member that is the only one.
            enable(place, up)
        } else {
            members[place].changesAt = now &+ delay
        }
    }

    /// Uses a member, or uses it no more, until its link changes.
    func enable(_ place: Int, _ on: Bool) {
        members[place].isEnabled = on
        members[place].changesAt = nil
        if !on {
            for bucket in buckets.indices where buckets[bucket] == members[place].port { buckets[bucket] = -1 }
        }
        chooseActive()
    }

    /// Does what delays have held up. - Returns: whether something changed.
    func advance(to now: UInt64) -> Bool {
        var isChanged = false
        for place in members.indices {
            guard let due = members[place].changesAt, due <= now else { continue }
            enable(place, members[place].mayEnable)
            isChanged = true
        }
        return isChanged
    }

    var nextDeadline: UInt64? { members.compactMap(\.changesAt).min() }

    func activate(_ port: Int32) { active = port }

    private func chooseActive() {
        if let primary = settings.primary, let member = members.first(where: { $0.name == primary }), member.isEnabled {
            active = member.port
        } else if !members.contains(where: { $0.port == active && $0.isEnabled }) {
            active = members.first(where: \.isEnabled)?.port ?? -1
        }
    }

    /// Takes new settings and members; what members were stays.
    func update(_ settings: BondSettings, _ wanted: [Member]) {
        self.settings = settings
        members = wanted.map { new in members.first { $0.port == new.port } ?? new }
        for bucket in buckets.indices where place(of: buckets[bucket]) == nil { buckets[bucket] = -1 }
        chooseActive()
    }

    // MARK: Packets

    /// The member for a hash; -1: none.
    func member(of hash: UInt32) -> Int32 {
        let bucket = Int(hash) & (Self.bucketCount - 1)
        if buckets[bucket] < 0 {
            let enabled = members.filter(\.isEnabled)
            guard !enabled.isEmpty else { return -1 }
            buckets[bucket] = enabled[bucket % enabled.count].port
        }
        return buckets[bucket]
    }

    func migrate(bucket: Int, to port: Int32) { buckets[bucket & (Self.bucketCount - 1)] = port }

    /// The bucket of a source address in a VLAN.
    static func hash(address: UInt64, vlan: UInt16, basis: UInt32) -> UInt32 {
        let mixed = foldedProduct(address ^ UInt64(basis) << 16 ^ 0x9e37_79b9_7f4a_7c15, hashMultiplier)
        let value = foldedProduct(mixed ^ UInt64(vlan), hashMultiplier)
        return UInt32(truncatingIfNeeded: value ^ value >> 32)
    }
}
