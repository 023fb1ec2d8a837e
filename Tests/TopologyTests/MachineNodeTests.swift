import Foundation
import Testing

@testable import Topology

/// Virtual machines in lab files.
@Suite struct MachineNodeTests {
    private func settings(_ text: String, file: String = "/labs/lab.yml") throws -> LabTopology.MachineSettings {
        let lab = try LabFile(file: file).parse("name: x\ntopology: {nodes: {vm1: {kind: vm, \(text)}}}\n")
        return try #require(lab.nodes[0].machine)
    }

    @Test func whatIsStarted() throws {
        let plain = try settings("vcpus: 2")
        #expect(plain.imageName == "mini" && plain.isMini && plain.processors == 2 && plain.addressing == nil)
        #expect(try settings("image: mini-generic").isMini)
        #expect(try !settings("image: debian").isMini)
        let kernel = try settings("kernel: ./vmlinuz")
        #expect(kernel.imageName == nil && !kernel.isMini)
        let disk = try settings("disks: [data.raw]")
        #expect(disk.imageName == nil && !disk.isMini)
    }

    /// A disk's file is started by its own boot loader, which a para machine has no firmware for.
    @Test func virtualization() throws {
        for text in [
            "vcpus: 1", "image: debian", "image: ./a.raw, kernel: ./k", "image: ./a.raw, virtualization: para",
        ] {
            #expect(try settings(text).virtualization == .para, "\(text)")
        }
        for text in ["image: ./a.raw", "disks: [a.raw]", "image: mini, virtualization: full"] {
            #expect(try settings(text).virtualization == .full, "\(text)")
        }
    }

    @Test func filesAreNamedFromTheLabFile() throws {
        let machine = try settings(
            "image: ../images/a.qcow2, disks: ['b.raw:ro', /c.raw], files: ['./d:/mnt'], append: x/y")
        #expect(machine.image == "/images/a.qcow2" && machine.kernelArguments == "x/y")
        #expect(machine.disks.map(\.path) == ["/labs/b.raw", "/c.raw"])
        #expect(machine.files.map(\.directory) == ["/labs/d"])
        let here = FileManager.default.currentDirectoryPath
        #expect(try settings("kernel: ./k", file: "lab.yml").kernel == "\(here)/k")
    }

    @Test func transport() throws {
        #expect(try settings("vcpus: 1").transport == .pci)
        #expect(try settings("transport: mmio").transport == .mmio)
        for text in ["transport: mmio, virtualization: full", "transport: isa"] {
            let problem = try #require(throws: (any Error).self) { _ = try settings(text) }
            #expect("\(problem)".contains(text.contains("full") ? "virtualization: para" : "pci"), "\(problem)")
        }
        let layers =
            "name: x\ntopology: {kinds: {vm: {transport: mmio}}, nodes: {vm1: {kind: vm, virtualization: full}}}"
        let problem = try #require(throws: (any Error).self) { _ = try LabFile(file: "/l").parse(layers) }
        #expect("\(problem)".contains("no virtio devices"), "\(problem)")
    }

    @Test func addressing() throws {
        #expect(try settings("addresses: cmdline").addressing == .commandLine)
        #expect(try settings("addresses: dhcp").addressing == .dhcp)
        #expect(try settings("addresses: cloud-init").addressing == .cloudInit)
        #expect(try settings("addresses: auto").addressing == nil)
    }
}
