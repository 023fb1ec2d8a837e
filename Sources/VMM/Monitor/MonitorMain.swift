import Glibc
import Linux
import VirtualMachine

/// The monitor's process: reads what the machine is to be, makes it, runs it, ends with its status.
public enum MonitorMain {
    public static func run() -> Never {
        do {
            let configuration = try MonitorArguments.configuration(Array(CommandLine.arguments.dropFirst()))
            let end = try runMachine(configuration)
            if end != .poweredOff { complain(end.description) }
            exit(end.status)
        } catch let error as MonitorArguments.Problem {
            complain(error.description)
            exit(2)
        } catch {
            complain("\(error)")
            exit(1)
        }
    }

    private static func runMachine(_ configuration: VMConfiguration) throws -> MachineEnd {
        // Before any thread starts: who writes to a reader that is gone gets an error, no signal; the others come by descriptor.
        signal(SIGPIPE, SIG_IGN)
        let signals = try SignalDescriptor([SIGINT, SIGTERM, SIGHUP])
        let machine = try Machine(configuration, cpu: CPUChoice.choose(configuration.cpu))
        try machine.buildPara()
        try machine.loadKernel()
        let settings = PseudoTerminal.enterRawMode(0)
        defer { if let settings { PseudoTerminal.restore(settings, of: 0) } }
        try machine.lock.hold { () throws(any Error) in
            machine.watchForPanic()
            machine.console.attach(
                input: OwnedDescriptor(FileDescriptor(owning: 0)), output: OwnedDescriptor(FileDescriptor(owning: 1)))
            try machine.loop.watch(signals.descriptor.rawValue) { _ in
                while signals.next() != nil { machine.end(.killed) }
            }
        }
        return machine.run()
    }

    static func complain(_ text: String) {
        let line = "rookery-vmm: \(text)\n"
        _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    }
}
