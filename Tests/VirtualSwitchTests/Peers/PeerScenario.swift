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
    private static let names = ["learning", "monitor", "router", "firewall", "rest", "spanning_tree", "mininet"]

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

    /// What a scenario printed, once it has ended, which it must with status 0.
    static func lines(_ name: String, seconds: Int32 = 90) throws -> [String] {
        let scenario = try #require(all[name]).get()
        var ended = pollfd(fd: scenario.child.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        if poll(&ended, 1, seconds * 1000) == 0 { try scenario.child.signal(SIGKILL) }
        let status = try scenario.child.wait().shellStatus
        let text = scenario.text()
        #expect(status == 0, "\(text)")
        return text.split(separator: "\n").map { $0.trimmed }
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
    static let openVSwitchTools =
        geteuid() == 0 && has("ovs-vsctl") && has("ovs-ofctl") && has("unshare") && has("ping")
    static let mininet = openVSwitchTools && has("mn") && osKen
    static let toolsNeeded: Comment = "needs root, openvswitch-switch's tools, unshare and ping"
    static let mininetNeeded: Comment = "needs mininet, python3-os-ken and openvswitch-switch's tools"
    static let samples =
        openVSwitchTools && osKen && sampleFolders.contains { File.exists($0 + "/simple_switch_13.py") }
    static let samplesNeeded: Comment =
        "needs python3-os-ken and its sample applications: a checkout of faucetsdn/ryu in $CONFORMANCE_DIR/src/ryu"

    private static let osKen = File.exists("/usr/lib/python3/dist-packages/os_ken/__init__.py")
    private static let sampleFolders: [String] = {
        let variable = { (name: String) in getenv(name).map { String(cString: $0) } }
        let root = variable("CONFORMANCE_DIR") ?? (variable("HOME") ?? "/root") + "/conformance"
        return [root + "/src/os-ken/os_ken/app", root + "/src/ryu/ryu/app"]
    }()

    private static func has(_ program: String) -> Bool {
        (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").contains {
            access("\($0)/\(program)", X_OK) == 0
        }
    }
}
