import HostNetwork
import Topology

/// Pings that a virtual machine sends: its own `ping`, one destination after the other.
struct GuestPing {
    /// What the guest's summary says of one destination.
    struct Summary: Equatable {
        var sent = 0
        var received = 0
        /// Nanoseconds.
        var minimum: UInt64?
        var average: UInt64?
        var maximum: UInt64?
    }

    /// A shell's line that asks each address, quietly, `count` times.
    static func command(_ addresses: [HostAddress], count: Int, timeout: UInt64, isIPv6: Bool) -> String {
        let seconds = max(1, (timeout + 999_999_999) / 1_000_000_000)
        let program = isIPv6 ? "ping6" : "ping"
        let list = addresses.map(\.description).joined(separator: " ")
        return "for a in \(list); do \(program) -q -c \(count) -W \(seconds) $a || true; done"
    }

    /// Reads the summaries in their order: "1 packets transmitted, 1 packets received, …" and, where something was,
    /// "round-trip min/avg/max = 0.1/0.2/0.3 ms" (iputils adds the deviation, and says rtt).
    static func summaries(_ output: String) -> [Summary] {
        var found: [Summary] = []
        for line in output.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "," }
            if let place = words.firstIndex(of: "transmitted"), place >= 2, let sent = Int(words[place - 2]) {
                var summary = Summary(sent: sent)
                if let end = words.firstIndex(of: "received"), end > place {
                    // "1 packets received" or "1 received".
                    summary.received = Int(words[end - 1]) ?? Int(words[end - 2]) ?? 0
                }
                found.append(summary)
            } else if line.contains("min/avg/max"), let equals = line.firstIndex(of: "="), !found.isEmpty {
                let numbers = line[line.index(after: equals)...].split { $0 == "/" || $0 == " " }
                    .compactMap { Double($0) }.map { UInt64($0 * 1e6) }
                guard numbers.count >= 3 else { continue }
                found[found.count - 1].minimum = numbers[0]
                found[found.count - 1].average = numbers[1]
                found[found.count - 1].maximum = numbers[2]
            }
        }
        return found
    }
}

extension PingEngine {
    /// Has a guest ping its destinations. What the guest does not answer counts as lost.
    func results(of guest: Host, _ destinations: [(name: String, address: HostAddress?)]) -> [PingResult] {
        if let machine = guest.machine, !machine.takesCommandsNow {
            // Nothing was sent, so nothing is lost.
            return destinations.map {
                PingResult(
                    source: guest.node.name, destination: $0.name, sent: 0, received: 0,
                    error: machine.takesCommands ? "its guest is not up yet" : "its guest takes no commands")
            }
        }
        let reachable = destinations.compactMap(\.address)
        var summaries: [GuestPing.Summary] = []
        var failure: String?
        if !reachable.isEmpty {
            let command = GuestPing.command(
                reachable, count: request.count, timeout: request.timeout, isIPv6: request.ipv6)
            do throws(LabError) {
                summaries = GuestPing.summaries(try supervisor.run(command, on: guest).output)
            } catch { failure = error.description }
            if failure == nil, summaries.count != reachable.count { failure = "its ping said nothing" }
        }
        var next = summaries.makeIterator()
        return destinations.map { destination in
            var result = PingResult(
                source: guest.node.name, destination: destination.name, sent: request.count, received: 0)
            guard destination.address != nil else {
                result.error = "\(destination.name) has no \(request.ipv6 ? "IPv6" : "IPv4") address"
                return result
            }
            guard let summary = next.next() else {
                result.error = failure
                return result
            }
            (result.sent, result.received) = (summary.sent, summary.received)
            (result.minimum, result.average, result.maximum) = (summary.minimum, summary.average, summary.maximum)
            return result
        }
    }
}
