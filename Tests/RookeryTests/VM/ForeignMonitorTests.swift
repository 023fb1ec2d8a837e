import Foundation
import Testbed
import Testing

/// A lab's machine that is not ours: QEMU comes in at the door, and finds the network that the plan promises.
@Suite(.enabled(if: Machine.runsLabs && Machine.has("qemu-system-x86_64", "apt-get"), "needs root, QEMU and apt"))
struct ForeignMonitorTests {
    @Test func guestOfQEMU() throws {
        let program = Program()
        let lab = program.file("lab.yml")
        let text = """
            name: foreign
            topology:
              nodes:
                s1: { kind: switch }
                h1: { ipv4: 10.0.0.1/24 }
                vm1: { kind: vm, monitor: external, vcpus: 2, mac: "02:00:00:00:00:77", ipv4: 10.0.0.7/24 }
              links: [[s1, h1], [s1, vm1]]
            """
        try Data(text.utf8).write(to: URL(filePath: lab))
        let up = try program.run("up", lab, "-d")
        try #require(up.status == 0, "\(up.all)")
        let refused = try program.run("exec", "vm1", "--", "true")
        #expect(refused.status != 0 && refused.errors.contains("vm1/*.door"), "\(refused.all)")

        _ = try program.run("vm", "image", "make", "mini", seconds: 300)
        let images = try JSONDecoder().decode(
            [Image].self, from: Data(program.run("vm", "image", "ls", "--json").output.utf8))
        let folder = try #require(images.first { $0.name == "mini" }?.folder)
        // vectors=0: with MSI-X and without KVM, QEMU 7.2 ends itself as soon as a driver starts a vhost device.
        let guest = try RunningProgram([
            "qemu-system-x86_64", "-nographic", "-nodefaults", "-no-reboot", "-serial", "stdio", "-m", "256", "-smp",
            "2",
            "-object", "memory-backend-memfd,id=ram,size=256M,share=on", "-machine", "q35,memory-backend=ram",
            "-chardev", "socket,id=door,path=\(program.runDirectory)/foreign/vm/vm1/eth0.door", "-netdev",
            "vhost-user,id=n,chardev=door,queues=2", "-device",
            "virtio-net-pci,netdev=n,mac=02:00:00:00:00:77,mq=on,vectors=0", "-kernel", "\(folder)/vmlinuz", "-initrd",
            "\(folder)/initrd", "-append", "console=ttyS0 quiet ip=10.0.0.7/24::::vm1:eth0:off",
        ])
        let answers = try eventually(within: 100) {
            try program.run("exec", "h1", "--", "ping", "-c1", "-W1", "10.0.0.7").status == 0
        }
        #expect(answers, "\(guest.output) \(guest.errors)")
        // More than a frame holds, in pieces, both ways.
        let large = try program.run("exec", "h1", "--", "ping", "-c3", "-i0.2", "-s", "8000", "10.0.0.7")
        #expect(large.output.contains("3 received"), "\(large.all)")
        try guest.signal(SIGTERM)
        _ = try guest.finish(within: 20)
        // The door is open for the next.
        #expect(try program.run("inspect").status == 0)
        #expect(try program.run("down").status == 0)
        #expect(program.leftovers.isEmpty)
    }

    private struct Image: Decodable {
        let name: String
        let folder: String
    }
}
