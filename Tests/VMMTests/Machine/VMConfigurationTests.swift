import Testing
import VirtualMachine

@Suite struct VMConfigurationTests {
    @Test func textRoundTrip() throws {
        var configuration = VMConfiguration(name: "web \\ 1")
        configuration.memory = 1 << 30
        configuration.processors = 4
        configuration.virtualization = .full
        configuration.transport = .mmio
        configuration.cpu = .software
        configuration.kernel = "/boot/vmlinuz with\ttab"
        configuration.initialRAMDisk = "/tmp/a=b\nc"
        configuration.commandLine = "console=ttyS0 root=/dev/vda1"
        configuration.kernelEntry = .pvh
        configuration.disks = [
            .init(path: "/a", format: .qcow2, interface: .ahci, isReadOnly: true), .init(path: "/b"),
        ]
        configuration.ports = [
            .init(address: 0x0200_0000_0001, backend: .descriptor(7), interface: .e1000, queuePairs: 1),
            .init(address: 0x0200_0000_0002, backend: .vhostUser(path: "/run/x:y"), queuePairs: 4),
            .init(address: 3, backend: .none),
        ]
        configuration.directories = [.init(tag: "data", path: "/srv", isReadOnly: true)]
        configuration.vsock = 9
        configuration.hasBalloon = false
        configuration.runDirectory = "/run/rookery/vm/x"
        configuration.isIsolated = false
        #expect(try VMConfiguration(text: configuration.text) == configuration)
        let plain = VMConfiguration(name: "x")
        #expect(try VMConfiguration(text: plain.text) == plain)
    }

    @Test(arguments: [
        ("memory=1", "no name"), ("name=x\nmemory=lots", "'lots' is no number"), ("name=x\nnonsense", "not key=value"),
        ("name=x\ncolour=red", "'colour' is no key"), ("name=x\ncpu=fast", "none of auto, kvm, software"),
        ("name=x\ndisk=/a", "field 2 is missing"), ("name=x\nport=1\tfd:x\tauto\t1", "no network back end"),
    ])
    func mistakesAreNamed(_ text: String, _ words: String) throws {
        let error = try #require(throws: VMConfiguration.TextError.self) { _ = try VMConfiguration(text: text) }
        #expect(error.description.contains(words), "\(error)")
    }
}
