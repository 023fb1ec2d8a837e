import FoundationEssentials
import Glibc
import Linux
import Topology

// `py` and `px`: a Python process holds objects for the network and its nodes; their methods come back here as calls,
// one line of JSON each way, until the expression is done.

/// A Python that knows the network.
final class PythonBridge {
    private let process: ChildProcess
    private let replies: FileDescriptor
    private let requests: FileDescriptor
    private var pending: [UInt8] = []
    private unowned let network: EmulatedNetwork

    enum Task {
        case evaluate(String)
        case execute(String)
        /// A test of a custom file or a method of the network: `iperf,seconds=2`.
        case test(String)
    }

    private struct Message: Decodable {
        var call: String?
        var arguments: [String]?
        var done: String?
    }

    private struct Reply: Encodable {
        var text: String?
        var list: [String]?
        var error: String?
    }

    private struct Description: Encodable {
        var lab: String
        var rookery: String
        var hosts: [String]
        var switches: [String]
        var controllers: [String]
        var links: [[String]]
    }

    init(_ network: EmulatedNetwork) throws {
        self.network = network
        let down = try Pipe()
        let up = try Pipe()
        var spawn = Spawn("python3", ["python3", "-c", PythonSource.bridge])
        spawn.descriptors = [(down.readEnd.rawValue, 3), (up.writeEnd.rawValue, 4)]
        do throws(SpawnError) { process = try spawn.start() } catch {
            throw CommandError("py and px run in Python: \(error)", remedy: "apt install python3")
        }
        replies = FileDescriptor(
            owning: try down.split { (read, write) throws(SystemError) in
                try read.close()
                return write.release()
            })
        requests = FileDescriptor(
            owning: try up.split { (read, write) throws(SystemError) in
                try write.close()
                return read.release()
            })
        try send(
            Description(
                lab: network.lab, rookery: "/proc/\(getpid())/exe", hosts: network.hosts.map(\.name),
                switches: network.switches.map(\.name), controllers: network.controllers,
                links: network.topology.links.map { [$0.a.node, $0.a.interface, $0.b.node, $0.b.interface] }))
    }

    deinit {
        // Its standard input of tasks ends with us; a task that hangs is not waited for.
        try? process.signal(SIGKILL)
        _ = try? process.wait()
    }

    /// Runs a task to its end and returns what the CLI prints.
    func run(_ task: Task) throws -> String {
        struct Request: Encodable {
            var kind: String
            var source: String
            var files: [String]
        }
        let request =
            switch task {
            case .evaluate(let source): Request(kind: "eval", source: source, files: [])
            case .execute(let source): Request(kind: "exec", source: source, files: [])
            case .test(let source): Request(kind: "test", source: source, files: network.customFiles)
            }
        try send(request)
        while true {
            let message = try next()
            if let text = message.done { return text }
            guard let call = message.call else { continue }
            var reply: Reply
            do {
                reply = try answer(call, message.arguments ?? [])
            } catch {
                reply = Reply(error: "\(error)")
            }
            try send(reply)
        }
    }

    private func answer(_ call: String, _ arguments: [String]) throws -> Reply {
        func argument(_ place: Int) -> String { arguments.indices.contains(place) ? arguments[place] : "" }
        func interface(_ place: Int) -> String? { argument(place).isEmpty ? nil : argument(place) }
        let node = argument(0)
        switch call {
        case "cmd": return Reply(text: try network.run(argument(1), on: node))
        case "pid": return Reply(text: "\(try network.pid(node))")
        case "ip":
            let address =
                interface(1) == nil ? network.address(node) : network.plannedAddress(node, interface(1))
            return Reply(text: address ?? "")
        case "mac": return Reply(text: network.mac(node, interface(1)) ?? "")
        case "intfs": return Reply(list: network.interfaces(node))
        case "setIP":
            let name = interface(2) ?? network.node(node)?.interfaces.first?.name ?? ""
            return Reply(
                text: try network.run(
                    "ip address flush dev \(name); ip address add \(argument(1)) dev \(name)", on: node))
        case "ping":
            let hosts = Array(arguments.dropFirst())
            let loss = try network.ping(hosts: hosts.isEmpty ? nil : hosts, timeout: interface(0))
            return Reply(text: "\(loss)")
        case "pingFull":
            try network.pingFull(hosts: nil)
            return Reply(text: "")
        case "iperf":
            let rates = try network.iperf(
                client: argument(0), server: argument(1), udp: argument(2) == "UDP", bandwidth: argument(3),
                seconds: Int(argument(4)) ?? 5)
            return Reply(list: rates)
        case "link":
            if let problem = try network.setLinks(argument(0), argument(1), up: argument(2) == "up") {
                return Reply(error: problem)
            }
            return Reply(text: "")
        case "dpctl": return Reply(text: try network.dpctl(node, Array(arguments.dropFirst())))
        case "switch":
            try network.setSwitch(node, running: argument(1) == "start")
            return Reply(text: "")
        default: return Reply(error: "\(call) is not known here")
        }
    }

    private func send(_ value: some Encodable) throws {
        try replies.writeAll(String(decoding: try JSONEncoder().encode(value), as: UTF8.self) + "\n")
    }

    private func next() throws -> Message {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(pending[..<end])
                pending.removeFirst(end + 1)
                return try JSONDecoder().decode(Message.self, from: line)
            }
            var buffer = [UInt8](repeating: 0, count: 16384)
            let count = read(requests.rawValue, &buffer, buffer.count)
            // Python has had the same Ctrl-C and says so itself.
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                network.forgetPython()
                throw CommandError("Python has ended")
            }
            pending += buffer[..<count]
        }
    }
}
