import Glibc
import HostNetwork
import Linux
import OVSDB
import Ports
import Streams
import Switch
import Synchronization

// The switch alone, in the place of ovs-vswitchd and ovsdb-server: one process, and on their paths what their tools
// look for (`db.sock`, `BRIDGE.mgmt`, `ovs-vswitchd.PID.ctl`).
//
// Threads: the poller with the data path and the OpenFlow agents; a hub for OpenFlow's sockets; a hub for the database,
// its clients, its binding to the data path, and the control sockets. The last may wait for the other two, never
// the other way round.

/// How a switch is to run.
public struct SwitchDaemonOptions: Sendable {
    /// Where sockets and pid files go.
    public var runDirectory = "/var/run/openvswitch"
    /// The database's file; made where there is none.
    public var database = "/etc/openvswitch/conf.db"
    /// Where the database is served; none: `db.sock` in the run directory.
    public var remotes: [Endpoint] = []
    public var tls: TLSMaterial?
    /// Whether sockets of controllers must be in the run directory.
    public var isConfined = true
    /// What moves packets; nil: the best that works.
    public var mechanism: PollerMechanism?

    public init() {}
}

/// A running switch.
public final class SwitchDaemon {
    private let options: SwitchDaemonOptions
    let log: SwitchLog
    let poller: Poller
    /// The thread of the database, and the thread of OpenFlow's connections.
    let databaseHub = StreamHub()
    let openFlowHub = StreamHub()
    let database: Database
    let server: OVSDBServer
    let sockets: DatabaseSockets
    let control: any BridgeControl
    let binding: SwitchBinding
    private var listeners: [StreamHub.Listener] = []
    private var controlSockets: [ControlSocket] = []
    private var pidFiles: [PIDFile] = []
    private var linkWatch: LinkWatch?
    /// Endpoints that came by a command, as they were written.
    private var addedRemotes: [String: Endpoint] = [:]
    private var addedListeners: [String: StreamHub.Listener] = [:]
    private(set) lazy var coverage = CoverageHistory { [unowned self] in counters() }
    /// Is called, on any thread, when a command asks the switch to end.
    public var onExit: (@Sendable () -> Void)?

    /// Opens the database and makes what the threads need; nothing runs yet.
    public init(_ options: SwitchDaemonOptions, log: SwitchLog) throws {
        self.options = options
        self.log = log
        try File.makeDirectory(options.runDirectory)
        pidFiles = [
            try PIDFile(options.runDirectory + "/ovs-vswitchd.pid"),
            try PIDFile(options.runDirectory + "/ovsdb-server.pid"),
        ]
        if let slash = options.database.lastIndex(of: "/") {
            try File.makeDirectory(String(options.database[..<slash]))
        }
        database = try Database(path: options.database, schema: .openVSwitch) { repair in
            log.write(
                "ovsdb", .warning, "\(options.database): cut off \(repair.discardedByteCount) bytes: \(repair.reason)")
        }
        server = OVSDBServer(databases: [database])
        server.onProblem = { log.write("ovsdb", .error, "\($0)") }
        poller = try Poller(datapath: Datapath(now: MonotonicClock.now()), mechanism: options.mechanism)
        sockets = DatabaseSockets(hub: databaseHub, server: server) { log.write("ovsdb", .warning, $0) }
        control = OpenFlowConnections(hub: openFlowHub, poller: poller, runDirectory: options.runDirectory)
        binding = SwitchBinding(
            database: database, poller: poller, control: control, runDirectory: options.runDirectory,
            isConfined: options.isConfined
        ) { log.write("bridge", .warning, $0) }
    }

    /// Starts the threads, puts the database into effect and serves clients.
    public func start() throws {
        poller.start()
        log.write(
            "vswitchd", .info,
            "rookery-switchd \(SwitchBinding.version) on \(poller.mechanism?.rawValue ?? "?"), database \(options.database)"
        )
        nonisolated(unsafe) let daemon = self
        databaseHub.run { [databaseHub] in
            daemon.binding.watchPorts { databaseHub.post($0) }
            daemon.binding.start()
            daemon.sockets.afterBatch = { [unowned daemon] in
                daemon.binding.reconcileIfNeeded()
                daemon.followManagers()
            }
            daemon.followManagers()
            daemon.scheduleStatistics()
        }
        do throws(SystemError) {
            linkWatch = try LinkWatch { [databaseHub] in
                databaseHub.post { daemon.binding.interfacesChanged() }
            }
        } catch {
            log.write("bridge", .warning, "interfaces that come and go are not followed: \(error)")
        }
        // For what has changed before anybody watched.
        databaseHub.post { daemon.binding.interfacesChanged() }
        try removeStaleSockets()
        let remotes = options.remotes.isEmpty ? [.listenUnix(path: options.runDirectory + "/db.sock")] : options.remotes
        for remote in remotes where remote.isPassive {
            listeners.append(
                try DatabaseSockets.listen(remote, hub: databaseHub, tls: options.tls, sockets: sockets))
        }
        // After the database: a tool that finds these sockets finds a switch that works.
        for (name, commands) in [("ovs-vswitchd", switchCommands()), ("ovsdb-server", databaseCommands())] {
            let path = "\(options.runDirectory)/\(name).\(getpid()).ctl"
            controlSockets.append(try ControlSocket(path: path, hub: databaseHub, commands: commands))
        }
    }

    /// Removes the control sockets of switches that were killed: nobody listens there.
    private func removeStaleSockets() throws {
        for name in try File.list(options.runDirectory) where name.hasSuffix(".ctl") {
            let path = "\(options.runDirectory)/\(name)"
            guard ["ovs-vswitchd.", "ovsdb-server."].contains(where: name.hasPrefix), !UnixSocket.isAnswering(path)
            else { continue }
            try File.remove(path)
        }
    }

    /// Ends everything: connections, bridges, devices, files of the run directory.
    public func stop() {
        for listener in listeners { listener.close() }
        for listener in addedListeners.values { listener.close() }
        for socket in controlSockets { socket.close() }
        nonisolated(unsafe) let daemon = self
        databaseHub.run {
            daemon.sockets.close()
            daemon.binding.stop()
        }
        openFlowHub.stop()
        databaseHub.stop()
        poller.stop()
        for file in pidFiles { file.remove() }
        log.write("vswitchd", .info, "ended")
    }

    /// Where the database is served, as the endpoints are written.
    var remoteNames: [String] {
        ["db:Open_vSwitch,Open_vSwitch,manager_options"] + listeners.map(\.endpoint.description) + addedRemotes.keys
    }

    /// Serves the database at another endpoint too (`ovsdb-server/add-remote`).
    func addRemote(_ text: String) -> ControlCommands.Answer {
        guard addedRemotes[text] == nil else { return .text("") }
        guard let endpoint = Endpoint(text, defaultPort: 6640) else {
            return .failure("\(text): not an endpoint (ptcp:[PORT][:HOST], punix:FILE, tcp:HOST:PORT, unix:FILE …)")
        }
        addedRemotes[text] = endpoint
        guard endpoint.isPassive else {
            followManagers()
            return .text("")
        }
        nonisolated(unsafe) let daemon = self
        let tls = binding.tls ?? options.tls
        return .later { reply in
            // Binding waits for the hub's thread, which this is.
            do throws(SystemError) {
                try BackgroundThread.start("rookery-listen") { [databaseHub = daemon.databaseHub] in
                    let result = Result { () throws(StreamError) in
                        try DatabaseSockets.listen(endpoint, hub: databaseHub, tls: tls, sockets: daemon.sockets)
                    }
                    databaseHub.post {
                        switch result {
                        case .success(let listener):
                            if daemon.addedRemotes[text] == nil {
                                listener.close()
                            } else {
                                daemon.addedListeners[text] = listener
                            }
                            reply(.success(""))
                        case .failure(let error):
                            daemon.addedRemotes[text] = nil
                            reply(.failure(ControlFailure(error.description)))
                        }
                    }
                }
            } catch {
                daemon.addedRemotes[text] = nil
                reply(.failure(ControlFailure("\(error)")))
            }
        }
    }

    /// Takes back what `addRemote` did; false where it did nothing of the kind.
    func removeRemote(_ text: String) -> Bool {
        guard addedRemotes.removeValue(forKey: text) != nil else { return false }
        addedListeners.removeValue(forKey: text)?.close()
        followManagers()
        return true
    }

    /// The endpoints of the Manager table and of commands, beside those of the command line.
    private func followManagers() {
        guard let root = database.rows("Open_vSwitch").first else { return }
        let rows = root["manager_options"].uuids.compactMap { database.row("Manager", $0) }
        var endpoints: Set<Endpoint> = []
        for row in rows {
            guard let endpoint = Endpoint(row["target"].string ?? "", defaultPort: 6640) else { continue }
            endpoints.insert(endpoint)
        }
        for endpoint in addedRemotes.values where !endpoint.isPassive { endpoints.insert(endpoint) }
        sockets.setManagers(endpoints, tls: binding.tls ?? options.tls)
        binding.writeManagers { [sockets] in sockets.status(of: $0) }
    }

    private func scheduleStatistics() {
        nonisolated(unsafe) let daemon = self
        databaseHub.schedule(after: binding.statisticsInterval) {
            daemon.binding.refreshStatistics()
            daemon.binding.writeManagers { daemon.sockets.status(of: $0) }
            daemon.coverage.tick()
            daemon.scheduleStatistics()
        }
    }
}
