import Testbed
import Testing

@testable import Switch

/// A deterministic network of `SpanningTree` bridges: links with a delay, an event queue, and a check after every event
/// that no frame could go round.
struct SpanningTreeNetwork {
    struct Attachment {
        var bridge: Int
        var port: UInt16
    }

    struct Link {
        var a: Attachment
        var b: Attachment
        var isUp = false
        /// Counts losses of the link, so that frames in flight when it goes down are lost.
        var epoch = 0
        /// When the last frame in each direction arrives: a link does not reorder.
        var lastArrival: (fromA: UInt64, fromB: UInt64) = (0, 0)
    }

    struct Delivery {
        var time: UInt64
        var order: UInt64
        var to: Attachment
        var link: Int
        var epoch: Int
        var frame: [UInt8]
    }

    var bridges: [SpanningTree] = []
    var links: [Link] = []
    /// Forwarding, by bridge and port number.
    var forwarding: [[Bool]] = []
    var linkOfPort: [[Int]] = []
    var queue = DeliveryQueue()
    var now: UInt64 = 1_000_000_000
    var random: SeededGenerator
    /// Delay of a hop and its random part, in nanoseconds.
    var delay: UInt64 = 50_000
    var jitter: UInt64 = 5_000
    var timing: SpanningTree.Parameters
    /// Moments at which frames could have gone round.
    var loops = 0
    var checksLoops = true
    var transmitted = 0
    /// When a port last changed its state.
    var lastChange: UInt64 = 0
    var processed = 0

    init(seed: UInt64, timing: SpanningTree.Parameters = .emulated) {
        random = SeededGenerator(seed: seed)
        self.timing = timing
    }

    /// Bridges with distinct addresses in random order, so that the root is anywhere.
    static func make(
        bridges count: Int, edges: [(Int, Int)], seed: UInt64, timing: SpanningTree.Parameters = .emulated
    ) -> SpanningTreeNetwork {
        var network = SpanningTreeNetwork(seed: seed, timing: timing)
        var addresses = (0..<count).map { 0x0200_0000_0001 + UInt64($0) }
        for index in stride(from: count - 1, to: 0, by: -1) {
            addresses.swapAt(index, network.random.below(index + 1))
        }
        for address in addresses { network.addBridge(address: address) }
        for (a, b) in edges { network.connect(a, b) }
        return network
    }

    mutating func addBridge(address: UInt64, priority: UInt16 = 32768) {
        bridges.append(SpanningTree(bridgeAddress: address, priority: priority, parameters: timing))
        forwarding.append([false])
        linkOfPort.append([-1])
    }

    @discardableResult
    mutating func addPort(
        _ bridge: Int, cost: UInt32 = 2000, edge: Bool = false, autoEdge: Bool = true, pointToPoint: Bool = true
    ) -> UInt16 {
        let number = UInt16(forwarding[bridge].count)
        bridges[bridge].addPort(
            number: number, pathCost: cost, adminEdge: edge, autoEdge: autoEdge, pointToPoint: pointToPoint)
        forwarding[bridge].append(false)
        linkOfPort[bridge].append(-1)
        return number
    }

    @discardableResult
    mutating func connect(_ a: Int, _ b: Int, cost: UInt32 = 2000) -> Int {
        let link = Link(
            a: Attachment(bridge: a, port: addPort(a, cost: cost)),
            b: Attachment(bridge: b, port: addPort(b, cost: cost)))
        links.append(link)
        linkOfPort[a][Int(link.a.port)] = links.count - 1
        linkOfPort[b][Int(link.b.port)] = links.count - 1
        return links.count - 1
    }

    mutating func setLink(_ index: Int, up: Bool) {
        links[index].isUp = up
        if !up { links[index].epoch += 1 }
        for end in [links[index].a, links[index].b] {
            bridges[end.bridge].setPortEnabled(end.port, up, now: now)
            carryOut(end.bridge)
        }
    }

    mutating func startAll() {
        for link in links.indices { setLink(link, up: true) }
    }

    /// Every link of a bridge goes down.
    mutating func fail(bridge: Int) {
        for link in links.indices where links[link].a.bridge == bridge || links[link].b.bridge == bridge {
            setLink(link, up: false)
        }
    }

    /// Runs until `end`; every deadline and every delivery in the order of time.
    mutating func run(until end: UInt64) {
        while true {
            var next = queue.first?.time ?? .max
            var timerBridge: Int?
            for bridge in bridges.indices {
                if let deadline = bridges[bridge].nextDeadline, deadline < next {
                    next = deadline
                    timerBridge = bridge
                }
            }
            guard next <= end else { break }
            now = max(now, next)
            processed += 1
            if let bridge = timerBridge {
                bridges[bridge].advance(to: now)
                carryOut(bridge)
            } else if let delivery = queue.removeFirst(), links[delivery.link].epoch == delivery.epoch {
                let (to, time) = (delivery.to, now)
                delivery.frame.withUnsafeBytes { frame in
                    _ = bridges[to.bridge].receive(frame: frame, on: to.port, now: time)
                }
                carryOut(to.bridge)
            }
        }
        now = end
    }

    mutating func run(for duration: UInt64) { run(until: now + duration) }

    mutating func carryOut(_ bridge: Int) {
        var changed = false
        for event in bridges[bridge].drainEvents() {
            switch event {
            case .transmit(let port, let frame):
                transmitted += 1
                let index = linkOfPort[bridge][Int(port)]
                guard index >= 0, links[index].isUp else { continue }
                let link = links[index]
                let isFromA = link.a.bridge == bridge && link.a.port == port
                var arrival = now + delay + (jitter > 0 ? random.next() % jitter : 0)
                if isFromA {
                    arrival = max(arrival, link.lastArrival.fromA)
                    links[index].lastArrival.fromA = arrival
                } else {
                    arrival = max(arrival, link.lastArrival.fromB)
                    links[index].lastArrival.fromB = arrival
                }
                queue.insert(
                    Delivery(
                        time: arrival, order: 0, to: isFromA ? link.b : link.a, link: index, epoch: link.epoch,
                        frame: frame))
            case .portState(let port, _, let state):
                if forwarding[bridge][Int(port)] != (state == .forwarding) {
                    forwarding[bridge][Int(port)] = state == .forwarding
                    changed = true
                    lastChange = now
                }
            case .flush, .topologyChange:
                break
            }
        }
        if changed, checksLoops, hasLoop() { loops += 1 }
    }

    /// The links over which data passes both ways.
    func activeLinks() -> [Int] {
        links.indices.filter {
            let link = links[$0]
            return link.isUp && forwarding[link.a.bridge][Int(link.a.port)]
                && forwarding[link.b.bridge][Int(link.b.port)]
        }
    }

    private func components(joining selected: [Int]) -> (count: Int, hasLoop: Bool, roots: [Int]) {
        var parent = Array(bridges.indices)
        func find(_ node: Int) -> Int {
            var node = node
            while parent[node] != node { node = parent[node] }
            return node
        }
        var count = bridges.count
        var hasLoop = false
        for link in selected {
            let (a, b) = (find(links[link].a.bridge), find(links[link].b.bridge))
            if a == b {
                hasLoop = true
            } else {
                parent[a] = b
                count -= 1
            }
        }
        return (count, hasLoop, bridges.indices.map(find))
    }

    func hasLoop() -> Bool { components(joining: activeLinks()).hasLoop }

    /// Whether data passes along a spanning tree of each part that hangs together, with one root known to all of it.
    func isConverged() -> Bool {
        let physical = components(joining: links.indices.filter { links[$0].isUp })
        let active = components(joining: activeLinks())
        guard !active.hasLoop, active.count == physical.count else { return false }
        var rootOfPart: [Int: UInt64] = [:]
        for bridge in bridges.indices {
            let part = physical.roots[bridge]
            rootOfPart[part] = min(rootOfPart[part] ?? .max, bridges[bridge].bridgeID)
        }
        return bridges.indices.allSatisfy { bridges[$0].status.rootID == rootOfPart[physical.roots[$0]] }
    }

    /// A queue in order of time and, at the same time, of insertion: a binary heap.
    struct DeliveryQueue {
        private var heap: [Delivery] = []
        private var inserted: UInt64 = 0

        var first: Delivery? { heap.first }

        private func precedes(_ a: Int, _ b: Int) -> Bool {
            (heap[a].time, heap[a].order) < (heap[b].time, heap[b].order)
        }

        mutating func insert(_ delivery: Delivery) {
            heap.append(delivery)
            inserted += 1
            heap[heap.count - 1].order = inserted
            var child = heap.count - 1
            while child > 0, precedes(child, (child - 1) / 2) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }

        mutating func removeFirst() -> Delivery? {
            guard let result = heap.first else { return nil }
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            var node = 0
            while true {
                var least = node
                for child in [2 * node + 1, 2 * node + 2] where child < heap.count && precedes(child, least) {
                    least = child
                }
                guard least != node else { return result }
                heap.swapAt(node, least)
                node = least
            }
        }
    }
}

/// Edges of the topologies under test.
enum SpanningTreeTopology {
    static func ring(_ count: Int) -> [(Int, Int)] { (0..<count).map { ($0, ($0 + 1) % count) } }

    static func torus(_ width: Int, _ height: Int) -> [(Int, Int)] {
        (0..<width * height).flatMap { node in
            let (x, y) = (node % width, node / width)
            return [(node, (x + 1) % width + y * width), (node, x + (y + 1) % height * width)]
        }
    }

    static func mesh(_ count: Int) -> [(Int, Int)] {
        (0..<count).flatMap { a in ((a + 1)..<count).map { (a, $0) } }
    }

    /// A random tree and some more links, parallel ones possible.
    static func random(_ count: Int, extra: Int, seed: UInt64) -> [(Int, Int)] {
        var random = SeededGenerator(seed: seed)
        var edges = (1..<count).map { ($0, random.below($0)) }
        while edges.count < count - 1 + extra {
            let (a, b) = (random.below(count), random.below(count))
            if a != b { edges.append((a, b)) }
        }
        return edges
    }
}
