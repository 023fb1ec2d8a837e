import ArgumentParser
import VirtualMachine

struct VMInspectVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show a machine's details, and how often its guest was left for each device.")

    @Argument(help: "The machine; may be left out where one runs.") var machine: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let client = try VMMachines.find(machine, running: false)
        let report = VMReport(client, try client.status())
        if json { return try Standard.output.writeJSON(report) }
        let mode = report.virtualization + (report.transport.map { ", virtio over \($0)" } ?? "")
        var lines = [
            ("state", report.end.map { "\(report.state): \($0)" } ?? report.state),
            ("mode", "\(mode), processors by \(report.cpu)"), ("vcpus", "\(report.vcpus)"),
            ("memory", Readable.size(report.memory)), ("up", Readable.age(report.uptime)),
            ("console", "\(Readable.size(UInt64(report.consoleBytes))) in \(report.consoleLog)"),
        ]
        if let status = report.exitStatus { lines.append(("exit status", "\(status)")) }
        if report.state != VMStatus.State.ended.rawValue { lines.append(("process", "\(report.process)")) }
        lines += report.faults.map { ("fault", $0) }
        Standard.output.write("\(report.name)\n")
        for (key, value) in lines {
            Standard.output.write("  " + key + String(repeating: " ", count: 13 - key.count) + value + "\n")
        }
        if report.exits.isEmpty { return }
        var table = Table([.init("DEVICE", rigid: true), .init("READS", .right), .init("WRITES", .right)])
        for exit in report.exits.sorted(by: { $0.reads + $0.writes > $1.reads + $1.writes }) {
            table.add(exit.device, "\(exit.reads)", "\(exit.writes)")
        }
        Standard.output.write("\n")
        table.write()
    }
}
