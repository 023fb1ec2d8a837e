import Glibc
import HostNetwork
import Linux
import Synchronization
import Topology
import Wire

// Pings between many hosts at once.
//
// Design: every source host has one raw ICMP socket, opened in its network namespace; all sockets are read in one epoll
// loop. A socket's sequence numbers tell the requests of its host apart (a reply is matched by socket and sequence
// number; duplicates and late replies find nothing and are counted as such or dropped). All time-outs are equal and so
// are all intervals, so both wait in plain queues, and nothing is sorted.
// Pairs are taken diagonally (every host to its next, then to its next but one …), so that load is spread over all hosts.

/// Carries out one `PingRequest`.
struct PingEngine {
    private struct Pair {
        let source: Int
        let destination: Int
        var sent = 0
        var received = 0
        var minimum = UInt64.max
        var maximum: UInt64 = 0
        var sum = 0.0
        var sumOfSquares = 0.0
        var error: String?
        /// Requests that are neither answered nor given up.
        var waiting = 0
    }

    private struct Outstanding {
        let pair: Int
        let sentAt: UInt64
    }

    private let names: [String]
    /// What each host has for addresses now, those of its loopback last.
    private let addresses: [[HostPrefix]]
    private let sockets: [EchoSocket?]
    private var pairs: [Pair] = []
    let request: PingRequest
    let supervisor: Supervisor
    /// Pairs that a virtual machine pings, by its place among the hosts.
    private var guestPairs: [(guest: Host, source: Int, destinations: [Int])] = []
    private let identifier: UInt16
    private let readiness: Readiness

    /// By socket and sequence number.
    private var outstanding: [UInt64: Outstanding] = [:]
    private var timeouts = Queue<(at: UInt64, key: UInt64)>()
    private var nextRequests = Queue<(at: UInt64, pair: Int)>()
    private var nextSequence: [UInt16]
    private var finished: [PingResult] = []
    /// While they are there, hosts learn from announcements.
    private var announcements: [NeighbourAnnouncement] = []

    init(_ supervisor: Supervisor, _ request: PingRequest) throws(LabError) {
        guard request.count > 0, request.parallelism > 0 else {
            throw LabError("ping: count and parallelism must be at least 1")
        }
        self.request = request
        self.supervisor = supervisor
        let lab = supervisor.topology.withLock { $0 }
        let nodes = lab.nodes.filter(\.isHost)
        let index = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.name, $0) })
        var wanted: [(Int, Int)] = []
        if let named = request.pairs {
            for pair in named {
                guard pair.count == 2 else { throw LabError("ping: a pair has two hosts, not \(pair.count)") }
                // Says what is wrong with the name, if anything is.
                _ = (try supervisor.host(pair[0]), try supervisor.host(pair[1]))
                guard let source = index[pair[0]], let destination = index[pair[1]] else { continue }
                wanted.append((source, destination))
            }
        } else if nodes.count > 1 {
            for distance in 1..<nodes.count {
                for source in nodes.indices { wanted.append((source, (source + distance) % nodes.count)) }
            }
        }
        names = nodes.map(\.name)
        var involved: Set<Int> = []
        for (source, destination) in wanted { involved.formUnion([source, destination]) }
        let found = try Host.addresses(
            of: involved.map { (index) throws(LabError) in try supervisor.host(nodes[index].name) })
        addresses = nodes.map { node in
            let all = found[node.name] ?? []
            return (all.filter { $0.interface != "lo" } + all.filter { $0.interface == "lo" }).map(\.prefix)
        }
        identifier = UInt16(truncatingIfNeeded: MonotonicClock.now() / 1000)
        nextSequence = Array(repeating: 1, count: nodes.count)
        let readiness = try labelled { () throws(SystemError) in Readiness(try Epoll()) }
        var sockets = [EchoSocket?](repeating: nil, count: nodes.count)
        for source in Set(wanted.map(\.0)).sorted() {
            let host = try supervisor.host(nodes[source].name)
            if host.machine != nil {
                guestPairs.append((host, source, wanted.filter { $0.0 == source }.map(\.1)))
                wanted.removeAll { $0.0 == source }
                continue
            }
            let socket = try EchoSocket(
                in: supervisor.host(nodes[source].name), isIPv6: request.ipv6, identifier: identifier)
            try labelled { () throws(SystemError) in
                try readiness.epoll.add(socket.descriptor.rawValue, .readable, token: UInt64(source))
            }
            sockets[source] = socket
        }
        self.sockets = sockets
        if !request.ipv6, wanted.count >= NeighbourAnnouncement.leastPairs {
            for source in Set(wanted.map(\.0)) {
                announcements.append(try NeighbourAnnouncement(of: supervisor.host(nodes[source].name)))
            }
        }
        self.readiness = readiness
        pairs = wanted.map { Pair(source: $0.0, destination: $0.1) }
    }

    /// Sends, receives, and hands results over as pairs end. What `report` throws ends the run.
    mutating func run(_ report: ([PingResult]) throws(LabError) -> Void) throws(LabError) {
        var started = 0
        var active = 0
        var lastReport = MonotonicClock.now()
        for announcement in announcements { announcement.send() }
        while started < pairs.count || active > 0 {
            while active < request.parallelism, started < pairs.count {
                active += 1
                active -= send(pair: started)
                started += 1
            }
            let now = MonotonicClock.now()
            while let next = nextRequests.first, next.at <= now {
                nextRequests.removeFirst()
                active -= send(pair: next.pair)
            }
            active -= giveUp(now: now)
            active -= try wait(now: now, isIdle: active == 0)
            if finished.count >= 512 || !finished.isEmpty && MonotonicClock.now() > lastReport + 100_000_000 {
                lastReport = MonotonicClock.now()
                try report(finished)
                finished = []
            }
        }
        if !finished.isEmpty { try report(finished) }
        for (guest, source, destinations) in guestPairs {
            try report(results(of: guest, destinations.map { (names[$0], target(source, $0)) }))
        }
    }

    /// Waits for replies until the next thing is due. Returns the number of pairs that ended.
    private mutating func wait(now: UInt64, isIdle: Bool) throws(LabError) -> Int {
        if isIdle { return 0 }
        var deadline = timeouts.first?.at ?? .max
        if let next = nextRequests.first { deadline = min(deadline, next.at) }
        let pause = deadline > now ? (deadline - now + 999_999) / 1_000_000 : 0
        var ready: [Int] = []
        readiness.epoll.wait(timeoutMilliseconds: Int32(clamping: min(pause, 1000))) { ready.append(Int($0.token)) }
        var ended = 0
        for source in ready {
            while let (sequence, receivedAt) = sockets[source]?.receive() {
                let key = UInt64(source) << 16 | UInt64(sequence)
                guard let request = outstanding.removeValue(forKey: key) else { continue }
                ended += noteReply(request, receivedAt: receivedAt)
            }
        }
        return ended
    }

    private mutating func noteReply(_ request: Outstanding, receivedAt: UInt64) -> Int {
        let time = receivedAt &- min(receivedAt, request.sentAt)
        pairs[request.pair].received += 1
        pairs[request.pair].minimum = min(pairs[request.pair].minimum, time)
        pairs[request.pair].maximum = max(pairs[request.pair].maximum, time)
        pairs[request.pair].sum += Double(time)
        pairs[request.pair].sumOfSquares += Double(time) * Double(time)
        pairs[request.pair].waiting -= 1
        return goOn(request.pair)
    }

    /// What comes after an answer or its absence: the pair's next request, after the interval, or its end. One request
    /// is under way at a time, so that only the first of a pair pays for finding the neighbour's address.
    private mutating func goOn(_ pair: Int) -> Int {
        if pairs[pair].sent < request.count {
            nextRequests.append((MonotonicClock.now() + request.interval, pair))
            return 0
        }
        return finishIfDone(pair)
    }

    private mutating func giveUp(now: UInt64) -> Int {
        var ended = 0
        while let (at, key) = timeouts.first, at <= now || outstanding[key] == nil {
            timeouts.removeFirst()
            guard let request = outstanding.removeValue(forKey: key) else { continue }
            pairs[request.pair].waiting -= 1
            ended += goOn(request.pair)
        }
        return ended
    }

    /// Sends a pair's next request. Returns 1 where that ends the pair, for it could not be sent, else 0.
    private mutating func send(pair: Int) -> Int {
        let (source, destination) = (pairs[pair].source, pairs[pair].destination)
        guard let socket = sockets[source] else { return 0 }
        guard let address = target(source, destination) else {
            pairs[pair].error = "\(names[destination]) has no \(request.ipv6 ? "IPv6" : "IPv4") address"
            pairs[pair].sent = request.count
            return finishIfDone(pair)
        }
        let sequence = nextSequence[source]
        nextSequence[source] &+= 1
        let key = UInt64(source) << 16 | UInt64(sequence)
        // A socket's numbers have come round: what still waits under this one is given up.
        if let old = outstanding.removeValue(forKey: key) { pairs[old.pair].waiting -= 1 }
        pairs[pair].sent += 1
        let sentAt = WallClock.now()
        if let code = socket.send(to: address, sequence: sequence) {
            pairs[pair].error = code.description
            return goOn(pair)
        }
        pairs[pair].waiting += 1
        outstanding[key] = Outstanding(pair: pair, sentAt: sentAt)
        timeouts.append((MonotonicClock.now() + request.timeout, key))
        return 0
    }

    private mutating func finishIfDone(_ number: Int) -> Int {
        let pair = pairs[number]
        guard pair.sent >= request.count, pair.waiting == 0 else { return 0 }
        var result = PingResult(
            source: names[pair.source], destination: names[pair.destination], sent: pair.sent,
            received: pair.received, error: pair.error)
        if pair.received > 0 {
            let count = Double(pair.received)
            let mean = pair.sum / count
            result.minimum = pair.minimum
            result.maximum = pair.maximum
            result.average = UInt64(mean)
            result.deviation = UInt64(max(0, pair.sumOfSquares / count - mean * mean).squareRoot())
        }
        finished.append(result)
        return 1
    }

    /// The destination's first address on a subnet of the source's, else its first.
    private func target(_ source: Int, _ destination: Int) -> HostAddress? {
        func ofFamily(_ prefix: HostPrefix) -> Bool {
            if case .v6 = prefix.address { return request.ipv6 }
            return !request.ipv6
        }
        let own = addresses[source].filter(ofFamily)
        let candidates = addresses[destination].filter(ofFamily)
        return (candidates.first { candidate in own.contains { $0.contains(candidate.address) } } ?? candidates.first)?
            .address
    }
}

extension HostPrefix {
    /// Whether `other` lies in the network of this address.
    fileprivate func contains(_ other: HostAddress) -> Bool {
        switch (address, other) {
        case (.v4(let own), .v4(let other)): IPv4Prefix(own, length: length).contains(other)
        case (.v6(let own), .v6(let other)): IPv6Prefix(own, length: length).contains(other)
        default: false
        }
    }
}

/// An epoll instance that can be a part of something copyable.
private final class Readiness {
    let epoll: Epoll
    init(_ epoll: consuming Epoll) { self.epoll = epoll }
}

/// First in, first out.
private struct Queue<Element> {
    private var elements: [Element] = []
    private var start = 0

    var first: Element? { start < elements.count ? elements[start] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() {
        start += 1
        if start > 1024, start * 2 > elements.count {
            elements.removeFirst(start)
            start = 0
        }
    }
}
