import Lab
import Linux
import VirtualMachine

/// Machines by name, and the program that each of them is run by.
enum VMMachines {
    /// The monitor: beside this program, or in the PATH.
    static var monitor: String { SiblingProgram.path("rookery-vmm") ?? "rookery-vmm" }

    /// The machines of this user: those of `rookery vm run`, and those of labs, which are called LAB/NODE.
    static var all: [VMClient] { VMPaths.machines.map { VMClient($0) } + ofLabs }

    private static var ofLabs: [VMClient] {
        LabLauncher.list().flatMap { lab in
            let nodes = (try? File.list(LabPaths(lab: lab.name).machines)) ?? []
            return nodes.map { ofLab(lab.name, $0) }
        }
    }

    static func ofLab(_ lab: String, _ node: String) -> VMClient {
        VMClient("\(lab)/\(node)", paths: VMPaths(directory: LabPaths(lab: lab).machine(node)))
    }

    /// The machine of this name; with no name, the one that runs.
    /// - Parameter name: LAB/NODE for one of a lab; NODE alone where that is clear.
    static func find(_ name: String?, running: Bool = true) throws(CommandError) -> VMClient {
        if let name {
            let client = try client(name)
            if running && !client.paths.isRunning {
                throw CommandError("the machine '\(client.name)' does not run", remedy: "rookery vm run starts one")
            }
            return client
        }
        let running = all.filter { $0.paths.isRunning }
        if running.isEmpty { throw CommandError("no machine runs", remedy: "rookery vm run mini starts one") }
        if running.count > 1 {
            throw CommandError.usage(
                "\(running.count) machines run", remedy: "name one: \(running.map(\.name).joined(separator: ", "))")
        }
        return running[0]
    }

    private static func client(_ name: String) throws(CommandError) -> VMClient {
        let found: [VMClient]
        if name.contains("/") {
            found = ofLabs.filter { $0.name == name }
        } else {
            let own = VMClient(name)
            found =
                (try? VMName.validate(name)) != nil && File.exists(own.paths.directory)
                ? [own] : ofLabs.filter { $0.name.hasSuffix("/" + name) }
        }
        if found.isEmpty { throw CommandError("no machine '\(name)'", remedy: "rookery vm ls lists the machines") }
        if found.count > 1 {
            throw CommandError.usage(
                "\(found.count) labs have a machine '\(name)'",
                remedy: "name one: \(found.map(\.name).joined(separator: ", "))")
        }
        return found[0]
    }

    /// A name that no machine has: the image's, maybe with a number.
    static func freeName(_ base: String) -> String {
        let plain = String(base.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "-" })
        let start = String(plain.drop { $0 == "-" }.prefix(40))
        let stem = start.isEmpty ? "vm" : start
        var name = stem
        var number = 2
        while File.exists(VMPaths(machine: name).directory) {
            name = "\(stem)-\(number)"
            number += 1
        }
        return name
    }
}

/// What a machine is, for JSON.
struct VMReport: Codable {
    struct Exits: Codable {
        var device: String
        var reads: Int
        var writes: Int
    }

    var name: String
    var state: String
    var process: Int32
    var virtualization: String
    /// Of a para machine's devices: pci or mmio.
    var transport: String?
    var cpu: String
    var vcpus: Int
    /// Bytes.
    var memory: UInt64
    /// Seconds of the machine's own time.
    var uptime: Double
    var end: String?
    var exitStatus: Int32?
    var consoleLog: String
    var consoleBytes: Int
    var exits: [Exits]
    /// What has gone wrong on the host's side.
    var faults: [String]

    init(_ client: VMClient, _ status: VMStatus) {
        name = client.name
        state = status.state.rawValue
        process = status.process
        virtualization = status.virtualization
        transport = status.transport.isEmpty ? nil : status.transport
        cpu = status.cpu
        vcpus = status.processors
        memory = status.memory
        uptime = Double(status.uptime) / 1e9
        end = status.end
        exitStatus = status.exitStatus
        consoleLog = client.paths.consoleLog
        consoleBytes = status.consoleByteCount
        faults = status.faults
        exits = status.exits.map { Exits(device: $0.device, reads: $0.reads, writes: $0.writes) }
    }
}

extension VMClient {
    /// Whether it is a lab's, whose run directory is the lab's, too.
    var isOfLab: Bool { name.contains("/") }
}
