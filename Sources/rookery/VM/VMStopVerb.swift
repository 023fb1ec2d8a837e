import ArgumentParser
import Glibc
import Linux
import VirtualMachine

struct VMStopVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop machines, and remove what those leave that have ended.",
        discussion: """
            Presses the power button and gives the guest time to switch itself off; then
            the machine is ended.
              rookery vm stop debian
              rookery vm stop --now mini
              rookery vm stop --all
            """)

    @Argument(help: "The machines; may be left out where one runs.") var machines: [String] = []

    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("The time that a guest has.", valueName: "seconds"))
    var time = 30

    @Flag(help: "End them at once, as a cut of the power would.") var now = false
    @Flag(name: [.customShort("a"), .long], help: "All machines of this user but labs'.") var all = false

    func validate() throws {
        if all && !machines.isEmpty { throw ValidationError("--all stops every machine: leave the names out") }
        if time < 0 { throw ValidationError("the time is a number of seconds") }
    }

    func run() throws {
        let clients: [VMClient]
        if all {
            clients = VMPaths.machines.map { VMClient($0) }
        } else if machines.isEmpty {
            clients = [try VMMachines.find(nil)]
        } else {
            clients = try machines.map { (name: String) throws(CommandError) in
                try VMMachines.find(name, running: false)
            }
        }
        var running = clients.filter { $0.paths.isRunning }
        var progress = ProgressLine()
        let total = running.count
        if !now {
            // A machine without a power button is ended at once.
            running = try running.filter { client in
                do throws(VMError) {
                    try client.powerOff()
                    return true
                } catch {
                    if client.paths.isRunning { try client.kill() }
                    return false
                }
            }
            let deadline = MonotonicClock.now() + UInt64(time) * 1_000_000_000
            var pressed = MonotonicClock.now()
            while !running.isEmpty, MonotonicClock.now() < deadline {
                // A guest that still starts does not hear the first time.
                if MonotonicClock.now() - pressed > 1_000_000_000 {
                    pressed = MonotonicClock.now()
                    for client in running { try? client.powerOff() }
                }
                progress.show(stage: "waiting for guests to switch off", done: total - running.count, total: total)
                usleep(50000)
                running.removeAll { !$0.paths.isRunning }
            }
            progress.finish()
            for client in running {
                Standard.error.write("rookery: \(client.name) has not switched off within \(time) s and is ended\n")
            }
        }
        for client in running where client.paths.isRunning { try client.kill() }
        for client in clients {
            let deadline = MonotonicClock.now() + 5_000_000_000
            while client.paths.isRunning {
                if MonotonicClock.now() > deadline {
                    throw CommandError("the monitor of \(client.name) does not end", remedy: client.paths.monitorLog)
                }
                usleep(5000)
            }
            // A lab's machine stays in its lab, as one that has ended.
            if !client.isOfLab { try client.paths.remove() }
        }
    }
}

struct VMPauseVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop a machine's processors and its time.")
    @Argument(help: "The machine; may be left out where one runs.") var machine: String?

    func run() throws { try VMMachines.find(machine).pause() }
}

struct VMResumeVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a paused machine go on.")
    @Argument(help: "The machine; may be left out where one runs.") var machine: String?

    func run() throws { try VMMachines.find(machine).resume() }
}
