import Glibc
import Lab
import Linux
import Testbed
import Testing
import Topology

/// What the tests of running labs need of the machine, and what is missing of it.
enum LabMeans {
    static let missing: String? = {
        if !Machine.isRoot { return "these tests need root" }
        if !Machine.hasTUN { return "these tests need /dev/net/tun" }
        if !File.exists(supervisor) { return "these tests need the built rookery-lab at \(supervisor)" }
        return nil
    }()
    static var areThere: Bool { missing == nil }

    static let supervisor = BuiltPrograms.path("rookery-lab")
}

/// A lab that is taken down when the test is done with it.
final class TestLab {
    let topology: LabTopology
    var name: String { topology.name }

    init(_ shape: String, name: String, _ change: (inout LabTopology) throws -> Void = { _ in }) throws {
        var topology = try BuiltinTopology(shape).topology()
        topology.name = "\(name)-\(getpid())"
        try AddressPlan().fill(&topology)
        try change(&topology)
        self.topology = topology
        try LabLauncher.up(topology, supervisor: LabMeans.supervisor)
    }

    deinit { try? LabLauncher.down(name) }

    func client() throws -> LabClient { try LabClient(lab: name) }

    /// Runs a program to its end; its status and what it wrote.
    func exec(_ node: String, _ command: String...) throws -> (status: Int32, output: String) {
        let pipe = try Pipe()
        let null = try File.open("/dev/null", O_RDWR)
        let client = try client()
        try client.send(
            .exec(ExecRequest(node: node, command: command)),
            descriptors: [null.rawValue, pipe.writeEnd.rawValue, pipe.writeEnd.rawValue])
        var status: Int32 = -1
        while let reply = try client.next() {
            if case .exited(let code) = reply { status = code }
            if case .failed(let reason) = reply { throw LabError(reason) }
            if case .started = reply { continue }
            break
        }
        let output = try pipe.split { (readEnd, writeEnd) throws(SystemError) -> [UInt8] in
            try writeEnd.close()
            try readEnd.setNonBlocking(true)
            var bytes = [UInt8](repeating: 0, count: 64 * 1024)
            let count = read(readEnd.rawValue, &bytes, bytes.count)
            return Array(bytes[..<max(0, count)])
        }
        return (status, String(decoding: output, as: UTF8.self))
    }

    func ping(_ request: PingRequest = PingRequest()) throws -> [PingResult] {
        var results: [PingResult] = []
        try client().request(.ping(request)) { reply in
            if case .pinged(let some) = reply { results += some }
        }
        return results
    }

    func status() throws -> LabStatus {
        guard case .status(let status) = try client().request(.status) else { throw LabError("no status") }
        return status
    }

    /// The parent of the supervisor.
    func guardian(of supervisor: Int32) throws -> Int32 {
        let fields = try File.readText("/proc/\(supervisor)/stat").split(separator: ")").last?.split(separator: " ")
        return Int32(fields?[1] ?? "") ?? -1
    }

    var paths: LabPaths { LabPaths(lab: name) }
}
