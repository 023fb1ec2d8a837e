import Glibc
import Linux
import Testbed
import Testing

/// Virtual machines among the hosts of a lab, as users drive them: one lab with a switch, a process and a guest for all.
@Suite(.serialized, .enabled(if: Machine.runsLabs, Machine.labsNeed))
struct MachineLabTests {
    private static let lab = """
        name: t
        topology:
          nodes:
            s1: { kind: switch }
            h1: {}
            vm1: { kind: vm, cpu: software, addresses: dhcp, files: ["./shared:/mnt/shared"] }
            vm2: { kind: vm, cpu: software, virtualization: full }
          links:
            - [h1, s1]
            - [vm1, s1]
            - [vm2, s1]
        """

    @Test(.enabled(if: VMVerbTests.canRunMachines, "needs apt, for the guest's packages"))
    func aGuestAmongHosts() throws {
        let program = Program()
        let file = program.file("lab.yml")
        let shared = program.file("shared")
        try File.makeDirectory(shared)
        chmod(shared, 0o755)
        try File.write("\(shared)/file", "from here\n")
        try File.write(file, Self.lab)
        let up = try program.run("up", file, "-d", seconds: 300)
        try #require(up.status == 0, "\(up.all)")

        try commands(program, shared: shared)
        try commandsOverASerialLine(program)
        try commandLine(program)
        try lifeCycle(program)
        rmdir(shared)
    }

    /// Programs in the guest: input to its end, output and errors apart, status, signals, a terminal.
    private func commands(_ program: borrowing Program, shared: String) throws {
        let cat = try program.run("exec", "vm1", "cat", input: "to the end\n", seconds: 30)
        #expect(cat.status == 0 && cat.output == "to the end\n", "\(cat.all)")
        let words = try program.run("exec", "vm1", "sh", "-c", "printf '%s|' \"it's\" 'a  b'; echo no >&2; exit 7")
        #expect(words.status == 7 && words.output == "it's|a  b|" && words.errors == "no\n", "\(words.all)")
        #expect(try program.run("exec", "vm1", "nosuch").status == 127)
        // A megabyte there and back, in both directions at once.
        let much = String(repeating: "0123456789abcdef\n", count: 1 << 16)
        #expect(try program.run("exec", "vm1", "cat", input: much, seconds: 60).output == much)

        // The directory here and there; the lab's names; the address that the DHCP server gave.
        #expect(try program.run("exec", "vm1", "cat", "/mnt/shared/file").output == "from here\n")
        #expect(try program.run("exec", "vm1", "sh", "-c", "echo back > /mnt/shared/new").status == 0)
        #expect((try? File.readText("\(shared)/new")) == "back\n")
        for name in ["file", "new"] { unlink("\(shared)/\(name)") }
        let address = try program.run("exec", "vm1", "sh", "-c", "ip -4 -o addr show dev eth0; hostname").output
        #expect(address.contains("inet 10.0.0.2/8 brd 10.255.255.255") && address.hasSuffix("vm1\n"), "\(address)")

        let sleeping = try RunningProgram(
            [BuiltPrograms.path("rookery"), "exec", "vm1", "sh", "-c", "echo begun; sleep 4711"],
            environment: ["ROOKERY_RUN_DIR": program.runDirectory])
        #expect(eventually(within: 20) { sleeping.output == "begun\n" })
        try sleeping.signal(SIGINT)
        #expect(try sleeping.finish(within: 20).status == 130)
        #expect(try !program.run("exec", "vm1", "ps").output.contains("4711"))

        // script(1) gives rookery a terminal, of the size that stty says it has.
        let typed = try RunningProgram(
            [
                "script", "-qec",
                "stty rows 31 cols 97; '\(BuiltPrograms.path("rookery"))' exec vm1 sh -c 'tty; stty size; exit 5'",
                "/dev/null",
            ], environment: ["ROOKERY_RUN_DIR": program.runDirectory]
        ).finish(within: 30)
        #expect(typed.status == 5 && typed.output.contains("/dev/pts/"), "\(typed.all)")
        #expect(typed.output.contains("31 97"), "\(typed.all)")
    }

    /// A full machine has no socket device: the same by COM2.
    private func commandsOverASerialLine(_ program: borrowing Program) throws {
        let words = try program.run(
            "exec", "vm2", "sh", "-c", "printf '\\300\\333|' | od -An -tx1; echo no >&2; exit 7")
        #expect(words.status == 7 && words.output == " c0 db 7c\n" && words.errors == "no\n", "\(words.all)")
        let much = String(repeating: "0123456789abcdef\n", count: 1 << 12)
        #expect(try program.run("exec", "vm2", "cat", input: much, seconds: 60).output == much)
        let devices = try program.run("exec", "vm2", "sh", "-c", "ls /sys/bus/virtio/devices /dev/vsock 2>&1 | wc -l")
        #expect(devices.output == "1\n" || devices.output == "2\n", "\(devices.all)")
        #expect(try program.run("exec", "vm2", "cat", "/etc/hosts").output.contains("vm1"))
    }

    /// The command line in Mininet's manner.
    private func commandLine(_ program: borrowing Program) throws {
        let script = """
            nodes
            net
            dump
            h1 ping -c1 -W5 vm1
            vm1 ping -c1 -W5 h1
            vm1 X=5; cd /tmp
            vm1 echo $X $(pwd)
            vm1 (
            vm1 echo still here
            h1 iperf3 -s -1 -D > /dev/null
            vm1 iperf3 -c h1 -t 1
            vm2 ping -c1 -W5 vm1
            pingall
            """
        let cli = try program.run("cli", input: script + "\n", seconds: 60)
        #expect(cli.status == 0, "\(cli.all)")
        for words in [
            "h1 s1 vm1 vm2", "vm1 eth0:eth2", "<VM vm1: eth0:10.0.0.2 pid=", "1 packets transmitted, 1 received, 0%",
            "1 packets transmitted, 1 packets received, 0%", "5 /tmp", "syntax error", "still here", "bits/sec",
            "receiver", "h1 -> vm1", "vm1 -> h1", "0% dropped (6/6 received)",
        ] {
            #expect(cli.output.contains(words), "\(words): \(cli.all)")
        }
    }

    /// A guest that panics is told of, and the lab goes on without it.
    private func lifeCycle(_ program: borrowing Program) throws {
        #expect(try program.run("vm", "ls").output.contains("t/vm1"))
        #expect(try program.run("vm", "inspect", "t/vm1").output.contains("state        running"))
        #expect(try program.run("console", "--log", "vm1").output.contains("rookery;ready"))
        let wrong = try program.run("console", "h1")
        #expect(wrong.status == 1 && wrong.errors.contains("h1 is no virtual machine"), "\(wrong.all)")

        _ = try program.run("exec", "-d", "vm1", "sh", "-c", "sleep 0.2; echo c > /proc/sysrq-trigger")
        var state = ""
        let isTold = try eventually(within: 20) {
            state = try program.run("ps").output
            return state.contains("panicked")
        }
        #expect(isTold, "\(state)")
        let late = try program.run("exec", "vm1", "true")
        #expect(late.status == 1 && late.errors.contains("vm1 has ended: "), "\(late.all)")
        #expect(try program.run("exec", "h1", "ping", "-c1", "10.0.0.1").status == 0)
        let down = try program.run("down")
        #expect(down.status == 0, "\(down.all)")
        #expect(program.leftovers.isEmpty, "\(program.leftovers)")
    }

    @Test func mistakes() throws {
        let program = Program()
        for (node, words) in [
            ("image: nosuch", "vm1: image: there is no “nosuch”"),
            ("kernel: ./nosuch", "vm1: kernel: there is no file"),
            ("memory: 64T", "vm1: memory: 67108864 MB are asked for"),
            ("files: ['./nosuch:/mnt']", "vm1: files: there is no directory"),
            ("disks: [/nosuch.raw]", "vm1: disks: there is no file"),
            ("image: debian, addresses: cloud-init", "vm1: addresses: there is no cloud-init in debian"),
            ("kernel: /etc/passwd, exec: ls", "vm1: exec: commands at the start run in mini guests"),
        ] {
            let file = program.file("lab.yml")
            try File.write(file, "name: t\ntopology: {nodes: {vm1: {kind: vm, \(node)}}}\n")
            let up = try program.run("up", file, "-d")
            #expect(up.status == 1 && up.errors.contains(words), "\(node): \(up.all)")
            #expect(program.leftovers.isEmpty)
        }
    }
}
