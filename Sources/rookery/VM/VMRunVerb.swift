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

    @Argument(parsing: .postTerminator, help: "A command for a guest of mini or debian.")
    var command: [String] = []

    func validate() throws {
        if detach && !command.isEmpty { throw ValidationError("-d has nobody to read a command's output") }
        if interactive && command.isEmpty {
            throw ValidationError("-i gives a command its input: add -- and a command")
        }
    }

    func run() throws {
        var progress = ProgressLine()
        let guest = try VMGuest(options, image: image, progress: &progress)
        if !command.isEmpty && !guest.takesCommands {
            guest.removePassingFiles()
            throw CommandError.usage(
                "only guests of Rookery's own images run a command that is given to them",
                remedy: image == DebianImage.name
                    ? "an older Rookery has made this one; rookery vm image make debian" : "rookery vm run mini -- …")
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
            ? stay(at: client) : runCommand(in: client, isMini: guest.isMini, &progress)
        if status != 0 { throw ProgramEnd(status: status) }
    }

    private var isOnTerminal: Bool { Standard.inputIsTerminal && Standard.output.isTerminal }

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

    /// A guest runs a command: its input, output, errors and status are ours.
    private func runCommand(in client: VMClient, isMini: Bool, _ progress: inout ProgressLine) throws -> Int32 {
        if isMini { try waitForStart(of: client, &progress) }
        var session = VMSession.make(client, command, isOnTerminal: isOnTerminal)
        session.takesInput = interactive || isOnTerminal
        // A mini guest is up by now; a whole system takes its time, and longer on processors in software.
        if !isMini { session.patience = 1_200_000_000_000 }
        let end: GuestSession.End
        do throws(GuestImageError) { end = try session.run() } catch {
            if !client.paths.isRunning { throw endedTooSoon(client, GuestLog()) }
            throw error
        }
        progress.finish()
        switch end {
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

    private func waitForStart(of client: VMClient, _ progress: inout ProgressLine) throws {
        let signals = try SignalDescriptor([SIGTERM, SIGHUP, SIGINT, SIGQUIT])
        let started = MonotonicClock.now()
        let start = try GuestStart.wait(try client.openConsole()) { line in
            Self.showBoot(&progress, line, started)
            if let signal = signals.next() { throw ProgramEnd(status: 128 + signal) }
        }
        progress.finish()
        if case .ended(let log) = start { throw endedTooSoon(client, log) }
    }

    private func endedTooSoon(_ client: VMClient, _ log: GuestLog) -> CommandError {
        waitForEnd(client)
        let reason = (try? client.status())?.end ?? "the machine has ended"
        return CommandError(
            (["the command has not ended: \(reason)"] + log.lastLines(12)).joined(separator: "\n"))
    }

    /// The kernel's last words, as a sign of progress.
    private static func showBoot(_ progress: inout ProgressLine, _ words: String, _ started: UInt64) {
        guard Standard.error.isTerminal, !words.isEmpty else { return }
        let seconds = Double(MonotonicClock.now() &- started) / 1e9
        progress.show(stage: "booting \(decimal(seconds, 1)) s  \(words)", done: 0, total: 0)
    }
}
