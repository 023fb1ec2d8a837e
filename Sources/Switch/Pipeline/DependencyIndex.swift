// Which cached megaflows must go when something changes.
//
// What: a megaflow remembers the answer to everything that its translation asked: the tables that it looked up, the
// addresses that it found or missed, the states of the ports and links on its way. Each of these is a *subject*. The
// index holds, for each subject, the megaflows that asked about it, so that a change removes exactly these, before the
// next packet is looked up.
// Design: lists through a pool of nodes, each node in two lists: the subject's (doubly linked, so that a megaflow
// that goes takes its nodes out in constant time) and the megaflow's own.
// Subjects are 64-bit keys; two subjects that share a key would only remove a megaflow too many.

/// Something that a translation asked about.
public struct Subject: Hashable, Sendable {
    let key: UInt64

    /// The flows of one table of a bridge.
    static func table(bridge: Int32, table: UInt8) -> Subject {
        Subject(key: 1 << 56 | UInt64(UInt32(bitPattern: bridge)) << 8 | UInt64(table))
    }
    /// The same, of look-ups that may have seen another packet than the megaflow's: behind changes, or in a later bridge.
    static func changedTable(bridge: Int32, table: UInt8) -> Subject {
        Subject(key: 0x21 << 56 | UInt64(UInt32(bitPattern: bridge)) << 8 | UInt64(table))
    }
    /// A meter of a bridge.
    static func meter(bridge: Int32, id: UInt32) -> Subject {
        Subject(key: 0x22 << 56 | UInt64(UInt32(bitPattern: bridge) & 0xff_ffff) << 32 | UInt64(id))
    }
    /// The set of ports of a bridge, their VLANs, their spanning-tree states and the links behind them.
    static func ports(bridge: Int32) -> Subject {
        Subject(key: 2 << 56 | UInt64(UInt32(bitPattern: bridge)))
    }
    /// What a bridge knows about an address in a VLAN.
    static func address(bridge: Int32, vlan: UInt16, mac: UInt64) -> Subject {
        // 48 bits of address and 12 of VLAN leave no room for the bridge: mixed in, one subject in 2^56 is taken for another.
        let mixed =
            (mac ^ UInt64(vlan) << 48) &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(UInt32(bitPattern: bridge))
            &* 0xd6e8_feb8_6659_fd93
        return Subject(key: 3 << 56 | mixed >> 8)
    }
    /// The ports of a bridge behind which multicast routers are.
    static func routers(bridge: Int32) -> Subject {
        Subject(key: 4 << 56 | UInt64(UInt32(bitPattern: bridge)))
    }
}

struct DependencyIndex: ~Copyable {
    private struct Node {
        var megaflow: Int32
        var next: Int32
        var previous: Int32
        var nextOfMegaflow: Int32
        var subject: UInt64
        /// Of a look-up in a table: `LookupView`.
        var changedWords: UInt64
        var inPort: UInt32
    }

    private struct List {
        var head: Int32
        var count: Int32
    }

    private var nodes: UnsafeMutablePointer<Node>
    private var capacity: Int
    private var used = 0
    private var freeHead: Int32 = -1
    private var lists: [UInt64: List] = [:]

    /// Nodes in use.
    private(set) var count = 0

    init() {
        capacity = 1024
        nodes = .allocate(capacity: capacity)
    }

    deinit { nodes.deallocate() }

    /// Notes that `megaflow` asked about `subject`.
    /// - Parameters:
    ///   - view: of a look-up in a table, what the table saw of the packet.
    ///   - head: the head of the megaflow's own list, -1 for none; the new head comes back in it.
    mutating func add(_ megaflow: Int32, subject: Subject, view: LookupView = LookupView(), head: inout Int32) {
        let index = takeNode()
        let list = lists[subject.key] ?? List(head: -1, count: 0)
        (nodes + Int(index)).initialize(
            to: Node(
                megaflow: megaflow, next: list.head, previous: -1, nextOfMegaflow: head, subject: subject.key,
                changedWords: view.changedWords, inPort: view.inPort))
        if list.head >= 0 { nodes[Int(list.head)].previous = index }
        lists[subject.key] = List(head: index, count: list.count + 1)
        head = index
    }

    /// Forgets a megaflow, given the head of its list.
    mutating func remove(head: Int32) {
        var index = head
        while index >= 0 {
            let node = nodes[Int(index)]
            if node.previous >= 0 { nodes[Int(node.previous)].next = node.next }
            if node.next >= 0 { nodes[Int(node.next)].previous = node.previous }
            if let place = lists.index(forKey: node.subject) {
                if lists.values[place].count == 1 {
                    lists.remove(at: place)
                } else {
                    lists.values[place].count -= 1
                    if node.previous < 0 { lists.values[place].head = node.next }
                }
            }
            nodes[Int(index)].next = freeHead
            freeHead = index
            count -= 1
            index = node.nextOfMegaflow
        }
    }

    /// A megaflow that asked about `subject`, or -1.
    func first(_ subject: Subject) -> Int32 {
        guard let list = lists[subject.key] else { return -1 }
        return nodes[Int(list.head)].megaflow
    }

    /// How many megaflows asked about `subject`.
    func count(_ subject: Subject) -> Int { Int(lists[subject.key]?.count ?? 0) }

    /// Whether a megaflow, given the head of its list, asked about `subject`.
    func contains(_ subject: Subject, head: Int32) -> Bool {
        var index = head
        while index >= 0 {
            if nodes[Int(index)].subject == subject.key { return true }
            index = nodes[Int(index)].nextOfMegaflow
        }
        return false
    }

    /// Calls `body` with each megaflow that asked about `subject`. The index must not be changed meanwhile.
    func forEach(_ subject: Subject, _ body: (Int32, LookupView) -> Void) {
        var index = lists[subject.key]?.head ?? -1
        while index >= 0 {
            let node = nodes[Int(index)]
            body(node.megaflow, LookupView(changedWords: node.changedWords, inPort: node.inPort))
            index = node.next
        }
    }

    private mutating func takeNode() -> Int32 {
        count += 1
        if freeHead >= 0 {
            let index = freeHead
            freeHead = nodes[Int(index)].next
            return index
        }
        if used == capacity {
            let larger = UnsafeMutablePointer<Node>.allocate(capacity: capacity * 2)
            larger.moveInitialize(from: nodes, count: used)
            nodes.deallocate()
            nodes = larger
            capacity *= 2
        }
        used += 1
        return Int32(used - 1)
    }
}
