// The prefixes of one address field among a classifier's rules, by length.
//
// What: a binary trie with compressed paths, at most 64 bits to a node. A lookup answers which prefix lengths have a
// rule's prefix that the address falls in, and how many of the address's bits it takes to know. A subtable whose prefix
// length is not among them need not be looked at, and the megaflow gets only those bits, not the subtable's mask.

/// Prefixes of up to 128 bits, left-aligned, each counted as often as it was inserted.
struct PrefixTrie: ~Copyable {
    private struct Node {
        /// The bits from the parent's depth on, left-aligned; zero behind `length`.
        var bits: UInt64 = 0
        var length: UInt8 = 0
        /// Prefixes that end at this node.
        var count: Int32 = 0
        /// The child whose next bit is 0 or 1; 0: none (the root is nobody's child).
        var zero: Int32 = 0
        var one: Int32 = 0
    }

    /// What a lookup found.
    struct Result {
        /// Bit (length − 1) is set: a prefix of this length (1 to 64; 65 to 128) holds the address.
        var short: UInt64 = 0
        var long: UInt64 = 0
        /// Leading bits of the address that decide that no longer prefix holds it.
        var checked = 0

        /// Whether a prefix of `length` bits (1 to 128) holds the address.
        @inline(__always)
        func has(_ length: Int) -> Bool {
            length <= 64 ? short &>> UInt64(length &- 1) & 1 != 0 : long &>> UInt64(length &- 65) & 1 != 0
        }
    }

    private var nodes: UnsafeMutablePointer<Node>
    private var capacity = 16
    private var used = 1
    private var freeList: Int32 = 0

    init() {
        nodes = .allocate(capacity: capacity)
        nodes.initialize(repeating: Node(), count: capacity)
    }

    deinit { nodes.deallocate() }

    /// Whether there is no prefix.
    var isEmpty: Bool { nodes[0].zero == 0 && nodes[0].one == 0 }

    @inline(__always)
    private static func bits(of address: FieldValue, from depth: Int) -> UInt64 {
        if depth >= 128 { return 0 }
        if depth >= 64 { return address.low &<< UInt64(depth &- 64) }
        if depth == 0 { return address.high }
        return address.high &<< UInt64(depth) | address.low &>> UInt64(64 &- depth)
    }

    @inline(__always)
    private static func leading(_ length: Int) -> UInt64 { length == 0 ? 0 : ~0 &<< UInt64(64 &- length) }

    func lookup(_ address: FieldValue) -> Result {
        var result = Result()
        var node = nodes[0]
        var depth = 0
        while true {
            let next = Self.bits(of: address, from: depth)
            let child = next &>> 63 == 0 ? node.zero : node.one
            if child == 0 {
                result.checked = node.zero | node.one == 0 ? depth : depth &+ 1
                return result
            }
            node = nodes[Int(child)]
            let same = (next ^ node.bits).leadingZeroBitCount
            if same < Int(node.length) {
                result.checked = depth &+ same &+ 1
                return result
            }
            depth &+= Int(node.length)
            if node.count > 0 {
                if depth <= 64 {
                    result.short |= 1 &<< UInt64(depth &- 1)
                } else {
                    result.long |= 1 &<< UInt64(depth &- 65)
                }
            }
        }
    }

    /// Adds the prefix of `length` bits (1 to 128) of `address`.
    mutating func insert(_ address: FieldValue, length: Int) {
        var at: Int32 = 0
        var depth = 0
        while depth < length {
            let next = Self.bits(of: address, from: depth)
            let side = next >> 63
            let child = self.child(of: at, side)
            let wanted = min(64, length - depth)
            if child == 0 {
                let fresh = allocate()
                nodes[Int(fresh)] = Node(bits: next & Self.leading(wanted), length: UInt8(wanted))
                setChild(of: at, side, fresh)
                at = fresh
                depth += wanted
                continue
            }
            let node = nodes[Int(child)]
            let same = min((next ^ node.bits).leadingZeroBitCount, Int(node.length), wanted)
            if same < Int(node.length) {
                // The child's path parts from ours, or ours ends on it: split it.
                let middle = allocate()
                nodes[Int(middle)] = Node(bits: node.bits & Self.leading(same), length: UInt8(same))
                nodes[Int(child)].bits = node.bits << UInt64(same)
                nodes[Int(child)].length = node.length - UInt8(same)
                setChild(of: middle, nodes[Int(child)].bits >> 63, child)
                setChild(of: at, side, middle)
                at = middle
            } else {
                at = child
            }
            depth += same
        }
        nodes[Int(at)].count += 1
    }

    /// Takes away a prefix that was inserted.
    mutating func remove(_ address: FieldValue, length: Int) {
        var path: [129 of Int32] = InlineArray(repeating: 0)
        var height = 0
        var depth = 0
        while depth < length {
            let next = Self.bits(of: address, from: depth)
            let child = self.child(of: path[height], next >> 63)
            precondition(child != 0, "a prefix that was never inserted")
            height += 1
            path[height] = child
            depth += Int(nodes[Int(child)].length)
        }
        precondition(depth == length && nodes[Int(path[height])].count > 0, "a prefix that was never inserted")
        nodes[Int(path[height])].count -= 1
        while height > 0 {
            let at = path[height]
            let node = nodes[Int(at)]
            if node.count > 0 || (node.zero != 0 && node.one != 0) { return }
            let only = node.zero | node.one
            let parent = path[height - 1]
            if only == 0 {
                setChild(of: parent, node.bits >> 63, 0)
            } else {
                let below = nodes[Int(only)]
                guard Int(node.length) + Int(below.length) <= 64 else { return }
                nodes[Int(only)].bits = node.bits | below.bits >> UInt64(node.length)
                nodes[Int(only)].length = node.length + below.length
                setChild(of: parent, node.bits >> 63, only)
            }
            nodes[Int(at)] = Node(zero: freeList)
            freeList = at
            height -= 1
        }
    }

    private func child(of node: Int32, _ side: UInt64) -> Int32 {
        side == 0 ? nodes[Int(node)].zero : nodes[Int(node)].one
    }

    private func setChild(of node: Int32, _ side: UInt64, _ child: Int32) {
        if side == 0 { nodes[Int(node)].zero = child } else { nodes[Int(node)].one = child }
    }

    private mutating func allocate() -> Int32 {
        if freeList != 0 {
            let node = freeList
            freeList = nodes[Int(node)].zero
            return node
        }
        if used == capacity {
            let grown = UnsafeMutablePointer<Node>.allocate(capacity: capacity * 2)
            grown.initialize(repeating: Node(), count: capacity * 2)
            grown.update(from: nodes, count: used)
            nodes.deallocate()
            nodes = grown
            capacity *= 2
        }
        used += 1
        return Int32(used - 1)
    }
}
