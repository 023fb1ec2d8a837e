import ArgumentParser
import Controller
import Glibc
import Linux
import OpenFlow
import Streams
import Topology

struct ControllerVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controller", abstract: "Run one of the OpenFlow controllers that are built in.",
        subcommands: [RunControllerVerb.self])
}

struct RunControllerVerb: ParsableCommand {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case learning
        case shortestPath = "shortest-path"
        case firewall
    }

    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a controller until Ctrl-C.",
        usage: "rookery controller run <controller> [--listen <endpoint> ...]",
        discussion: """
            learning        each switch learns which address is where
            shortest-path   shortest paths through any network, found by LLDP; several
                            equally short ways share the load; reroutes when links go
            firewall        drops what --rules denies, forwards the rest as learning

            Any OpenFlow switch may connect, a lab's too (controller: remote):
              rookery controller run shortest-path
              rookery mn --topo torus,4,4 --controller remote --test pingall
            Rules are lines of allow or deny with a match, as ovs-ofctl writes it;
            the first that matches counts:
              deny tcp,tp_dst=23
              allow ip,nw_src=10.0.0.1
            """)

    @Argument(help: "learning, shortest-path or firewall.") var controller: Kind
    @Option(help: ArgumentHelp("Where switches connect. (default: ptcp:6653)", valueName: "endpoint"))
    var listen: [String] = []
    @Option(help: ArgumentHelp("The firewall's rules.", valueName: "file")) var rules: String?
    @Option(help: ArgumentHelp("For pssl: endpoints (PEM).", valueName: "file")) var privateKey: String?
    @Option(help: ArgumentHelp("For pssl: endpoints (PEM).", valueName: "file")) var certificate: String?
    @Option(help: ArgumentHelp("Who signs switches' certificates (PEM).", valueName: "file")) var caCert: String?

    func run() throws {
        // Before other threads are there, so that none of them takes the signals.
        let signals = try SignalDescriptor([SIGTERM, SIGINT])
        signal(SIGPIPE, SIG_IGN)
        let (application, versions) = try makeApplication()
        let hub = StreamHub()
        let server = ControllerServer(application, hub: hub, versions: versions) { MonotonicClock.now() }
        server.onNote = { Standard.error.write("\($0)\n") }
        for text in listen.isEmpty ? ["ptcp:\(LabTopology.Controller.standardPort)"] : listen {
            guard let endpoint = Endpoint(text, defaultPort: LabTopology.Controller.standardPort), endpoint.isPassive
            else {
                throw CommandError.usage(
                    "--listen \(text) is no passive endpoint", remedy: "write ptcp:[PORT][:HOST], pssl:…, punix:FILE")
            }
            do throws(StreamError) {
                let actual = try server.listen(at: endpoint, tls: tls)
                Standard.error.write("\(controller.rawValue) listens at \(actual)\n")
            } catch {
                throw CommandError(error.description)
            }
        }
        var polled = pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        while poll(&polled, 1, -1) <= 0 {}
        server.stop()
        hub.stop()
    }

    private var tls: TLSMaterial? {
        guard let privateKey, let certificate else { return nil }
        return TLSMaterial(privateKey: privateKey, certificate: certificate, authority: caCert)
    }

    private func makeApplication() throws -> (any ControllerApplication, Set<OpenFlowVersion>) {
        let all = Set(OpenFlowVersion.allCases)
        if controller != .firewall && rules != nil {
            throw CommandError.usage("--rules is for the firewall", remedy: "rookery controller run firewall --rules …")
        }
        switch controller {
        case .learning: return (LearningSwitch(), all)
        case .shortestPath:
            let paths = ShortestPath()
            paths.onNote = { Standard.error.write("\($0)\n") }
            return (paths, all)
        case .firewall:
            guard let rules else {
                throw CommandError.usage(
                    "the firewall needs rules", remedy: "--rules FILE, a rule a line: deny tcp,tp_dst=23")
            }
            do throws(FirewallError) {
                return (Firewall(try FirewallRule.parse(try read(rules))), Firewall.versions)
            } catch {
                throw CommandError("\(rules): \(error)")
            }
        }
    }

    private func read(_ path: String) throws(FirewallError) -> String {
        do throws(SystemError) {
            return try File.readText(path)
        } catch {
            throw FirewallError("\(error)")
        }
    }
}
