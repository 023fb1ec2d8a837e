import Glibc
import Linux
import Testing

/// A run of `Scripts/scenario.py`: other people's controllers and tools with `rookery-switchd`, in namespaces of its own, where
/// the paths that the tools look in are private. It prints a line for each thing that happened.
///
/// The scenarios mostly wait (for Python to start, for packets not to arrive), so that all of them are run at the same time, by
/// the first test that asks for one.
final class PeerScenario: @unchecked Sendable {
    private static let all = Dictionary(
        uniqueKeysWithValues: names.map { name in (name, Result { try PeerScenario(name) }) })
    private static let names =
        [
            "learning", "monitor", "router", "firewall", "firewall_of_networks", "rest", "spanning_tree", "multicast",
            "aggregation", "discovery", "quality",
        ].filter { _ in PeersOnThisMachine.hasSamples }
        + ["roles"].filter { _ in PeersOnThisMachine.hasSamples }
        + ["test_controller", "encrypted", "passive"].filter { _ in PeersOnThisMachine.hasTestController }
        + ["library", "manager"].filter { _ in PeersOnThisMachine.hasLibrary }
        + ["mininet"].filter { _ in PeersOnThisMachine.hasMininet }

    private let child: ChildProcess
    private let file: Int32

    private init(_ name: String) throws {
        var template = Array("/tmp/rookery-peers.XXXXXX".utf8CString)
        file = mkstemp(&template)
        unlink(template)
        var spawn = Spawn(
            "unshare",
            [
                "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "/usr/bin/python3",
                "-B",
                Self.folder + "/Scripts/scenario.py", name,
            ])
        // SWITCHD=ovs in the environment runs the scenarios with Open vSwitch.
        if getenv("SWITCHD") == nil { spawn.environment.append("SWITCHD=\(Self.programs)/rookery-switchd") }
        spawn.descriptors = [(file, 1), (file, 2)]
        spawn.newSession = true
        child = try spawn.start()
    }

    /// Waits for a scenario, which must end with status 0, and compares what it has printed.
    static func expect(_ name: String, _ lines: [String], seconds: Int32 = 90) throws {
        let scenario = try #require(all[name]).get()
        var ended = pollfd(fd: scenario.child.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        if poll(&ended, 1, seconds * 1000) == 0 { try scenario.child.signal(SIGKILL) }
        let status = try scenario.child.wait().shellStatus
        let text = scenario.text()
        #expect(status == 0 && text.split(separator: "\n").map(\.trimmed) == lines, "status \(status)\n\(text)")
    }

    private func text() -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = pread(file, &chunk, chunk.count, bytes.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let folder = String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.endIndex)])

    /// Where the executables are: beside the tests' own.
    private static let programs: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let path = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// What the scenarios need of the machine.
enum PeersOnThisMachine {
    private static let hasTools =
        geteuid() == 0 && has("ovs-vsctl") && has("ovs-ofctl") && has("unshare") && has("ping") && has("ss")
    static let hasTestController = hasTools && has("ovs-testcontroller") && has("openssl")
    static let testControllerNeeded: Comment =
        "needs root, openvswitch-switch's tools, openvswitch-testcontroller, openssl, unshare, iproute2 and ping"
    static let hasLibrary = hasTools && has(module: "ovs") && has(module: "os_ken")
    static let libraryNeeded: Comment = "needs root, openvswitch-switch's tools, python3-openvswitch and python3-os-ken"
    static let hasMininet = hasTools && has("mn")
    static let mininetNeeded: Comment = "needs root, openvswitch-switch's tools and mininet"
    static let hasSamples =
        hasTools && has(module: "os_ken") && sampleFolders.contains { File.exists($0 + "/simple_switch_13.py") }
    static let samplesNeeded: Comment =
        "needs python3-os-ken and its sample applications: os-ken 1.4 or faucetsdn/ryu in $CONFORMANCE_DIR/src"

    private static let sampleFolders: [String] = {
        let variable = { (name: String) in getenv(name).map { String(cString: $0) } }
        let root = variable("CONFORMANCE_DIR") ?? (variable("HOME") ?? "/root") + "/conformance"
        return [root + "/src/os-ken/os_ken/app", root + "/src/ryu/ryu/app"]
    }()

    private static func has(module: String) -> Bool {
        File.exists("/usr/lib/python3/dist-packages/\(module)/__init__.py")
    }

    private static func has(_ program: String) -> Bool {
        (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").contains {
            access("\($0)/\(program)", X_OK) == 0
        }
    }
}
