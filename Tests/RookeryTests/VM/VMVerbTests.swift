import Testbed
import Testing

/// Machines as users run them: the mini guest on our own monitor.
@Suite(.serialized)
struct VMVerbTests {
    static let canRunMachines = Machine.has("apt-get", "apt-cache", "dpkg-deb")

    @Test func nothingRuns() throws {
        let program = Program()
        let list = try program.run("vm", "ls")
        #expect(list.status == 0 && list.errors.contains("No machine runs"), "\(list.all)")
        #expect(try program.run("vm", "ls", "--json").output == "[\n\n]\n")
        for verb in ["console", "stop", "pause", "resume"] {
            let run = try program.run("vm", verb)
            #expect(run.status == 1 && run.errors.contains("no machine runs"), "\(verb): \(run.all)")
            let named = try program.run("vm", verb, "ghost")
            #expect(named.status == 1 && named.errors.contains("no machine 'ghost'"), "\(verb): \(named.all)")
        }
    }

    @Test(arguments: [
        ["vm", "run"], ["vm", "run", "mini", "--vcpus", "5"], ["vm", "run", "mini", "--memory", "much"],
        ["vm", "run", "mini", "--memory", "256"],
        ["vm", "run", "-d", "mini", "--", "true"], ["vm", "run", "mini", "--name", "a/b"],
        ["vm", "stop", "a", "--all"], ["vm", "exec", "a"], ["vm", "exec", "-e", "X", "a", "true"],
        ["vm", "run", "mini", "--virtualization", "full", "--share", ".:/work"], ["vm", "run", "-i", "mini"],
        ["vm", "run", "mini", "--cpu", "fast"], ["vm", "image", "rm"],
    ])
    func mistakes(_ arguments: [String]) throws {
        let program = Program()
        let run = try Program.run(arguments, runDirectory: program.runDirectory)
        #expect(run.status == 2 && run.errors.hasPrefix("rookery: "), "\(run.all)")
    }

    @Test(.enabled(if: canRunMachines, "needs apt, for the guest's packages"))
    func commandInTheMiniGuest() throws {
        let program = Program()
        let run = try program.run(
            "vm", "run", "-i", "mini", "--", "sh", "-c", "uname -r; cat; echo it\\'s >&2; exit 3", input: "input\n",
            seconds: 300)
        let lines = run.output.split(separator: "\n")
        #expect(run.status == 3, "\(run.all)")
        #expect(lines.count == 2 && lines[0].hasSuffix("-cloud-amd64") && lines[1] == "input", "\(run.all)")
        #expect(run.errors.hasSuffix("it's\n"), "\(run.all)")
        #expect(try program.run("vm", "ls", "--json").output == "[\n\n]\n")
    }

    @Test(.enabled(if: canRunMachines, "needs apt, for the guest's packages"))
    func machineInTheBackground() throws {
        let program = Program()
        let start = try program.run("vm", "run", "-d", "mini", "--name", "quiet", seconds: 300)
        try #require(start.status == 0 && start.output == "quiet\n", "\(start.all)")
        let twice = try program.run("vm", "run", "-d", "mini", "--name", "quiet")
        #expect(twice.status == 1 && twice.errors.contains("runs already"), "\(twice.all)")
        #expect(try program.run("vm", "ls").output.contains("quiet"))
        #expect(try program.run("vm", "pause", "quiet").status == 0)
        #expect(try program.run("vm", "ls", "--json").output.contains("\"state\" : \"paused\""))
        #expect(try program.run("vm", "resume").status == 0)
        let isUp = try eventually(within: 200) {
            try program.run("vm", "console", "--log", "quiet").output.contains("rookery;ready")
        }
        #expect(isUp)
        let command = try program.run(
            "vm", "exec", "-e", "X=a b", "-w", "/tmp", "quiet", "sh", "-c", "pwd; echo $X; cat; exit 9", input: "in\n")
        #expect(command.status == 9 && command.output == "/tmp\na b\nin\n", "\(command.all)")
        let details = try program.run("vm", "inspect", "quiet")
        #expect(details.output.contains("state        running") && details.output.contains("DEVICE"), "\(details.all)")
        // The guest hears it as any system does; the command goes with it.
        #expect(try program.run("vm", "exec", "quiet", "poweroff").status != 127)
        var list = ""
        let isOff = try eventually(within: 60) {
            list = try program.run("vm", "ls").output
            return list.contains("powered off")
        }
        #expect(isOff, "\(list)")
        #expect(try program.run("vm", "stop", "quiet").status == 0)
        #expect(try program.run("vm", "ls").errors.contains("No machine runs"))
    }

    /// A guest that still starts does not hear the power button: it is pressed again.
    @Test(.enabled(if: canRunMachines, "needs apt, for the guest's packages"))
    func stopWhileTheGuestStarts() throws {
        let program = Program()
        let start = try program.run("vm", "run", "-d", "mini", "--name", "young", seconds: 300)
        try #require(start.status == 0, "\(start.all)")
        let stop = try program.run("vm", "stop", "-t", "200", "young", seconds: 250)
        #expect(stop.status == 0 && !stop.errors.contains("is ended"), "\(stop.all)")
        #expect(try program.run("vm", "ls").errors.contains("No machine runs"))
    }
}
