import ArgumentParser
import Glibc
import Lab
import Linux
import Streams

/// Where a verb finds its switch.
struct SwitchOptions: ParsableArguments {
    @Option(name: [.customShort("n"), .customLong("lab")], help: "The lab that the switch is in.")
    var lab: String?

    @Option(
        name: .customLong("db"),
        help: ArgumentHelp("The switch's database. (default: db.sock in /var/run/openvswitch)", valueName: "endpoint"))
    var database: String?

    @Option(help: ArgumentHelp("For an ssl: endpoint (PEM).", visibility: .hidden)) var privateKey: String?
    @Option(help: ArgumentHelp("For an ssl: endpoint (PEM).", visibility: .hidden)) var certificate: String?
    @Option(help: ArgumentHelp("For an ssl: endpoint (PEM).", visibility: .hidden)) var caCert: String?

    /// Who moves a switch's packets.
    enum Place: Equatable {
        case lab(String, node: String)
        /// rookery-switchd or Open vSwitch, by the directory of its sockets.
        case daemon(runDirectory: String, bridge: String)
        /// An OpenFlow connection and nothing else.
        case endpoint(Endpoint)

        /// What the switch is called.
        var name: String {
            switch self {
            case .lab(_, let node): node
            case .daemon(_, let bridge): bridge
            case .endpoint(let endpoint): endpoint.description
            }
        }
    }

    /// Where the switch's sockets are: beside its database, `OVS_RUNDIR`, or the usual place.
    var runDirectory: String {
        if let database, case .unix(let path) = Endpoint(database, defaultPort: 6640),
            let slash = path.lastIndex(of: "/")
        {
            return String(path[..<slash])
        }
        return getenv("OVS_RUNDIR").map { String(cString: $0) } ?? "/var/run/openvswitch"
    }

    /// The database.
    func openDatabase() throws -> DatabaseClient {
        if let lab {
            throw CommandError(
                "the lab \(lab) has no database: its switches come from the lab file",
                remedy: "flows, groups, meters, ports, trace, fdb and controllers are for labs, too")
        }
        let text = database ?? "unix:\(runDirectory)/db.sock"
        guard let endpoint = Endpoint(text, defaultPort: 6640), !endpoint.isPassive else {
            throw CommandError.usage(
                "--db \(text) is no endpoint", remedy: "write unix:FILE, tcp:HOST:PORT, ssl:HOST:PORT")
        }
        return try DatabaseClient(endpoint, tls: try tls(for: endpoint))
    }

    /// What a connection by TLS needs; nil: the endpoint is none.
    private func tls(for endpoint: Endpoint) throws -> TLSMaterial? {
        guard case .tls = endpoint else { return nil }
        guard let privateKey, let certificate else {
            throw CommandError.usage(
                "\(endpoint) needs a key and a certificate",
                remedy: "--private-key FILE --certificate FILE --ca-cert FILE")
        }
        return TLSMaterial(privateKey: privateKey, certificate: certificate, authority: caCert)
    }

    /// Which switch is meant by `br0`, `LAB/s1`, a socket's path or an endpoint.
    func place(of text: String) throws -> Place {
        if let lab { return .lab(lab, node: text) }
        if let endpoint = Endpoint(text, defaultPort: 6653), !endpoint.isPassive { return .endpoint(endpoint) }
        if text.hasPrefix("/") { return .endpoint(.unix(path: text)) }
        if let slash = text.firstIndex(of: "/") {
            return .lab(String(text[..<slash]), node: String(text[text.index(after: slash)...]))
        }
        let directory = runDirectory
        if database != nil || File.exists("\(directory)/\(text).mgmt") {
            return .daemon(runDirectory: directory, bridge: text)
        }
        let labs = RunningLabs.names.filter { File.exists(LabPaths(lab: $0).managementSocket(of: text)) }
        switch labs.count {
        case 1: return .lab(labs[0], node: text)
        case 0:
            throw CommandError(
                "there is no switch \(text): neither \(directory)/\(text).mgmt nor in a running lab",
                remedy: "rookery switch list-br, rookery ps")
        default:
            throw CommandError(
                "several labs have a switch \(text): \(labs.joined(separator: ", "))",
                remedy: "write \(labs[0])/\(text)")
        }
    }

    /// An OpenFlow connection to a switch.
    func openFlow(_ text: String) throws -> OpenFlowClient {
        let place = try place(of: text)
        let endpoint: Endpoint
        switch place {
        case .endpoint(let given): endpoint = given
        case .daemon(let directory, let bridge):
            let path = "\(directory)/\(bridge).mgmt"
            guard File.exists(path) else {
                throw CommandError("there is no bridge \(bridge) at \(path)", remedy: "rookery switch list-br")
            }
            endpoint = .unix(path: path)
        case .lab(let lab, let node):
            let paths = LabPaths(lab: lab)
            guard RunningLabs.names.contains(lab) else {
                throw CommandError("no lab \(lab) is running", remedy: "rookery ps lists those that are")
            }
            guard File.exists(paths.managementSocket(of: node)) else {
                throw CommandError("the lab \(lab) has no switch \(node)", remedy: "rookery ps -a lists its nodes")
            }
            endpoint = .unix(path: paths.managementSocket(of: node))
        }
        return try OpenFlowClient(endpoint, name: place.name, tls: try tls(for: endpoint))
    }
}

/// A switch on the command line, and where to find it.
struct SwitchArgument: ParsableArguments {
    @OptionGroup var options: SwitchOptions
    @Argument(help: ArgumentHelp("A bridge, LAB/SWITCH or an endpoint (unix:FILE).", valueName: "switch"))
    var node: String

    func place() throws -> SwitchOptions.Place { try options.place(of: node) }

    /// An OpenFlow connection to it.
    func openFlow() throws -> OpenFlowClient { try options.openFlow(node) }
}
