import Glibc
import Linux
import VirtualMachine

/// The monitor's process: reads what the machine is to be, makes it, runs it, ends with its status.
public enum MonitorMain {
    public static func run() -> Never {
        do {
            let arguments = try MonitorArguments(Array(CommandLine.arguments.dropFirst()))
            do {
                let end = try runMachine(arguments)
                if end != .poweredOff { complain(end.description) }
                exit(end.status)
            } catch {
                arguments.ready?.writeText("\(error)\n")
                throw error
            }
        } catch let error as MonitorArguments.Problem {
            complain(error.description)
            exit(2)
        } catch {
            complain("\(error)")
            exit(1)
        }
    }

    private static func runMachine(_ arguments: MonitorArguments) throws -> MachineEnd {
        let configuration = arguments.configuration
        if configuration.isIsolated { try Isolation.closeStrangers(known: arguments.descriptors) }
        // First of all: what is open now is open in both halves, and KVM's machines belong to the process that makes them.
        let link = configuration.isIsolated ? try Guardian.split(runDirectory: configuration.runDirectory) : nil
        // Before any thread starts: who writes to a reader that is gone gets an error, no signal; the others come by descriptor.
        signal(SIGPIPE, SIG_IGN)
        let signals = try SignalDescriptor([SIGINT, SIGTERM, SIGHUP])
        let directory = try configuration.runDirectory.map { try MonitorDirectory(configuration, directory: $0) }
        let machine = try Machine(configuration, cpu: CPUChoice.choose(configuration.cpu))
        machine.onFault = { text in
            machine.faults.add(text)
            complain(text)
        }
        try machine.build(vsock: sockets(configuration, directory, link))
        var servers: [AnyObject] = []
        var control: ControlServer?
        try machine.lock.hold { () throws(any Error) in
            machine.watchForPanic()
            if let directory {
                machine.console.keepLog(directory.consoleLog)
                let server = try ControlServer(
                    machine, process: link?.process ?? getpid(), listener: directory.control)
                control = server
                servers = [server, try ConsoleServer(machine, machine.console, listener: directory.console)]
                if let screen = directory.screen {
                    servers.append(try ConsoleServer(machine, machine.screen, listener: screen))
                }
            } else {
                machine.console.attach(
                    input: OwnedDescriptor(FileDescriptor(owning: 0)),
                    output: OwnedDescriptor(FileDescriptor(owning: 1)))
            }
            try machine.loop.watch(signals.descriptor.rawValue) { _ in
                while signals.next() != nil { machine.end(.killed) }
            }
        }
        let settings = directory == nil ? PseudoTerminal.enterRawMode(0) : nil
        defer { if let settings { PseudoTerminal.restore(settings, of: 0) } }
        let process = link?.process ?? getpid()
        directory?.write(machine.status(process: process))
        if let link { try machine.isolate(link) }
        arguments.ready?.writeText("ready\n")
        let end = try machine.run()
        var status = machine.status(process: process)
        status.state = .ended
        status.end = end.description
        status.exitStatus = end.status
        directory?.write(status)
        control?.finish(status)
        // Its lock goes with the process: who finds it free finds the disks free, too.
        if let directory { _ = Unmanaged.passRetained(directory) }
        withExtendedLifetime(servers) {}
        return end
    }

    private static func sockets(
        _ configuration: VMConfiguration, _ directory: MonitorDirectory?, _ link: GuardianLink?
    ) -> HostSockets {
        guard let path = configuration.runDirectory else { return HostSockets() }
        return HostSockets(listener: directory?.vsock) { port in
            if let link { return link.connect(port) }
            let socket = try? UnixSocket.connect("\(path)/vsock.sock_\(port)", nonBlocking: true)
            return if let socket { OwnedDescriptor(socket) } else { nil }
        }
    }

    static func complain(_ text: String) {
        let line = Array("rookery-vmm: \(text)\n".utf8)
        _ = write(2, line, line.count)
    }
}
