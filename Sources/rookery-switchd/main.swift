import ArgumentParser
import Glibc
import Linux
import Ports
import Streams
import VirtualSwitch

/// `rookery-switchd`: the switch alone, in the place of ovs-vswitchd and ovsdb-server.
struct SwitchProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rookery-switchd",
        abstract: "A programmable virtual switch: OpenFlow 1.0 to 1.5, OVSDB.",
        discussion: """
            It runs in the place of ovs-vswitchd and ovsdb-server: ovs-vsctl, ovs-ofctl,
            ovs-appctl and ovsdb-client work with it unchanged. It stays in the
            foreground; SIGTERM, SIGINT or 'ovs-appctl exit' ends it.

            Try it:
              rookery-switchd --run-dir /tmp/sw --database /tmp/sw/conf.db &
              ovs-vsctl --db=unix:/tmp/sw/db.sock add-br br0
              ovs-ofctl dump-flows unix:/tmp/sw/br0.mgmt
            """,
        version: Release.version)

    @Option(help: ArgumentHelp("Where sockets and pid files go.", valueName: "directory"))
    var runDir = "/var/run/openvswitch"

    @Option(help: ArgumentHelp("The database; made where there is none.", valueName: "file"))
    var database = "/etc/openvswitch/conf.db"

    @Option(
        help: ArgumentHelp(
            "Serve the database there, e.g. ptcp:6640:127.0.0.1. (default: punix:db.sock)", valueName: "endpoint"))
    var remote: [String] = []

    @Flag(help: "Let bridges' controllers be at sockets outside the directory of --run-dir.")
    var noSelfConfinement = false

    @Option(help: ArgumentHelp("What moves packets: io_uring or epoll.", valueName: "mechanism"))
    var mechanism: String?

    @Option(help: ArgumentHelp("The log; standard error without.", valueName: "file"))
    var logFile: String?

    @Option(help: ArgumentHelp("For ssl: and pssl: endpoints (PEM).", valueName: "file"))
    var privateKey: String?

    @Option(help: ArgumentHelp("For ssl: and pssl: endpoints (PEM).", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("Who signs peers' certificates (PEM).", valueName: "file"))
    var caCert: String?

    func options() throws -> SwitchDaemonOptions {
        var options = SwitchDaemonOptions()
        options.runDirectory = runDir
        options.database = database
        options.isConfined = !noSelfConfinement
        for text in remote {
            guard let endpoint = Endpoint(text, defaultPort: 6640), endpoint.isPassive else {
                throw ValidationError(
                    "--remote \(text): not a passive endpoint (punix:FILE, ptcp:[PORT][:HOST], pssl:[PORT][:HOST])")
            }
            options.remotes.append(endpoint)
        }
        if let mechanism {
            guard let known = PollerMechanism(rawValue: mechanism) else {
                throw ValidationError("--mechanism \(mechanism): io_uring or epoll")
            }
            options.mechanism = known
        }
        if let privateKey, let certificate {
            options.tls = TLSMaterial(privateKey: privateKey, certificate: certificate, authority: caCert)
        } else if privateKey != nil || certificate != nil || caCert != nil {
            throw ValidationError("--private-key and --certificate belong together")
        }
        return options
    }

    func run() throws {
        // Before any other thread is there, so that none of them takes the signals.
        let signals = try SignalDescriptor([SIGTERM, SIGINT, SIGHUP])
        signal(SIGPIPE, SIG_IGN)
        let log = try SwitchLog(path: logFile)
        let daemon = try SwitchDaemon(try options(), log: log)
        let wake = try Pipe()
        let exit = wake.writeEnd.rawValue
        daemon.onExit = {
            var byte: UInt8 = 1
            _ = write(exit, &byte, 1)
        }
        try daemon.start()
        var polled = [
            pollfd(fd: signals.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.readEnd.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard poll(&polled, 2, -1) > 0 else { continue }
            if polled[1].revents != 0 { break }
            guard let signal = signals.next() else { continue }
            if signal != SIGHUP { break }
            try? log.reopen()
        }
        daemon.stop()
    }
}

SwitchProgram.main()
