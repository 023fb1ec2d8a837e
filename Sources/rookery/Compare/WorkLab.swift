import Glibc
import Lab
import Linux
import Topology
import VirtualMachine
import Wire

/// A lab of one switch with what does the works on one side, and a process that answers on the other.
final class WorkLab {
    static let port = 5001
    let name: String
    /// Address and port of the other end, as requests have them.
    let peer: String
    private(set) var channel: WorkChannel
    private(set) var machine: WorkMachine?
    /// What runs on the lab's hosts ends with these.
    private let programs: [LabClient]

    /// Brings it up, and waits until both ends are there.
    init(
        _ kind: ComparedKind, guest: WorkGuest?, cpu: VMConfiguration.CPU, program: String,
        scratch: ComparisonScratch, endSignals: Int32
    ) throws {
        name = scratch.name
        let topology = try LabFile(file: "the comparison's lab").parse(
            Self.text(name: scratch.name, kind, guest: guest, cpu: cpu))
        guard let address = topology.nodes.first(where: { $0.name == "peer" })?.interfaces.first?.ipv4.first else {
            throw CommandError("the lab's other end has no address")
        }
        peer = "\(address.address) \(Self.port)"
        try LabLauncher.up(topology)
        do {
            let (answering, peerChannel) = try Self.start(
                [program, "peer", "\(Self.port)"], on: "peer", lab: scratch.name, endSignals)
            try peerChannel.waitUntilReady(patience: 10)
            if kind == .process {
                let (working, workChannel) = try Self.start(
                    [program, "serve"], on: "guest", lab: scratch.name, endSignals)
                programs = [answering, working]
                channel = workChannel
            } else {
                let paths = VMPaths(directory: LabPaths(lab: scratch.name).machine("guest"))
                let started = try WorkMachine(VMClient("guest", paths: paths), endSignals: endSignals)
                machine = started
                programs = [answering]
                channel = started.channel
            }
            self.peerChannel = peerChannel
            try channel.waitUntilReady(patience: VirtualizationComparison.bootPatience)
        } catch {
            try? LabLauncher.down(scratch.name)
            throw error
        }
    }

    /// Its pipe keeps the other end alive.
    private let peerChannel: WorkChannel

    func end() { try? LabLauncher.down(name) }

    private static func start(
        _ command: [String], on node: String, lab: String, _ endSignals: Int32
    ) throws -> (LabClient, WorkChannel) {
        let ends = try PipePair()
        let client = try LabClient(lab: lab)
        try client.send(
            .exec(ExecRequest(node: node, command: command)),
            descriptors: [ends.childInput.rawValue, ends.childOutput.rawValue, ends.childOutput.rawValue])
        return (client, ends.channel(endSignals))
    }

    /// The lab file.
    static func text(name: String, _ kind: ComparedKind, guest: WorkGuest?, cpu: VMConfiguration.CPU) -> String {
        var node = "kind: process"
        if let guest, let virtualization = kind.virtualization {
            node = """
                kind: vm, virtualization: \(virtualization.rawValue), cpu: \(cpu.rawValue), \
                memory: \(WorkGuest.memory >> 20)M, kernel: \(quoted(guest.kernel)), \
                initrd: \(quoted(guest.initialRAMDisk)), append: cryptomgr.notests
                """
        }
        return """
            name: \(name)
            topology:
              nodes:
                s1: { kind: switch }
                peer: { kind: process }
                guest: { \(node) }
              links:
                - { endpoints: ["peer:eth0", "s1"] }
                - { endpoints: ["guest:eth0", "s1"] }

            """
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
