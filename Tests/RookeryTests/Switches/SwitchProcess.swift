import Glibc
import Linux
import Testbed
import Testing

/// A switch in a network namespace of its own, with its sockets in a directory of its own.
final class SwitchProcess {
    /// Whose switch it is.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case rookery
        case openVSwitch
        var testDescription: String { rawValue }
        /// Those that this machine has.
        static let present = allCases.filter { $0 == .rookery || Machine.has("ovs-vswitchd") }
    }

    let kind: Kind
    private let files = TemporaryDirectory()
    private var programs: [RunningProgram] = []
    /// The processes that hold hosts' namespaces.
    private var hosts: [String: Int32] = [:]

    /// Where its sockets are.
    var directory: String { files.path }

    init(_ kind: Kind) throws {
        self.kind = kind
        switch kind {
        case .rookery:
            try start(
                "--net", BuiltPrograms.path("rookery-switchd"), "--run-dir", directory, "--database",
                directory + "/conf.db", "--log-file", directory + "/log")
        case .openVSwitch:
            try run("ovsdb-tool create \(directory)/conf.db /usr/share/openvswitch/vswitch.ovsschema")
            let common = "--log-file=/dev/null --verbose=off"
            try start(
                "sh", "-c",
                "exec ovsdb-server \(directory)/conf.db --remote=punix:\(directory)/db.sock --pidfile \(common)")
            _ = eventually { File.exists(directory + "/db.sock") }
            try start("--net", "sh", "-c", "exec ovs-vswitchd unix:\(directory)/db.sock --pidfile \(common)")
        }
        let isUp = eventually { File.exists(directory + "/db.sock") && File.exists(directory + "/ovs-vswitchd.pid") }
        try #require(isUp, "\(kind) has not started: \((try? File.readText(directory + "/log")) ?? "")")
    }

    @discardableResult
    private func start(_ arguments: String...) throws -> RunningProgram {
        let program = try RunningProgram(
            ["unshare"] + arguments, environment: ["OVS_RUNDIR": directory, "OVS_LOGDIR": directory])
        programs.append(program)
        return program
    }

    private func run(_ script: String) throws {
        let run = try ProgramRun("sh", "-c", script)
        #expect(run.status == 0, "\(script): \(run.all)")
    }

    /// Sets an interface of the switch's network namespace up.
    func setUp(_ interface: String) throws {
        let pid = try File.readText(directory + "/ovs-vswitchd.pid").filter { $0 != "\n" }
        try run("nsenter --target \(pid) --net ip link set \(interface) up")
    }

    // MARK: Hosts

    /// Joins a host (a network namespace with an address) to a bridge by a veth pair.
    func addHost(_ name: String, address: String, to bridge: String) throws {
        let host = try startHost()
        let pid = try File.readText(directory + "/ovs-vswitchd.pid").filter { $0 != "\n" }
        try run(
            """
            set -e
            nsenter --target \(pid) --net ip link add v\(name) type veth peer name \(name)
            nsenter --target \(pid) --net ip link set \(name) netns \(host)
            nsenter --target \(pid) --net ip link set v\(name) up
            nsenter --target \(host) --net ip address add \(address)/24 dev \(name)
            nsenter --target \(host) --net ip link set \(name) up
            """)
        hosts[name] = host
        _ = try text("add-port", bridge, "v\(name)")
    }

    /// A process in a network namespace of its own.
    private func startHost() throws -> Int32 {
        let before = Namespace.identity(try File.open("/proc/self/ns/net", O_RDONLY))
        let pid = try start("--net", "sleep", "1000").pid
        _ = eventually {
            guard let own = try? File.open("/proc/\(pid)/ns/net", O_RDONLY) else { return false }
            return Namespace.identity(own) != before
        }
        return pid
    }

    /// Whether a host has an answer to one of `count` pings, a fifth of a second apart.
    func ping(_ host: String, _ address: String, count: Int = 10) throws -> Bool {
        try ProgramRun(
            "nsenter", "--target", "\(hosts[host] ?? 0)", "--net", "ping", "-q", "-c", "1", "-i", "0.2", "-w",
            "\(count)",
            address
        ).status == 0
    }

    deinit {
        // The newest first.
        while !programs.isEmpty { programs.removeLast() }
    }

    /// `rookery switch …` on it.
    func run(_ verb: String, _ arguments: String..., input: String = "") throws -> ProgramRun {
        try Program.run(
            ["switch", verb, "--db", "unix:\(directory)/db.sock"] + arguments, input: input, runDirectory: directory)
    }

    /// The same, which must work; what it printed.
    func text(_ verb: String, _ arguments: String..., input: String = "") throws -> String {
        let outcome = try Program.run(
            ["switch", verb, "--db", "unix:\(directory)/db.sock"] + arguments, input: input, runDirectory: directory)
        #expect(outcome.status == 0, "\(kind) \(verb) \(arguments): \(outcome.all)")
        return outcome.output
    }
}
