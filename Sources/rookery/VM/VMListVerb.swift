import ArgumentParser
import VirtualMachine

struct VMListVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List the machines, labs' among them: those that run, and those that have ended.")

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        var reports: [VMReport] = []
        for client in VMMachines.all {
            guard let status = try? client.status() else { continue }
            reports.append(VMReport(client, status))
        }
        if json { return try Standard.output.writeJSON(reports) }
        if reports.isEmpty {
            Standard.error.write("No machine runs; rookery vm run starts one.\n")
            return
        }
        var table = Table([
            .init("NAME", rigid: true), .init("STATE"), .init("MODE", rigid: true), .init("CPU", rigid: true),
            .init("VCPUS", .right), .init("MEMORY", .right), .init("UP", .right), .init("PID", .right),
        ])
        for report in reports {
            let isEnded = report.state == VMStatus.State.ended.rawValue
            let style: Style = isEnded ? .dim : report.state == VMStatus.State.paused.rawValue ? .yellow : .green
            table.add([
                .init(text: report.name, style: .bold),
                .init(text: isEnded ? report.end ?? "ended" : report.state, style: style),
                .init(text: report.virtualization, style: .plain), .init(text: report.cpu, style: .plain),
                .init(text: "\(report.vcpus)", style: .plain),
                .init(text: Readable.size(report.memory), style: .plain),
                .init(text: Readable.age(report.uptime), style: .plain),
                .init(text: isEnded ? "" : "\(report.process)", style: .plain),
            ])
        }
        table.write()
    }
}
