import Glibc
import Linux
import Testbed
import Testing

@testable import GuestImages

/// The mini guest, made from packages and started by QEMU, which is not ours: it must do there what it does in our machines.
@Suite(.enabled(if: Guests.canBeMade && Machine.has("qemu-system-x86_64"), "no apt, or no qemu-system-x86_64"))
struct MiniImageTests {
    /// Runs a command in a guest.
    private func run(
        _ flavor: GuestKernelFlavor, _ command: GuestCommand, machine: [String], words: String = ""
    ) throws -> (output: String, status: Int32?, log: String) {
        let image = try MiniImage.present(flavor, in: Guests.cache) ?? MiniImage.make(flavor, in: Guests.cache)
        let directory = TemporaryDirectory()
        try command.write(initialRAMDisk: image, to: "\(directory.path)/initrd")
        let machine = try ProgramRun(
            [
                "qemu-system-x86_64", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-m", "192",
                "-kernel", image.kernel, "-initrd", "\(directory.path)/initrd", "-append",
                "console=ttyS0 quiet \(words)",
            ] + machine, seconds: 90)
        var output = GuestOutput()
        var text: [UInt8] = []
        var boot: [UInt8] = []
        var status: Int32?
        for part in output.take(Array(machine.output.utf8)) + output.finish() {
            switch part {
            case .output(let bytes): text += bytes
            case .exit(let number): status = number
            case .log(let bytes): boot += bytes
            case .ready: break
            }
        }
        return (String(decoding: text, as: UTF8.self), status, String(decoding: boot, as: UTF8.self) + machine.errors)
    }

    @Test func commandInParaMachine() throws {
        let script = """
            uname -r; cat; lsmod | grep -c virtio; ip -4 -o addr show dev eth0 | awk '{print $4}'; hostname
            ls -d /sys/block/vda; exit 7
            """
        let run = try run(
            .cloud, GuestCommand(["sh", "-c", script], input: Array("it's\n".utf8)),
            machine: [
                "-device", "virtio-net-pci,netdev=n", "-netdev", "user,id=n", "-device", "virtio-rng-pci", "-drive",
                "if=virtio,format=raw,file=/bin/sh,readonly=on",
            ], words: "ip=10.1.2.3/8::::vm7:eth0")
        let lines = run.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 6, "\(run)")
        #expect(lines[0].hasSuffix("-cloud-amd64"))
        #expect(lines[1] == "it's")
        #expect(Int(lines[2])! >= 3)
        #expect(Array(lines[3...]) == ["10.1.2.3/8", "vm7", "/sys/block/vda"])
        #expect(run.status == 7)
    }

    @Test func commandInFullMachine() throws {
        let script =
            "lsmod | grep -o -w -e e1000 -e ahci | sort -u; ls -d /sys/block/sda; ip -o addr show eth0 | grep -c 10.0.2; iperf3 -v | head -1"
        let run = try run(
            .generic, GuestCommand(["sh", "-c", script]),
            machine: [
                "-device", "e1000,netdev=n", "-netdev", "user,id=n", "-device", "ahci,id=a", "-drive",
                "if=none,id=d,format=raw,file=/bin/sh,snapshot=on", "-device", "ide-hd,drive=d,bus=a.0",
            ], words: "ip=dhcp")
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.prefix(4) == ["ahci", "e1000", "/sys/block/sda", "1"], "\(run)")
        #expect(lines.last?.hasPrefix("iperf 3") == true, "\(run)")
        #expect(run.status == 0)
    }
}

/// The images that tests make, in the machine's own cache, so that they are made once.
enum Guests {
    static let cache = ImageCache.standard
    static let canBeMade = Machine.has("apt-get", "dpkg-deb", "apt-cache")
}
