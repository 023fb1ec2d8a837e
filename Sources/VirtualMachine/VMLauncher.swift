import Glibc
import Linux

/// Starts machines, each in a process of its own.
public enum VMLauncher {
    /// Starts a machine, and returns when its guest runs.
    /// - Parameters:
    ///   - configuration: with a run directory, or it gets that of its name.
    ///   - executable: the monitor.
    ///   - descriptors: what the configuration names by number (TAP devices), in the caller's numbers; the machine's process has
    ///     them under the same numbers.
    ///   - cgroups: what `Cgroup.openForJoining` gives, of the cgroup that the machine's processes join.
    ///   - endsWithCaller: the machine is killed when the calling thread ends.
    /// - Throws: what the monitor says that is wrong.
    public static func start(
        _ configuration: VMConfiguration, executable: String, descriptors: [Int32] = [], cgroups: [Int32] = [],
        endsWithCaller: Bool = false
    ) throws(VMError) -> VMClient {
        try VMName.validate(configuration.name)
        var configuration = configuration
        let paths = configuration.runDirectory.map(VMPaths.init(directory:)) ?? VMPaths(machine: configuration.name)
        configuration.runDirectory = paths.directory
        if paths.isRunning { throw VMError("the machine “\(configuration.name)” runs already") }
        do throws(SystemError) {
            try File.makeDirectory(paths.directory, mode: 0o700)
            let log = try File.open(paths.monitorLog, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            let input = try ends()
            let ready = try ends()
            let nothing = try File.open("/dev/null", O_RDWR)
            // Numbers that no inherited descriptor has.
            let first = max(10, (descriptors.max() ?? 0) + 1)
            var spawn = Spawn(
                executable, [executable, "--configuration", "\(first)", "--ready", "\(first + 1)"])
            spawn.newSession = true
            spawn.cgroups = cgroups
            spawn.descriptors =
                [
                    (nothing.rawValue, 0), (nothing.rawValue, 1), (log.rawValue, 2),
                    (input.read.rawValue, first), (ready.write.rawValue, first + 1),
                ] + descriptors.map { ($0, $0) }
            if endsWithCaller { spawn.parentDeathSignal = SIGTERM }
            // Reaped by whoever adopts it: the machine outlives its caller.
            do { _ = try spawn.start() } catch { throw SystemError("", remedy: "\(error)") }
            input.close(.read)
            ready.close(.write)
            try input.write.descriptor.writeAll(configuration.text)
            input.close(.write)
            let answer = String(decoding: try ready.read.descriptor.readAll(), as: UTF8.self)
            guard answer == "ready\n" else {
                let reason = answer.isEmpty ? (try? File.readText(paths.monitorLog)) ?? "" : answer
                throw SystemError("", remedy: reason)
            }
        } catch {
            // What it had to say is said here; of a machine that never ran nothing is left.
            if !paths.isRunning { try? paths.remove() }
            // A monitor's own words come as a remedy without an operation.
            guard error.operation.isEmpty, let words = error.remedy else { throw VMError(error.description) }
            let text = words.split(separator: "\n").last.map(String.init) ?? "the monitor ended without a word"
            throw VMError(text.hasPrefix("rookery-vmm: ") ? String(text.dropFirst(13)) : text)
        }
        return VMClient(configuration.name, paths: paths)
    }

    private static func ends() throws(SystemError) -> PipeEnds {
        try Pipe().split { (read, write) in PipeEnds(OwnedDescriptor(read), OwnedDescriptor(write)) }
    }
}

/// A pipe whose ends are closed one by one.
private final class PipeEnds {
    enum End { case read, write }
    private var ends: (read: OwnedDescriptor?, write: OwnedDescriptor?)

    init(_ read: OwnedDescriptor, _ write: OwnedDescriptor) { ends = (read, write) }

    var read: OwnedDescriptor { ends.read! }
    var write: OwnedDescriptor { ends.write! }

    func close(_ end: End) {
        switch end {
        case .read: ends.read = nil
        case .write: ends.write = nil
        }
    }
}
