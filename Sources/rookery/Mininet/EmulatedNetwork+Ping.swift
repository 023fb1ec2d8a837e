import Lab
import Topology

// Mininet's pings, in Mininet's words. All pairs are under way at once, where Mininet sends one after the other; the rows
// of the matrix are printed in order, each word as soon as it and those before it are known.

extension EmulatedNetwork {
    /// Mininet runs `ping -c1`, which waits ten seconds for a reply; five are enough for any link that carries traffic.
    private static let standardTimeout: UInt64 = 5_000_000_000

    /// Pings between all hosts, or between those named.
    /// - Parameter timeout: seconds, as `ping -W` takes them.
    /// - Returns: the share of packets lost, in percent.
    @discardableResult
    func ping(hosts: [String]? = nil, timeout: String? = nil) throws -> Double {
        let results = try pingMatrix(hosts: hosts, timeout: timeout)
        let sent = results.reduce(0) { $0 + max(1, $1.sent) }
        let received = results.reduce(0) { $0 + $1.received }
        guard sent > 0 else {
            log.output("*** Warning: No packets sent\n")
            return 0
        }
        let loss = 100 * Double(sent - received) / Double(sent)
        log.output("*** Results: \(Int(loss))% dropped (\(received)/\(sent) received)\n")
        return loss
    }

    /// The same with round-trip times.
    func pingFull(hosts: [String]? = nil) throws {
        let results = try pingMatrix(hosts: hosts, timeout: nil)
        log.output("*** Results: \n")
        for result in results {
            func milliseconds(_ value: UInt64?) -> String { decimal(Double(value ?? 0) / 1e6, 3) }
            let times = [result.minimum, result.average, result.maximum, result.deviation].map(milliseconds)
            log.output(" \(result.source)->\(result.destination): \(max(1, result.sent))/\(result.received), ")
            log.output("rtt min/avg/max/mdev \(times.joined(separator: "/")) ms\n")
        }
    }

    /// Prints the matrix and returns its results in its order.
    private func pingMatrix(hosts named: [String]?, timeout: String?) throws -> [PingResult] {
        var wait = Self.standardTimeout
        if let text = timeout?.trimmingSpaces, !text.isEmpty {
            guard let seconds = Double(text), seconds > 0, seconds < 3600 else {
                throw CommandError("“\(text)” is no time-out", remedy: "give seconds")
            }
            wait = UInt64(seconds * 1e9)
        }
        let names = named ?? hosts.map(\.name)
        if named == nil { log.output("*** Ping: testing ping reachability\n") }
        let pairs = names.flatMap { source in names.filter { $0 != source }.map { [source, $0] } }
        var matrix = PingMatrix(names: names, log: log)
        guard !pairs.isEmpty else {
            matrix.finish()
            return []
        }
        let client = try LabClient(lab: lab)
        try client.send(.ping(PingRequest(pairs: named == nil ? nil : pairs, timeout: wait)))
        while true {
            // Leaving this function closes the connection, which ends the pings.
            _ = try Interrupts.waitReadable(client.descriptor)
            let (replies, isClosed) = try client.available()
            for reply in replies {
                switch reply {
                case .pinged(let results): for result in results { matrix.add(result) }
                case .failed(let reason): throw LabError(reason)
                case .done:
                    matrix.finish()
                    return matrix.inOrder
                default: continue
                }
            }
            if isClosed { throw LabError("the lab ended while it pinged", kind: .disconnected) }
        }
    }
}

/// Prints the rows of a ping matrix in order while results come in any order.
struct PingMatrix {
    private let names: [String]
    private let places: [String: Int]
    private let log: MininetLog
    private var results: [PingResult?]
    /// The next cell to be printed.
    private var row = 0
    private var column = 0

    init(names: [String], log: MininetLog) {
        self.names = names
        self.log = log
        places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        results = Array(repeating: nil, count: names.count * names.count)
    }

    mutating func add(_ result: PingResult) {
        guard let source = places[result.source], let destination = places[result.destination] else { return }
        results[source * names.count + destination] = result
        advance(upTo: nil)
    }

    /// Prints what is left; a pair without a result is lost.
    mutating func finish() { advance(upTo: names.count) }

    private mutating func advance(upTo end: Int?) {
        var text = ""
        while row < names.count {
            if column == 0 { text += "\(names[row]) -> " }
            if column == names.count {
                text += "\n"
                row += 1
                column = 0
                continue
            }
            if column != row {
                let result = results[row * names.count + column]
                if result == nil, end == nil {
                    // Come back for this cell; the head of the row is printed with its first result.
                    if column == 0 { text.removeLast("\(names[row]) -> ".count) }
                    break
                }
                text += (result?.received ?? 0) > 0 ? "\(names[column]) " : "X "
            }
            column += 1
        }
        if !text.isEmpty { log.output(text) }
    }

    var inOrder: [PingResult] {
        var list: [PingResult] = []
        for source in names.indices {
            for destination in names.indices where source != destination {
                list.append(
                    results[source * names.count + destination]
                        ?? PingResult(source: names[source], destination: names[destination], sent: 1, received: 0))
            }
        }
        return list
    }
}

extension StringProtocol {
    var trimmingSpaces: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
