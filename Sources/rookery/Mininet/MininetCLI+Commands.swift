import Glibc
import Lab
import Linux
import Topology

/// The commands of Mininet's CLI.
enum MininetCommandName: String, CaseIterable {
    case end = "EOF"
    case dpctl, dump, exit, gterm, help, intfs, iperf, iperfudp, link, links, net, nodes, noecho, pingall, pingallfull
    case pingpair, pingpairfull, ports, px, py, quit, sh, source
    case switchState = "switch"
    case time, wait, x, xterm

    /// What `help` says of it.
    var help: String {
        switch self {
        case .end, .exit, .quit: "Exit"
        case .dpctl: "Run a dpctl (ovs-ofctl) command on all switches.\nUsage: dpctl command [arg1] [arg2] ..."
        case .dump: "Dump node info."
        case .gterm: "Spawn gnome-terminal(s) for the given node(s).\nUsage: gterm node1 node2 ..."
        case .help: "Describe available CLI commands."
        case .intfs: "List interfaces."
        case .iperf: "Simple iperf TCP test between two (optionally specified) hosts.\nUsage: iperf node1 node2"
        case .iperfudp:
            "Simple iperf UDP test between two (optionally specified) hosts.\nUsage: iperfudp bw node1 node2"
        case .link: "Bring link(s) between two nodes up or down.\nUsage: link node1 node2 [up/down]"
        case .links: "Report on links"
        case .net: "List network connections."
        case .nodes: "List all nodes."
        case .noecho: "Run an interactive command with echoing turned off.\nUsage: noecho [cmd args]"
        case .pingall: "Ping between all hosts.\nUsage: pingall [timeout]"
        case .pingallfull: "Ping between all hosts, returns all ping results."
        case .pingpair: "Ping between first two hosts, useful for testing."
        case .pingpairfull: "Ping between first two hosts, returns all ping results."
        case .ports: "display ports and interfaces for each switch"
        case .px: "Execute a Python statement.\nNode names may be used, e.g.: px print(h1.cmd('ls'))"
        case .py: "Evaluate a Python expression.\nNode names may be used, e.g.: py h1.cmd('ls')"
        case .sh: "Run an external shell command\nUsage: sh [cmd args]"
        case .source: "Read commands from an input file.\nUsage: source <file>"
        case .switchState: "Starts or stops a switch\nUsage: switch <switch name> {start, stop}"
        case .time: "Measure time taken for any command."
        case .wait: "Wait until all switches have connected to a controller"
        case .x: "Create an X11 tunnel to the given node,\noptionally starting a client.\nUsage: x node [cmd args]"
        case .xterm: "Spawn xterm(s) for the given node(s).\nUsage: xterm node1 node2 ..."
        }
    }
}

extension MininetCLI {
    func perform(_ command: MininetCommandName, _ line: String) throws {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        switch command {
        case .end:
            log.output("\n")
            hasEnded = true
        case .exit, .quit: hasEnded = true
        case .help: help(line)
        case .nodes:
            log.output("available nodes are: \n\(network.names.sorted().joined(separator: " "))\n")
        case .net: for name in network.names { log.output(connections(name)) }
        case .intfs:
            for name in network.names {
                log.output("\(name): \(network.interfaces(name).joined(separator: ","))\n")
            }
        case .links: try links()
        case .ports:
            for node in network.switches {
                let ports = node.interfaces.map { "\($0.name):\($0.port ?? 0) " }.joined()
                log.output("\(node.name) lo:0 \(ports)\n")
            }
        case .dump: for name in network.names { log.output(try description(name)) }
        case .pingall: try network.ping(timeout: line.isEmpty ? nil : line)
        case .pingallfull: try network.pingFull()
        case .pingpair: try network.ping(hosts: try pair())
        case .pingpairfull: try network.pingFull(hosts: try pair())
        case .iperf: try iperf(words)
        case .iperfudp: try iperfUDP(words)
        case .link: try setLink(words)
        case .switchState: try setSwitch(words)
        case .wait: try MininetNarration.waitForSwitches(network)
        case .dpctl: try dpctl(words)
        case .py: log.output(try network.python().run(.evaluate(line)))
        case .px: log.output(try network.python().run(.execute(line)))
        case .sh: runOnMachine(line)
        case .source:
            if words.count == 1 { source(words[0]) } else { log.error("usage: source <file>\n") }
        case .time:
            let start = MonotonicClock.now()
            run(line)
            let elapsed = Double(MonotonicClock.now() - start) / 1e9
            Standard.output.write("*** Elapsed time: \(decimal(elapsed, 6)) secs\n")
        case .noecho: noEcho(line)
        case .xterm, .gterm: try terminals(words, program: command.rawValue)
        case .x: try tunnel(words)
        }
    }

    private func help(_ topic: String) {
        guard topic.isEmpty else {
            let found = MininetCommandName(rawValue: topic)
            return log.output(found.map { $0.help + "\n" } ?? "*** No help on \(topic)\n")
        }
        let title = "Documented commands (type help <topic>):"
        log.output("\n\(title)\n\(String(repeating: "=", count: title.count))\n")
        log.output(Self.columns(MininetCommandName.allCases.map(\.rawValue).sorted(), width: 79))
        log.output(
            """

            You may also send a command to a node using:
              <node> command {args}
            For example:
              mininet> h1 ifconfig

            The interpreter automatically substitutes IP addresses
            for node names when a node is the first arg, so commands
            like
              mininet> h2 ping h3
            should work.

            Some character-oriented interactive commands require
            noecho:
              mininet> noecho h2 vi foo.py
            However, starting up an xterm/gterm is generally better:
              mininet> xterm h2


            """)
    }

    /// Words in as few rows as fit, down the columns.
    static func columns(_ words: [String], width: Int) -> String {
        for rows in 1..<(words.count + 1) {
            let columns = stride(from: 0, to: words.count, by: rows).map {
                Array(words[$0..<min($0 + rows, words.count)])
            }
            let widths = columns.map { $0.map(\.count).max() ?? 0 }
            guard widths.reduce(0, +) + 2 * (columns.count - 1) <= width || rows == words.count else { continue }
            var text = ""
            for row in 0..<rows {
                var line = ""
                for (column, cells) in columns.enumerated() where row < cells.count {
                    line += cells[row] + String(repeating: " ", count: widths[column] - cells[row].count + 2)
                }
                while line.last == " " { line.removeLast() }
                text += line + "\n"
            }
            return text
        }
        return ""
    }

    private func connections(_ name: String) -> String {
        var text = name
        for interface in network.interfaces(name) {
            text += " \(interface):" + (network.peer(name, interface)?.interface ?? " ")
        }
        return text + "\n"
    }

    private func links() throws {
        let topology = try LabClient(lab: network.lab).topology()
        for link in topology.links {
            let state = link.up ? "OK" : "MISSING"
            log.output("\(link.a.interface)<->\(link.b.interface) (\(state) \(state)) \n")
        }
    }

    private func description(_ name: String) throws -> String {
        let kind =
            network.isGuest(name)
            ? "VM" : network.isHost(name) ? "Host" : network.controllers.contains(name) ? "Controller" : "OVSBridge"
        if kind == "Controller" { return "<Controller \(name): 127.0.0.1:6653 pid=\(getpid())> \n" }
        let interfaces = network.interfaces(name).map { interface in
            "\(interface):\(interface == "lo" ? "127.0.0.1" : network.plannedAddress(name, interface) ?? "None")"
        }
        return "<\(kind) \(name): \(interfaces.joined(separator: ",")) pid=\(try network.pid(name))> \n"
    }

    private func pair() throws -> [String] {
        guard network.hosts.count >= 2 else { throw CommandError("there are fewer than two hosts") }
        return network.hosts.prefix(2).map(\.name)
    }

    /// Whether all are nodes; says which are not.
    private func areNodes(_ names: some Sequence<String>) -> Bool {
        var areAll = true
        for name in names where !network.contains(name) {
            log.error("node '\(name)' not in network\n")
            areAll = false
        }
        return areAll
    }

    private func iperf(_ words: [String]) throws {
        switch words.count {
        case 0: try network.iperf()
        case 2: if areNodes(words) { try network.iperf(client: words[0], server: words[1]) }
        default: log.error("invalid number of args: iperf src dst\n")
        }
    }

    private func iperfUDP(_ words: [String]) throws {
        switch words.count {
        case 0: try network.iperf(udp: true)
        case 3:
            if areNodes(words.dropFirst()) {
                try network.iperf(client: words[1], server: words[2], udp: true, bandwidth: words[0])
            }
        default: log.error("invalid number of args: iperfudp bw src dst\nbw examples: 10M\n")
        }
    }

    private func setLink(_ words: [String]) throws {
        guard words.count == 3 else { return log.error("invalid number of args: link end1 end2 [up down]\n") }
        guard ["up", "down"].contains(words[2]) else { return log.error("invalid type: link end1 end2 [up down]\n") }
        if let problem = try network.setLinks(words[0], words[1], up: words[2] == "up") { log.error(problem) }
    }

    private func setSwitch(_ words: [String]) throws {
        guard words.count == 2 else {
            return log.error("invalid number of args: switch <switch name>{start, stop}\n")
        }
        guard network.switches.contains(where: { $0.name == words[0] }) else {
            return log.error("invalid switch: \(words[0])\n")
        }
        switch words[1] {
        case "start": try network.setSwitch(words[0], running: true)
        case "stop": try network.setSwitch(words[0], running: false)
        default: log.error("invalid command: switch <switch name> {start, stop}\n")
        }
    }

    private func dpctl(_ words: [String]) throws {
        if words.isEmpty { return log.error("usage: dpctl command [arg1] [arg2] ...\n") }
        for node in network.switches {
            log.output("*** \(node.name) \(String(repeating: "-", count: 72))\n")
            log.output(try network.dpctl(node.name, words))
        }
    }

    private func runOnMachine(_ line: String) {
        do throws(SpawnError) {
            let child = try Spawn("/bin/sh", ["sh", "-c", line]).start()
            _ = try? child.wait()
            _ = Interrupts.take()
        } catch {
            log.error("\(error)\n")
        }
    }

    private func noEcho(_ line: String) {
        var settings = termios()
        let isTerminal = tcgetattr(0, &settings) == 0
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        if isTerminal { tcsetattr(0, TCSANOW, &silent) }
        let first = String(line.prefix { !$0.isWhitespace })
        if network.contains(first) {
            do { try runOnNode(first, line.dropFirst(first.count).trimmingSpaces) } catch {
                log.error("*** Error: \(error)\n")
            }
        } else {
            log.error("*** Unknown command: \(line)\n")
        }
        if isTerminal { tcsetattr(0, TCSANOW, &settings) }
    }

    private func terminals(_ names: [String], program: String) throws {
        if names.isEmpty { return log.error("usage: \(program) node1 node2 ...\n") }
        for name in names where areNodes([name]) { try MininetTerminals.open(name, program: program, network) }
    }

    private func tunnel(_ words: [String]) throws {
        guard let name = words.first else { return log.error("usage: x node [cmd args]...\n") }
        guard areNodes([name]) else { return }
        // X clients on a host reach the machine's display through its Unix socket, which hosts share with the machine.
        let command = words.dropFirst().joined(separator: " ")
        try MininetTerminals.requireDisplay()
        try runOnNode(name, "\(command.isEmpty ? "xterm" : command) &")
    }
}
