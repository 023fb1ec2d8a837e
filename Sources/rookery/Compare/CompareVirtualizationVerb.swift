import ArgumentParser
import GuestImages
import Linux
import VirtualMachine

struct CompareVirtualizationVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virtualization",
        abstract: "The same work in a process, a para and a full virtual machine.",
        usage: "rookery compare virtualization [options]",
        discussion: """
            One program of this package does the works in all three, under the same kernel
            in both machines: the full one has an e1000 card and an AHCI disk, the para one
            virtio's. Times are the guest's; exits are the monitor's count of accesses to
            devices, without those of the console by which the works are asked for.
              rookery compare virtualization --svg comparison.svg
              rookery compare virtualization --only disk,trips --cpu software
            """)

    @Option(help: "What runs the machines' processors: auto, kvm or software.")
    var cpu = VMConfiguration.CPU.auto

    @Option(
        help: ArgumentHelp(
            "Some works: boot, compute, calls, disk, trips, datagrams, send, receive.", valueName: "works"))
    var only: String?

    @Option(help: ArgumentHelp("Some kinds: process, para, full.", valueName: "kinds"))
    var kinds: String?

    @Flag(help: "Shorter samples, and fewer: a glance in place of a measurement.")
    var quick = false

    @Option(help: ArgumentHelp("Draw the result; - for standard output.", valueName: "file"))
    var svg: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        _ = try works()
        _ = try comparedKinds()
        if json && svg == "-" { throw ValidationError("--json and --svg - both want standard output") }
    }

    func run() throws {
        let comparison = VirtualizationComparison(
            works: try works(), kinds: try comparedKinds(), cpu: cpu, pace: quick ? .quick : .thorough)
        // Blocked before anything is made, so that Ctrl-C waits until what it interrupts can be removed.
        let signals = try EndSignals()
        let report = try comparison.run(endSignals: signals.number)
        if let svg {
            let drawing = ComparisonChart(report).svg
            if svg == "-" { return Standard.output.write(drawing) }
            do throws(SystemError) { try File.writeAtomically(svg, drawing) } catch { throw CommandError("\(error)") }
        }
        if json { return try Standard.output.writeJSON(report) }
        Standard.output.write(ComparisonText(report).text(colored: Terminal.usesColor()))
        if let svg { Standard.error.write("The chart is \(svg).\n") }
    }

    private func works() throws -> [ComparedWork] {
        try Self.chosen(only, "--only", "work")
    }

    private func comparedKinds() throws -> [ComparedKind] {
        try Self.chosen(kinds, "--kinds", "kind")
    }

    /// What a list with commas names, in our order; everything where there is none.
    private static func chosen<Choice: RawRepresentable<String> & CaseIterable & Equatable>(
        _ text: String?, _ option: String, _ noun: String
    ) throws -> [Choice] {
        guard let text else { return Array(Choice.allCases) }
        let names = text.split(separator: ",").map { $0.filter { $0 != " " } }
        for name in names where Choice(rawValue: name) == nil {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(option): there is no \(noun) '\(name)': the \(noun)s are \(known)")
        }
        if names.isEmpty { throw ValidationError("\(option) names no \(noun)") }
        return Choice.allCases.filter { names.contains($0.rawValue) }
    }
}
