import ArgumentParser
import Lab
import Topology

/// `-n`/`--lab`: which of the running labs; may be left out where exactly one runs.
struct LabOption: ParsableArguments {
    @Option(name: [.customShort("n"), .customLong("lab")], help: "The lab; may be left out where one runs.")
    var lab: String?

    /// The lab's name.
    func name() throws -> String { try lab ?? RunningLabs.only() }

    /// A connection to its supervisor.
    func connect() throws -> LabClient { try LabClient(lab: try name()) }
}

/// The labs of this user.
enum RunningLabs {
    /// The names of those whose supervisor is alive.
    static var names: [String] { LabLauncher.list().filter(\.isAlive).map(\.name) }

    /// The name of the one that runs.
    static func only() throws(CommandError) -> String {
        let names = names
        switch names.count {
        case 1: return names[0]
        case 0: throw CommandError("no lab is running", remedy: "start one: rookery up lab.yml")
        default:
            throw CommandError(
                "\(names.count) labs are running: \(names.joined(separator: ", "))", remedy: "choose one with -n NAME")
        }
    }
}

extension LabClient {
    /// The topology as it is now.
    func topology() throws(LabError) -> LabTopology {
        guard case .topology(let topology) = try request(.topology) else { throw Self.misunderstood }
        return topology
    }

    func status() throws(LabError) -> LabStatus {
        guard case .status(let status) = try request(.status) else { throw Self.misunderstood }
        return status
    }

    func switchReport(_ node: String) throws(LabError) -> SwitchReport {
        guard case .switchReport(let report) = try request(.inspectSwitch(node: node)) else { throw Self.misunderstood }
        return report
    }

    func fidelity() throws(LabError) -> [LinkReport] {
        guard case .fidelity(let reports) = try request(.fidelity) else { throw Self.misunderstood }
        return reports
    }

    static var misunderstood: LabError {
        LabError("the lab's supervisor gave an unexpected answer (it may be of another version: rookery down, then up)")
    }
}
