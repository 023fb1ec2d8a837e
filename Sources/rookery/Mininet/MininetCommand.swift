import Glibc
import Lab
import Linux
import Topology
import Wire

/// `rookery mn`: what Mininet's `mn` does, from options to exit status.
struct MininetCommand {
    private let options: MininetOptions
    private let log: MininetLog

    /// Runs `mn` with these arguments and returns the exit status.
    static func main(_ arguments: [String]) -> Int32 {
        let options: MininetOptions
        do throws(MininetOptions.Mistake) { options = try MininetOptions(arguments) } catch {
            Standard.error.write("\(MininetOptions.usage)\nmn: error: \(error.text)\n")
            return 2
        }
        if options.help {
            Standard.output.write(MininetOptions.helpText)
            return 0
        }
        if options.version {
            // Scripts compare it with Mininet's own.
            Standard.error.write("2.3.0\n")
            return 0
        }
        let log = MininetLog(level: MininetLog.Level(name: options.verbosity) ?? .info)
        do {
            return try MininetCommand(options: options, log: log).run()
        } catch let error as Interrupts.Interrupted {
            log.info("\n\nKeyboard Interrupt. Shutting down and cleaning up...\n\n")
            return 128 + error.signal
        } catch {
            Standard.error.write("rookery mn: \(error)\n")
            return (error as? CommandError)?.status ?? 1
        }
    }

    private func run() throws -> Int32 {
        if options.clean { return try cleanUp() }
        let start = MonotonicClock.now()
        if log.level > .output {
            log.warning(
                "*** WARNING: selected verbosity level (\(options.verbosity)) will hide CLI output!\n"
                    + "Please restart Mininet with -v [debug, info, output].\n")
        }
        let controllers = try check()
        let custom =
            try options.custom.isEmpty
            ? nil : CustomTopology.load(files: options.custom, topology: options.topology)
        for note in custom?.notes ?? [] { log.warning("*** \(note)\n") }
        try checkTests(custom)
        var network = try MininetTopology(options, custom: custom)
        network.topology.name = Self.freeName()
        if controllers.isEmpty, options.switchKind.parameters["failMode"] == "secure" {
            for index in network.topology.nodes.indices { network.topology.nodes[index].bridge.failMode = .secure }
        }
        connectRemoteControllers(&network)
        try Interrupts.install()
        MininetNarration.building(network, log)
        try Self.bringUp(&network.topology)
        let lab = network.topology.name
        var isUp = true
        defer { if isUp { try? LabLauncher.down(lab) } }
        MininetNarration.configured(network.topology, log)

        let live = try EmulatedNetwork(lab: lab, log: log, controllers: controllers)
        defer { live.closeShells() }
        live.customFiles = options.custom
        if options.xterms { openTerminals(live) }
        if options.arp { try StaticNeighbors.set(on: live) }
        let status = try use(live)
        live.closeShells()
        MininetNarration.stopping(live)
        isUp = false
        try LabLauncher.down(lab)
        log.info("completed in \(decimal(Double(MonotonicClock.now() - start) / 1e9, 3)) seconds\n")
        return status
    }

    /// Scripts, tests or the command line, in Mininet's order.
    private func use(_ network: EmulatedNetwork) throws -> Int32 {
        let cli = MininetCLI(network: network)
        func script(_ path: String) {
            log.info("*** Starting CLI:\n")
            cli.source(path)
            cli.hasEnded = false
        }
        if let signal = Interrupts.take() { throw Interrupts.Interrupted(signal: signal) }
        if let pre = options.pre { script(pre) }
        MininetNarration.started(network)
        let isTest = !options.tests.isEmpty && options.tests != ["none"]
        if options.wait || options.waitSeconds != nil || isTest {
            try MininetNarration.waitForSwitches(network, seconds: options.waitSeconds)
        }
        if options.tests.isEmpty {
            cli.interact()
        } else {
            for test in options.tests.flatMap({ $0.split(separator: "+").map(String.init) }) {
                try run(test: test, on: network)
            }
        }
        if let signal = cli.endSignal { return 128 + signal }
        if let post = options.post { script(post) }
        return 0
    }

    private static let tests = ["all", "build", "iperf", "iperfudp", "none", "pingall", "pingpair"]
    /// Methods of Mininet's network that `--test` may name, too.
    private static let methods = ["ping", "pingallfull", "pingpairfull", "waitconnected", "start", "stop"]

    /// Refuses a test that nobody knows before anything is built.
    private func checkTests(_ custom: CustomTopology?) throws {
        for name in options.tests.flatMap({ $0.split(separator: "+").map { MininetChoice(String($0)).name } }) {
            let known = Self.tests + Self.methods + (custom?.tests ?? [])
            if !known.contains(name), !known.contains(name.lowercased()) {
                throw CommandError.usage(
                    "Test \(name) is unknown - please specify one of \(Self.tests.joined(separator: ", "))")
            }
        }
        for path in [options.pre, options.post].compactMap({ $0 }) where access(path, R_OK) != 0 {
            throw CommandError(
                "the script \(path) cannot be read: \(Errno.last)", remedy: "give the path of a CLI script")
        }
    }

    private func run(test text: String, on network: EmulatedNetwork) throws {
        let test = MininetChoice(text)
        let pair = network.hosts.prefix(2).map(\.name)
        switch test.name.lowercased() {
        case "none", "build", "start", "stop": break
        case "all":
            MininetNarration.started(network)
            try MininetNarration.waitForSwitches(network)
            try network.ping()
            try network.iperf()
        case "pingall", "ping":
            try network.ping(timeout: test.parameters["timeout"] ?? test.arguments.first)
        case "pingpair": try network.ping(hosts: pair)
        case "pingallfull": try network.pingFull()
        case "pingpairfull": try network.pingFull(hosts: pair)
        case "iperf", "iperfudp":
            let isUDP = test.name.lowercased() == "iperfudp" || test.parameters["l4Type"] == "UDP"
            try network.iperf(
                udp: isUDP, bandwidth: test.parameters["udpBw"] ?? "10M",
                seconds: test.parameters["seconds"].flatMap { Int($0) } ?? 5)
        case "waitconnected": try MininetNarration.waitForSwitches(network)
        default:
            let text = try network.python().run(.test(text))
            if !text.isEmpty { throw CommandError("the test \(test.name) failed: \(text.trimmingSpaces)") }
        }
    }

    /// Refuses what is not there, names what stands in for it, and returns the controllers to show.
    private func check() throws -> [String] {
        if options.cluster != nil {
            throw CommandError(
                "--cluster needs labs over several machines, which this version does not have",
                remedy: "run the network on one machine")
        }
        let switches = ["default", "ivs", "lxbr", "ovs", "ovsbr", "ovsk", "user"]
        guard switches.contains(options.switchKind.name) else {
            throw CommandError.usage(
                "--switch \(options.switchKind.name) is unknown",
                remedy: "choose from \(switches.joined(separator: ", "))")
        }
        guard ["cfs", "proc", "rt"].contains(options.host.name) else {
            throw CommandError.usage("--host \(options.host.name) is unknown", remedy: "choose from cfs, proc, rt")
        }
        if options.host.name == "rt" {
            log.warning("*** --host rt: the share of the processors is kept by the CFS scheduler\n")
        }
        if options.pin, options.host.name == "proc" {
            log.warning("*** --pin requires --host cfs or --host rt in Mininet; hosts are pinned all the same\n")
        }
        if options.inNamespace { log.info("*** --innamespace: the switches need no control network\n") }
        var names: [String] = []
        for controller in options.controllers.isEmpty ? [MininetChoice("default")] : options.controllers {
            switch controller.name {
            case "none": continue
            case "default", "ref", "ovsc": names.append("c\(names.count)")
            case "remote": names.append("c\(names.count)")
            case "nox", "ryu":
                throw CommandError(
                    "--controller \(controller.name) would start another program",
                    remedy: "start it yourself, and use --controller remote[,ip=ADDRESS,port=PORT]")
            default:
                throw CommandError.usage(
                    "--controller \(controller.name) is unknown",
                    remedy: "choose from default, none, nox, ovsc, ref, remote, ryu")
            }
        }
        return names
    }

    /// Points every switch at the controllers of `--controller remote`. As Mininet's own, a switch with controllers
    /// forwards nothing without one, unless `--switch …,failMode=standalone` says otherwise.
    private func connectRemoteControllers(_ network: inout MininetTopology) {
        let remote = options.controllers.filter { $0.name == "remote" }.map { choice in
            let address = choice.parameters["ip"] ?? "127.0.0.1"
            let port = choice.parameters["port"] ?? String(LabTopology.Controller.standardPort)
            return LabTopology.Controller.endpoint("\(choice.parameters["protocol"] ?? "tcp"):\(address):\(port)")
        }
        guard !remote.isEmpty else { return }
        for index in network.topology.nodes.indices where network.topology.nodes[index].kind == .switch {
            network.topology.nodes[index].bridge.controllers = remote
            let isStandalone = options.switchKind.parameters["failMode"] == "standalone"
            network.topology.nodes[index].bridge.failMode = isStandalone ? .standalone : .secure
        }
    }

    /// Two that start at the same moment want the same name; the second to come takes the next.
    private static func bringUp(_ topology: inout LabTopology) throws(LabError) {
        for _ in 0..<20 {
            do throws(LabError) { return try LabLauncher.up(topology) } catch {
                guard error.kind == .alreadyRunning else { throw error }
                usleep(20_000)
                let next = freeName()
                topology.name = next == topology.name ? topology.name + "b" : next
            }
        }
        throw LabError("no free name for the lab", kind: .alreadyRunning)
    }

    /// `mn`, or `mn2` and so on beside others.
    private static func freeName() -> String {
        let taken = Set(LabLauncher.list().map(\.name))
        return (1...).lazy.map { $0 == 1 ? "mn" : "mn\($0)" }.first { !taken.contains($0) } ?? "mn"
    }

    /// Mininet's -c kills and deletes by name whatever looks like its own; this removes what dead labs' state files
    /// list, and nothing else.
    private func cleanUp() throws -> Int32 {
        log.info("*** Removing what Rookery's labs have left\n")
        var removed = 0
        for entry in LabLauncher.list() {
            if entry.isAlive {
                log.info("*** \(entry.name) is running and stays (rookery down \(entry.name) takes it down)\n")
            } else {
                try LabLauncher.down(entry.name)
                log.info("\(entry.name) ")
                removed += 1
            }
        }
        if removed > 0 { log.info("\n") }
        log.info("*** Cleanup complete.\n")
        return 0
    }

    private func openTerminals(_ network: EmulatedNetwork) {
        do {
            try MininetTerminals.requireDisplay()
            log.info("*** Running terms on \(getenv("DISPLAY").map { String(cString: $0) } ?? "")\n")
            for node in network.switches + network.hosts { try MininetTerminals.open(node.name, network) }
        } catch {
            log.error("Error starting terms: \(error)\n")
        }
    }
}

/// `--arp`: every host knows every other's Ethernet address.
enum StaticNeighbors {
    static func set(on network: EmulatedNetwork) throws {
        guard MachineCheck.find("ip") != nil else {
            throw CommandError("--arp needs the program ip", remedy: "apt install iproute2")
        }
        let known = network.hosts.compactMap { node in
            node.interfaces.first.flatMap { interface in
                interface.ipv4.first.flatMap { address in
                    interface.mac.map { (name: node.name, address: address.address.description, mac: $0.description) }
                }
            }
        }
        for node in network.hosts {
            guard let interface = node.interfaces.first else { continue }
            var batch = ""
            for other in known where other.name != node.name {
                batch += "neighbour replace \(other.address) lladdr \(other.mac) dev \(interface.name) nud permanent\n"
            }
            let output = try File.open("/dev/null", O_WRONLY)
            // A pipe would fill before the program reads it; a file without a name holds any number of lines.
            let input = try UnnamedFile.holding(batch)
            let client = try LabClient(lab: network.lab)
            let request = ExecRequest(node: node.name, command: ["ip", "-force", "-batch", "-"])
            try client.send(.exec(request), descriptors: [input.rawValue, output.rawValue, 2])
            while let reply = try client.next() {
                if case .failed(let reason) = reply { throw LabError(reason) }
                if case .exited = reply { break }
            }
        }
    }
}
