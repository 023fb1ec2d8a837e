import Testing
import Topology
import VirtualMachine
import Wire

@testable import Lab

@Suite struct MachinePlanTests {
    private func node(_ settings: LabTopology.MachineSettings) -> LabTopology.Node {
        var node = LabTopology.Node(name: "vm1", kind: .vm)
        node.machine = settings
        node.interfaces = [
            .init(
                name: "eth0", mac: MACAddress(2, 0, 0, 0, 0, 1),
                ipv4: [IPv4Prefix("10.0.0.2/8")!, IPv4Prefix("10.9.0.2/16")!], ipv6: [IPv6Prefix("fd00::2/64")!]),
            .init(name: "eth1", mac: MACAddress(2, 0, 0, 0, 0, 2), ipv4: [IPv4Prefix("172.16.0.1/30")!], mtu: 1400),
        ]
        node.host.routes = [
            .init(destination: "default", via: "10.0.0.1"), .init(destination: "10.3.0.0/16", via: "172.16.0.2"),
        ]
        return node
    }

    private func words(_ settings: LabTopology.MachineSettings) -> [String] {
        let plan = MachinePlan(
            node: node(settings), settings: settings, directory: "/run/x", image: nil, overlay: nil, seed: nil)
        return plan.configuration.commandLine.split(separator: " ").map(String.init)
    }

    @Test func commandLine() {
        let settings = LabTopology.MachineSettings(kernel: "/vmlinuz", kernelArguments: "more")
        let words = words(settings)
        #expect(words.contains("ip=10.0.0.2/8::10.0.0.1::vm1:eth0:off"))
        #expect(words.contains("ip=172.16.0.1/30::::vm1:eth1:off") && words.last == "more")
        #expect(!words.contains { $0.hasPrefix("rookery.ip") })
        var asking = settings
        asking.addressing = .dhcp
        #expect(self.words(asking).filter { $0.hasPrefix("ip=") } == ["ip=:::::eth0:dhcp", "ip=:::::eth1:dhcp"])
    }

    @Test func devicesInMemory() {
        let settings = LabTopology.MachineSettings(processors: 3, transport: .mmio)
        let plan = MachinePlan(
            node: node(settings), settings: settings, directory: "/run/x", image: nil, overlay: nil, seed: nil)
        #expect(plan.configuration.transport == .mmio)
        // A pair of queues for each processor.
        #expect(plan.configuration.ports.map(\.queuePairs) == [3, 3])
    }

    @Test func howGuestsAreAddressed() {
        typealias Settings = LabTopology.MachineSettings
        #expect(MachinePlan.addressing(of: Settings()) == .commandLine)
        #expect(MachinePlan.addressing(of: Settings(image: "mini-generic")) == .commandLine)
        #expect(MachinePlan.addressing(of: Settings(kernel: "/k")) == .commandLine)
        #expect(MachinePlan.addressing(of: Settings(image: "debian")) == .dhcp)
        #expect(MachinePlan.addressing(of: Settings(image: "/disk.qcow2")) == .dhcp)
        #expect(MachinePlan.addressing(of: Settings(image: "/d", addressing: .cloudInit)) == .cloudInit)
    }

    @Test func seedForCloudInit() {
        var node = node(
            LabTopology.MachineSettings(image: "/disk", files: [.init(directory: "/x", mountPoint: "/mnt")]))
        node.host.routes.append(.init(destination: "10.4.0.0/16", via: "172.16.0.2", interface: "eth1", metric: 5))
        let seed = CloudInitSeed(lab: "lab", node: node)
        #expect(seed.metaData == "instance-id: lab-vm1\nlocal-hostname: vm1\n")
        #expect(seed.userData.hasPrefix("#cloud-config\n"))
        #expect(seed.userData.contains("- [files0, \"/mnt\", 9p, "))
        let expected = """
            version: 2
            ethernets:
              eth0:
                match: {macaddress: "02:00:00:00:00:01"}
                set-name: eth0
                dhcp4: false
                dhcp6: false
                addresses: ["10.0.0.2/8", "10.9.0.2/16", "fd00::2/64"]
                routes:
                - {to: "0.0.0.0/0", via: "10.0.0.1"}
                - {to: "10.3.0.0/16", via: "172.16.0.2"}
              eth1:
                match: {macaddress: "02:00:00:00:00:02"}
                set-name: eth1
                dhcp4: false
                dhcp6: false
                addresses: ["172.16.0.1/30"]
                mtu: 1400
                routes:
                - {to: "10.4.0.0/16", via: "172.16.0.2", metric: 5}

            """
        #expect(seed.networkConfiguration == expected)
    }
}
