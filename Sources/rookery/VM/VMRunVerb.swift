import ArgumentParser
import Glibc
import GuestImages
import Linux
import VirtualMachine

struct VMRunVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Start a machine, and stay at its console or run a command in it.",
        discussion: """
            IMAGE is mini (a guest in RAM, up in seconds), debian, or a disk image's path.
            With a command, its output and exit status are those of rookery; without one,
            Ctrl-] ends the machine.
              rookery vm run mini -- uname -r
              rookery vm run mini --share .:/work -- sh -c 'ls /work'
              echo hello | rookery vm run -i mini -- cat
              rookery vm run debian -d && rookery vm console debian
            """)

    @OptionGroup var options: VMGuestOptions

    @Flag(name: [.customShort("d"), .long], help: "Return once it runs; rookery vm stop ends it.")
    var detach = false

    @Flag(name: [.customShort("i"), .long], help: "The command reads the standard input, to its end.")
    var interactive = false

    @Argument(help: "mini, debian, or a disk image.") var image: String?

    @Argument(parsing: .postTerminator, help: "A command for a mini guest, and its arguments.")
    var command: [String] = []

    func validate() throws {
        if detach && !command.isEmpty { throw ValidationError("-d has nobody to read a command's output") }
        if interactive && command.isEmpty {
            throw ValidationError("-i gives a command its input: add -- and a command")
        }
    }

    func run() throws {
        var progress = ProgressLine()
        let guest = try VMGuest(options, image: image, command: consoleCommand(), progress: &progress)
        if !command.isEmpty && !guest.isMini {
            throw CommandError.usage(
                "only mini guests run a command that is given to them", remedy: "rookery vm run mini -- …")
        }
        let name = guest.configuration.name
        // Only for people: scripts get the command's output and nothing else.
        if !command.isEmpty && Standard.error.isTerminal {
            progress.show(stage: "starting \(name)", done: 0, total: 0)
        }
        let client: VMClient
        do {
            defer { guest.removePassingFiles() }
            if VMPaths(machine: name).isRunning {
                throw CommandError("the machine '\(name)' runs already", remedy: "rookery vm stop \(name)")
            }
            client = try VMLauncher.start(
                guest.configuration, executable: VMMachines.monitor, endsWithCaller: !detach)
        } catch {
            progress.finish()
            throw error
        }
        if detach {
            progress.finish()
            Standard.output.write("\(name)\n")
            return
        }
        defer {
            if client.paths.isRunning { try? client.kill() }
            waitForEnd(client)
            for fault in (try? client.status())?.faults ?? [] { Standard.error.write("rookery: \(name): \(fault)\n") }
            try? client.paths.remove()
        }
        let status =
            try command.isEmpty
            ? stay(at: client)
            : hasSessions ? runCommand(in: client, &progress) : runCommand(onConsoleOf: client, &progress)
        if status != 0 { throw ProgramEnd(status: status) }
    }

    private var isOnTerminal: Bool { Standard.inputIsTerminal && Standard.output.isTerminal }

    /// Commands reach a guest over vsock, which is a virtio device: a PC's hardware has its serial line alone.
    private var hasSessions: Bool { options.virtualization == .para }

    /// The command for a guest that runs it on its console.
    private func consoleCommand() throws -> GuestCommand? {
        if command.isEmpty || hasSessions { return nil }
        var guest = GuestCommand(command)
        if interactive && !Standard.inputIsTerminal {
            let input = try File.open("/dev/stdin")
            guest.input = try input.readAll()
        } else if isOnTerminal {
            guest.terminal = terminalName
        }
        return guest
    }

    private var terminalName: String { getenv("TERM").map { String(cString: $0) } ?? "linux" }

    private func waitForEnd(_ client: VMClient) {
        let deadline = MonotonicClock.now() + 5_000_000_000
        while client.paths.isRunning, MonotonicClock.now() < deadline { usleep(5000) }
    }

    /// The user sits at the console until the machine ends.
    private func stay(at client: VMClient) throws -> Int32 {
        if Standard.inputIsTerminal {
            Standard.error.write("The console of \(client.name); Ctrl-] ends the machine.\n")
        }
        switch try VMConsole(client).attach() {
        case .left:
            try client.kill()
            Standard.error.write("\n")
            return 0
        case .signalled(let signal):
            try client.kill()
            return 128 + signal
        case .ended:
            waitForEnd(client)
            let status = try client.status()
            if let end = status.end, status.exitStatus ?? 0 != 0 { Standard.error.write("rookery: \(end)\n") }
            return status.exitStatus ?? 0
        }
    }

    /// A mini guest runs a command: its input, output, errors and status are ours.
    private func runCommand(in client: VMClient, _ progress: inout ProgressLine) throws -> Int32 {
        let signals = try SignalDescriptor([SIGTERM, SIGHUP, SIGINT, SIGQUIT])
        let started = MonotonicClock.now()
        let start = try GuestStart.wait(try client.openConsole()) { line in
            Self.showBoot(&progress, line, started)
            if let signal = signals.next() { throw ProgramEnd(status: 128 + signal) }
        }
        progress.finish()
        if case .ended(let log) = start { throw endedTooSoon(client, log) }
        let environment = isOnTerminal ? ["TERM": terminalName] : [:]
        var session = GuestSession(
            socket: client.paths.vsock, script: GuestScript.running(command, environment: environment),
            isOnTerminal: isOnTerminal)
        session.takesInput = interactive || isOnTerminal
        switch try session.run() {
        case .exited(let status):
            // What it has written to disks is theirs before the machine goes.
            try? client.powerOff()
            waitForEnd(client)
            return status
        case .lost:
            waitForEnd(client)
            throw endedTooSoon(client, GuestLog())
        }
    }

    private func endedTooSoon(_ client: VMClient, _ log: GuestLog) -> CommandError {
        waitForEnd(client)
        let reason = (try? client.status())?.end ?? "the machine has ended"
        return CommandError(
            (["the command has not ended: \(reason)"] + log.lastLines(12)).joined(separator: "\n"))
    }

    /// The same on the machine's console, where output and errors are one.
    private func runCommand(onConsoleOf client: VMClient, _ progress: inout ProgressLine) throws -> Int32 {
        let started = MonotonicClock.now()
        var console = VMConsole(client)
        console.takesInput = isOnTerminal
        var output = GuestOutput()
        var log = GuestLog()
        var exit: Int32?
        var line = progress
        var shown: UInt64 = 0
        let end = try console.attach { bytes in
            for part in output.take(bytes) {
                switch part {
                case .log(let bytes):
                    log.add(bytes)
                    let now = MonotonicClock.now()
                    guard exit == nil, now &- shown >= 100_000_000 else { continue }
                    shown = now
                    Self.showBoot(&line, log.lastLines(1).first ?? "", started)
                case .ready: line.finish()
                case .output(let bytes): Standard.output.write(bytes: bytes[...])
                case .exit(let status): exit = status
                }
            }
            return exit == nil
        }
        line.finish()
        for part in output.finish() {
            if case .output(let bytes) = part { Standard.output.write(bytes: bytes[...]) }
        }
        if let exit { return exit }
        switch end {
        case .signalled(let signal): return 128 + signal
        case .left: return 130
        case .ended: throw endedTooSoon(client, log)
        }
    }

    /// The kernel's last words, as a sign of progress.
    private static func showBoot(_ progress: inout ProgressLine, _ words: String, _ started: UInt64) {
        guard Standard.error.isTerminal, !words.isEmpty else { return }
        let seconds = Double(MonotonicClock.now() &- started) / 1e9
        progress.show(stage: "booting \(decimal(seconds, 1)) s  \(words)", done: 0, total: 0)
    }
}
