import ArgumentParser
import Testing

@testable import rookery

@Suite struct HelpTests {
    private func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        [command] + command.configuration.subcommands.flatMap { all($0) }
    }

    @Test func helpFitsEightyColumns() {
        for command in all(Rookery.self) {
            let text = Rookery.helpMessage(for: command, columns: 80)
            for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(command): \(line)") }
            #expect(!command.configuration.abstract.isEmpty, "\(command)")
        }
    }

    @Test func everyVerbOfTheDesignIsThere() {
        let verbs = Set(Rookery.configuration.subcommands.map { $0.configuration.commandName })
        let wanted = [
            "up", "down", "ps", "inspect", "exec", "cli", "link", "capture", "trace", "graph", "ping", "doctor", "topo",
            "mn", "flows", "fdb", "path", "switch", "controller",
        ]
        for verb in wanted { #expect(verbs.contains(verb), "\(verb)") }
    }

    @Test(arguments: [
        [], ["--frobnicate"], ["nosuchverb"], ["exec"], ["exec", "h1"], ["link", "set"], ["link", "set", "h1:s1"],
        ["capture", "h1"], ["capture", "h1:"], ["ping", "h1"], ["ping", "-c", "0"], ["up", "a.yml", "--topo", "tree"],
        ["up", "--set", "x", "a.yml"], ["trace", "s1"], ["inspect", "a", "b", "c"], ["down", "x", "--all"],
        ["link", "set", "h1:s1", "speed=fast"], ["link", "set", "h1:s1", "delay=-1ms"],
        ["link", "set", "h1:s1", "rate=0"], ["ping", "a", "b", "-W", "soon"],
    ]) func mistakesAreUsageErrors(arguments: [String]) {
        #expect(Rookery.run(arguments) == (arguments.isEmpty ? 0 : 2), "\(arguments)")
    }
}

@Suite struct MachineCheckTests {
    @Test func everyComplaintHasARemedy() {
        for finding in MachineCheck.all() where finding.grade != .good {
            #expect(finding.remedy != nil, "\(finding.subject)")
        }
    }

    @Test func virtualizationIsWorthWhatItMeasures() {
        let fast = MachineCheck.kvm(measured: "kvm 90000\nsoftware 3000\n")
        #expect(fast.grade == .good && fast.found.contains("30 times"), "\(fast)")
        let slow = MachineCheck.kvm(measured: "kvm 150\nsoftware 3000\n")
        #expect(slow.grade == .lacking && slow.found.contains("20 times") && slow.remedy != nil, "\(slow)")
        let none = MachineCheck.kvm(
            measured:
                "kvm - cannot use hardware virtualization '/dev/kvm': no such file (load kvm_intel)\nsoftware 3000\n")
        #expect(none.grade == .lacking && none.remedy == "load kvm_intel", "\(none)")
    }

    @Test func findsProgramsInThePath() {
        #expect(MachineCheck.find("sh") != nil)
        #expect(MachineCheck.find("no-such-program-here") == nil)
    }
}
