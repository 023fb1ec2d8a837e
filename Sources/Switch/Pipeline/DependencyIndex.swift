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
    }

    private var nodes: UnsafeMutablePointer<Node>
    private var capacity: Int
    private var used = 0
    private var freeHead: Int32 = -1
    private var heads: [UInt64: Int32] = [:]

    /// Nodes in use.
    private(set) var count = 0

    init() {
        capacity = 1024
        nodes = .allocate(capacity: capacity)
    }

    deinit { nodes.deallocate() }

    /// Notes that `megaflow` asked about `subject`.
    /// - Parameter head: the head of the megaflow's own list, -1 for none; the new head comes back in it.
    mutating func add(_ megaflow: Int32, subject: Subject, head: inout Int32) {
        let index = takeNode()
        let first = heads[subject.key] ?? -1
        (nodes + Int(index)).initialize(
            to: Node(
                megaflow: megaflow, next: first, previous: -1, nextOfMegaflow: head, subject: subject.key))
        if first >= 0 { nodes[Int(first)].previous = index }
        heads[subject.key] = index
        head = index
    }

    /// Forgets a megaflow, given the head of its list.
    mutating func remove(head: Int32) {
        var index = head
        while index >= 0 {
            let node = nodes[Int(index)]
            if node.previous >= 0 {
                nodes[Int(node.previous)].next = node.next
            } else if node.next >= 0 {
                heads[node.subject] = node.next
            } else {
                heads[node.subject] = nil
            }
            if node.next >= 0 { nodes[Int(node.next)].previous = node.previous }
            nodes[Int(index)].next = freeHead
            freeHead = index
            count -= 1
            index = node.nextOfMegaflow
        }
    }

    /// A megaflow that asked about `subject`, or -1.
    func first(_ subject: Subject) -> Int32 {
        guard let head = heads[subject.key] else { return -1 }
        return nodes[Int(head)].megaflow
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
