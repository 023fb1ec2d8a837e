import Lab
import Topology

/// Pings held against the delays of the links that they cross.
struct ExpectedRoundTrips {
    private let graph: RoundTripGraph

    init(_ client: LabClient) throws {
        let topology = try client.topology()
        graph = RoundTripGraph(topology, active: try client.activeLinks(of: topology))
    }

    /// A table of the pairs (of many: the nearest, the farthest and the worst), and how far off they are in all.
    func show(_ results: [PingResult]) throws {
        struct Row {
            var result: PingResult
            var expected: UInt64
            var error: Int64
        }
        var rows: [Row] = []
        var expectations: [String: [String: UInt64]] = [:]
        for result in results {
            if expectations[result.source] == nil { expectations[result.source] = graph.from(result.source) }
            guard let expected = expectations[result.source]?[result.destination], let measured = result.minimum else {
                continue
            }
            rows.append(Row(result: result, expected: expected, error: Int64(measured) - Int64(expected)))
        }
        rows.sort { $0.expected < $1.expected }
        let errors = rows.map { $0.error.magnitude }.sorted()
        let worst = rows.max { $0.error.magnitude < $1.error.magnitude }
        var shown = rows
        if rows.count > 12 {
            shown = Array(rows.prefix(4) + rows[(rows.count / 2 - 2)..<(rows.count / 2 + 2)] + rows.suffix(4))
            if let worst { shown.append(worst) }
        }
        var table = Table([
            .init("FROM", rigid: true), .init("TO", rigid: true), .init("EXPECTED", .right), .init("MEASURED", .right),
            .init("ERROR", .right),
        ])
        for row in shown {
            let sign = row.error < 0 ? "-" : "+"
            table.add(
                row.result.source, row.result.destination, Readable.time(row.expected),
                Readable.time(row.result.minimum ?? 0), sign + Readable.time(UInt64(row.error.magnitude)))
        }
        if !table.isEmpty { table.write() }
        let received = results.reduce(0) { $0 + ($1.received > 0 ? 1 : 0) }
        var summary = "\(received) of \(results.count) pairs answered"
        if !errors.isEmpty {
            summary += "; round trips are off by \(Readable.time(UInt64(errors[errors.count / 2]))) in the median,"
            summary += " \(Readable.time(UInt64(errors[errors.count - 1]))) at the most"
        }
        Standard.output.write(summary + "\n")
    }
}
