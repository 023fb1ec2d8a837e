import Glibc
import Linux
import Testbed
import Testing

/// Machines without a PCI bus: what a guest finds, and all that it does with its devices over virtio-mmio.
@Suite(.serialized)
struct MemoryMappedMachineTests {
    @Test(.enabled(if: VMVerbTests.canRunMachines, "needs apt, for the guest's packages"))
    func commandInAMachine() throws {
        let program = Program()
        let disk = program.file("disk.raw")
        try File.write(disk, String(repeating: "from the host\n", count: 1 << 13))
        let script = """
            ls /sys/bus/pci/devices | wc -l
            ls -l /sys/bus/virtio/devices | grep -c '/LNRO0005:'
            grep -c 'IO-APIC.*fasteoi.*virtio' /proc/interrupts
            head -n 1 /dev/vda
            head -c 64 /dev/hwrng | wc -c
            exit 9
            """
        let run = try program.run(
            "vm", "run", "mini", "--transport", "mmio", "--cpu", "software", "--disk", "\(disk),raw,ro", "--", "sh",
            "-c", script, seconds: 300)
        // Disk, random numbers, balloon, sockets: a line each.
        #expect(run.status == 9 && run.output == "0\n4\n4\nfrom the host\n64\n", "\(run.all)")
    }

    @Test(
        .enabled(if: Machine.runsLabs, Machine.labsNeed),
        .enabled(if: VMVerbTests.canRunMachines, "needs apt, for the guest's packages"))
    func aGuestAmongHosts() throws {
        let program = Program()
        let shared = program.file("shared")
        try File.makeDirectory(shared)
        defer { rmdir(shared) }
        try File.write("\(shared)/file", "from here\n")
        try File.write(program.file("disk.raw"), String(repeating: "\0", count: 1 << 20))
        try File.write(
            program.file("lab.yml"),
            """
            name: m
            topology:
              nodes:
                s1: { kind: switch }
                h1: {}
                vm1:
                  { kind: vm, image: mini, transport: mmio, cpu: software, vcpus: 2, files: ["./shared:/mnt"],
                    disks: [./disk.raw] }
              links: [[h1, s1], [vm1, s1]]
            """)
        let up = try program.run("up", program.file("lab.yml"), "-d", seconds: 300)
        try #require(up.status == 0, "\(up.all)")
        func guest(_ script: String) throws -> ProgramRun { try program.run("exec", "vm1", "sh", "-c", script) }

        #expect(try guest("ls /sys/bus/pci/devices").output.isEmpty)
        let devices = try guest("ls -l /sys/bus/virtio/devices").output.split(separator: "\n").dropFirst()
        #expect(devices.count == 6 && devices.allSatisfy { $0.contains("/LNRO0005:") }, "\(devices)")
        // A pair of queues for each processor.
        #expect(try guest("ls -d /sys/class/net/eth0/queues/tx-* | wc -l").output == "2\n")
        #expect(try guest("printf written | dd of=/dev/vda bs=512 conv=sync,fsync").status == 0)
        #expect(try File.read(program.file("disk.raw")).starts(with: Array("written\0".utf8)))
        #expect(try guest("cat /mnt/file; echo back > /mnt/new").output == "from here\n")
        #expect((try? File.readText("\(shared)/new")) == "back\n")
        for name in ["file", "new"] { unlink("\(shared)/\(name)") }
        // More than a frame holds, in pieces, both ways; and segments that are super-packets.
        let pings = try program.run(
            "cli",
            input:
                "h1 ping -c3 -i0.1 -s8000 vm1\nvm1 ping -c1 h1\nh1 iperf3 -s -1 -D > /dev/null\nvm1 iperf3 -c h1 -t 1\n",
            seconds: 60)
        for words in ["3 received, 0%", "1 packets received, 0%", "receiver"] {
            #expect(pings.output.contains(words), "\(words): \(pings.all)")
        }
        #expect(try program.run("vm", "inspect", "m/vm1").output.contains("para, virtio over mmio, processors"))
        #expect(try program.run("down").status == 0)
        #expect(program.leftovers.isEmpty, "\(program.leftovers)")
    }

    @Test func mistakes() throws {
        let program = Program()
        let full = try program.run("vm", "run", "mini", "--virtualization", "full", "--transport", "mmio")
        #expect(full.status == 2 && full.errors.contains("--transport mmio wants --virtualization para"), "\(full.all)")
        let isa = try program.run("vm", "run", "mini", "--transport", "isa")
        #expect(isa.status == 2 && isa.errors.contains("pci"), "\(isa.all)")
    }
}
