import Glibc
import Lab
import Linux
import Topology

// Mininet's iperf test: a server on one host, a client on another, and the rate that each of them prints last. With
// iperf, or with iperf3 where only that is installed; both print `9.50 Gbits/sec`.

extension EmulatedNetwork {
    /// - Returns: the rates of server and client as the tools print them; with UDP the rate asked for in front.
    @discardableResult
    func iperf(
        client: String? = nil, server: String? = nil, udp: Bool = false, bandwidth: String = "10M", seconds: Int = 5
    ) throws -> [String] {
        guard let client = client ?? hosts.first?.name, let server = server ?? hosts.last?.name else {
            throw CommandError("iperf needs two hosts")
        }
        for name in [client, server] where !isHost(name) {
            throw CommandError("iperf runs on hosts, and \(name) is none")
        }
        guard let address = address(server) else { throw CommandError("\(server) has no IPv4 address") }
        log.output("*** Iperf: testing \(udp ? "UDP" : "TCP") bandwidth between \(client) and \(server) \n")
        // Guests have iperf3 alone.
        let isOld = MachineCheck.find("iperf") != nil && !isGuest(client) && !isGuest(server)
        guard isOld || MachineCheck.find("iperf3") != nil else {
            let isMixed = isGuest(client) || isGuest(server)
            throw CommandError(
                isMixed ? "guests have iperf3, and it is not installed here" : "neither iperf nor iperf3 is installed",
                remedy: isMixed ? "apt install iperf3" : "apt install iperf")
        }
        let protocolWords = udp ? ["-u"] : []
        let listening: [String]
        var calling: [String]
        if isOld {
            listening = ["iperf", "-p", "5001"] + protocolWords + ["-s"]
            calling = ["iperf", "-p", "5001"] + protocolWords + ["-t", "\(seconds)", "-c", address]
        } else {
            listening = ["iperf3", "-p", "5001", "-s", "-1", "--forceflush"]
            calling = ["iperf3", "-p", "5001"] + protocolWords + ["-t", "\(seconds)", "-c", address]
        }
        if udp { calling += ["-b", bandwidth] }

        let serving = try HostProgram(lab: lab, node: server, command: listening)
        defer { serving.end() }
        guard try serving.read(until: { $0.contains("listening") || $0.contains("failed") }, milliseconds: 10_000),
            !serving.output.contains("failed")
        else {
            throw CommandError("iperf's server on \(server) does not listen: \(serving.output.trimmingSpaces)")
        }
        let calledAt = serving.output.count
        let asking = try HostProgram(lab: lab, node: client, command: calling)
        defer { asking.end() }
        let status = try asking.finish()
        log.debug("Client output: \(asking.output)\n")
        // The server prints its own figure a moment after the client's last packet.
        _ = try serving.read(
            until: { Self.lastRate(String($0.dropFirst(calledAt))) != nil && (isOld || $0.contains("receiver")) },
            milliseconds: 5000)
        log.debug("Server output: \(serving.output)\n")
        guard let asked = Self.lastRate(asking.output) else {
            throw CommandError("iperf from \(client) to \(server) failed (\(status)): \(asking.output.trimmingSpaces)")
        }
        var rates = [Self.lastRate(String(serving.output.dropFirst(calledAt))) ?? asked, asked]
        if udp { rates.insert(bandwidth, at: 0) }
        log.output("*** Results: [\(rates.map { "'\($0)'" }.joined(separator: ", "))]\n")
        return rates
    }

    /// The last `9.50 Gbits/sec` of a text.
    static func lastRate(_ text: String) -> String? {
        var found: String?
        var words: [Substring] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            if word.hasSuffix("/sec"), let number = words.last, !number.isEmpty,
                number.allSatisfy({ $0.isNumber || $0 == "." })
            {
                found = "\(number) \(word)"
            }
            words.append(word)
        }
        return found
    }
}

/// A program on a host whose output is read here. It has a terminal, so that its output comes by the line.
final class HostProgram {
    private let client: LabClient
    private let controller: FileDescriptor
    private(set) var output = ""
    private var status: Int32?

    init(lab: String, node: String, command: [String]) throws {
        client = try LabClient(lab: lab)
        let pair = try PseudoTerminal().split { (controller, terminal) in (controller.release(), terminal.release()) }
        controller = FileDescriptor(owning: pair.0)
        defer { close(pair.1) }
        try client.send(.exec(ExecRequest(node: node, command: command, terminal: true)), descriptors: [pair.1])
        while true {
            switch try client.next() {
            case .started?: return
            case .failed(let reason)?: throw LabError(reason)
            case nil: throw LabError("the lab ended", kind: .disconnected)
            default: continue
            }
        }
    }

    /// Reads until the output has what is wanted.
    /// - Returns: false when the time is up or the program has ended before.
    func read(until isEnough: (String) -> Bool, milliseconds: Int32) throws -> Bool {
        let deadline = MonotonicClock.now() + UInt64(milliseconds) * 1_000_000
        while !isEnough(output) {
            let now = MonotonicClock.now()
            guard now < deadline else { return false }
            let left = Int32((deadline - now) / 1_000_000) + 1
            guard try Interrupts.waitReadable(controller.rawValue, timeoutMilliseconds: left) else { continue }
            guard take() else { return isEnough(output) }
        }
        return true
    }

    /// Reads to the program's end and returns its exit status.
    func finish() throws -> Int32 {
        while true {
            guard try Interrupts.waitReadable(controller.rawValue) else { continue }
            if !take() { break }
        }
        while let reply = try client.next() {
            if case .exited(let status) = reply { return status }
            if case .failed(let reason) = reply { throw LabError(reason) }
        }
        return 1
    }

    private func take() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(controller.rawValue, &buffer, buffer.count)
        if count < 0, errno == EINTR { return true }
        guard count > 0 else { return false }
        output += String(decoding: buffer[..<count], as: UTF8.self)
        return true
    }

    /// Ctrl-C.
    func end() { try? client.send(.signal(SIGINT)) }
}
