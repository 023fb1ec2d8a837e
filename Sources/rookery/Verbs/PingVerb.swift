import ArgumentParser
import Lab
import Topology

struct PingVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Ping between hosts, many pairs at once.",
        usage: "rookery ping [-n <lab>] [<host> <host> ...] [-c <count>]",
        discussion: """
            Echo requests leave from the hosts' own network stacks.
              rookery ping              every pair of hosts
              rookery ping h1 h2        one pair, with round-trip times
              rookery ping --expect     against what the links' delays promise
            """)

    @OptionGroup var lab: LabOption
    @Argument(help: "Source and destination; every pair of these where there are more.") var hosts: [String] = []
    @Flag(help: "All pairs of hosts (the default without names).") var all = false
    @Option(name: [.customShort("c"), .long], help: "Requests for each pair.") var count = 1
    @Option(name: [.customShort("W"), .long], help: "How long a reply may take.") var timeout = "2s"
    @Option(name: [.customShort("i"), .long], help: "Between the requests of a pair.") var interval = "10ms"
    @Flag(name: [.customShort("6"), .long], help: "IPv6.") var ipv6 = false
    @Flag(help: "Compare with the delays of the links on the way.") var expect = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if count < 1 { throw ValidationError("-c takes a number from 1") }
        if all, !hosts.isEmpty { throw ValidationError("--all takes every pair: leave the names out") }
        if hosts.count == 1 { throw ValidationError("ping needs two hosts, or none for all of them") }
    }

    func run() throws {
        var pairs: [[String]]?
        if hosts.count == 2 {
            pairs = [hosts]
        } else if !hosts.isEmpty {
            pairs = hosts.flatMap { source in hosts.filter { $0 != source }.map { [source, $0] } }
        }
        // The first request of a pair also waits for its neighbour's address: against an expectation it says little.
        let requests = expect ? max(count, 2) : count
        let request: PingRequest
        do throws(TopologyError) {
            request = PingRequest(
                pairs: pairs, count: requests, timeout: try Units.time(timeout), interval: try Units.time(interval),
                ipv6: ipv6)
        } catch {
            throw CommandError.usage("ping: \(error.description)")
        }
        var results: [PingResult] = []
        let client = try lab.connect()
        try client.request(.ping(request)) { if case .pinged(let more) = $0 { results += more } }
        let sent = results.reduce(0) { $0 + $1.sent }
        let received = results.reduce(0) { $0 + $1.received }
        // Nothing is sent from guests that take no commands; that fails where it was asked for by name.
        let failed = results.contains { $0.received == 0 && ($0.sent > 0 || pairs != nil) }
        if json {
            try Standard.output.writeJSON(results)
        } else if expect {
            try ExpectedRoundTrips(client).show(results)
        } else {
            show(results, sent: sent, received: received)
        }
        if failed { throw ProgramEnd(status: 1) }
    }

    private func show(_ results: [PingResult], sent: Int, received: Int) {
        // Of many pairs only those that have something to tell.
        let shown = results.count <= 64 ? results : results.filter { $0.received < $0.sent || $0.error != nil }
        var table = Table([
            .init("FROM", rigid: true), .init("TO", rigid: true), .init("RECEIVED", .right), .init("MIN", .right),
            .init("AVERAGE", .right), .init("MAX", .right), .init("DEVIATION", .right), .init(""),
        ])
        func time(_ value: UInt64?) -> String { value.map(Readable.time) ?? "-" }
        for result in shown {
            table.add(
                result.source, result.destination, "\(result.received)/\(result.sent)", time(result.minimum),
                time(result.average), time(result.maximum), time(result.deviation), result.error ?? "")
        }
        if !table.isEmpty { table.write() }
        let lost = sent - received
        let share = sent == 0 ? 0 : Double(lost) / Double(sent)
        Standard.output.write("\(results.count) pairs, \(Readable.share(share)) lost (\(received)/\(sent) received)\n")
    }
}
