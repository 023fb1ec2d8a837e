import CLinux
import Glibc

// Starting programs. The child shares the parent's memory until it executes the program (as with vfork), so that a
// supervisor with much memory pays nothing for it; between clone and exec only C runs (CLinux/spawn.c).

/// Everything about a program to be started.
public struct Spawn: Sendable {
    /// The program: a path when it has a slash in it, otherwise looked up in the PATH of `environment`.
    public var executable: String
    /// All arguments, the first of which is the program's name for itself.
    public var arguments: [String]
    /// The whole environment, "NAME=value".
    public var environment: [String]
    /// The directory to start in, as seen inside the namespaces; nil stays where the parent is.
    public var directory: String?

    /// The child's descriptors: (parent's number, child's number). All others of the parent's close at exec.
    /// What is not named in 0…2 is inherited.
    public var descriptors: [(parent: Int32, child: Int32)] = []
    /// Namespaces to enter, in this order (user first, where there is one). Not for `.pid`.
    public var namespaces: [Int32] = []
    /// The PID namespace to enter. The process is a child of ours all the same.
    public var pidNamespace: Int32?
    /// Fresh namespaces to make; with `.pid`, the process is the first in it.
    public var freshNamespaces: [Namespace.Kind] = []
    /// cgroup.procs files, open for writing, of the cgroups to join (see `Cgroup.openForJoining`).
    public var cgroups: [Int32] = []

    /// Leads a session of its own, away from the parent's terminal.
    public var newSession = false
    /// Leads a process group of its own (implied by `newSession`).
    public var newProcessGroup = false
    /// The child's descriptor of the terminal to control; needs `newSession`.
    public var controllingTerminal: Int32?
    /// Signals blocked in the program; all handlers are the default ones.
    public var blockedSignals: [Int32] = []
    public var fileCreationMask: UInt32?
    /// Limits by resource number (RLIMIT_*), both soft and hard.
    public var limits: [(resource: Int32, soft: UInt64, hard: UInt64)] = []
    /// Added to the niceness.
    public var nice: Int32 = 0
    /// Whether set-user-ID programs gain nothing (PR_SET_NO_NEW_PRIVS).
    public var noNewPrivileges = false
    /// A signal for the process when the thread that spawned it ends (PR_SET_PDEATHSIG): spawn from a thread that
    /// lives as long as the process is meant to.
    public var parentDeathSignal: Int32?
    /// The identity to take on.
    public var identity: (user: UInt32, group: UInt32, supplementary: [UInt32])?

    public init(_ executable: String, _ arguments: [String]? = nil, environment: [String]? = nil) {
        self.executable = executable
        self.arguments = arguments ?? [executable]
        self.environment = environment ?? Self.inheritedEnvironment
    }

    /// This process's own environment.
    public static var inheritedEnvironment: [String] {
        var variables: [String] = []
        var next = environ
        while let entry = next.pointee {
            variables.append(String(cString: entry))
            next += 1
        }
        return variables
    }

    /// Starts the program.
    /// - Returns: the process, once it executes the program.
    public func start() throws(SpawnError) -> ChildProcess {
        let candidates = Self.candidates(for: executable, environment: environment)
        if candidates.isEmpty {
            throw SpawnError(executable: executable, step: .execute, detail: nil, code: .noSuchFile)
        }
        let argumentList = CStringList(arguments)
        let environmentList = CStringList(environment)
        let candidateList = CStringList(candidates)
        let scriptArguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: arguments.count + 3)
        let limitList = limits.map {
            rk_spawn_rlimit(resource: $0.resource, limit: rlimit(rlim_cur: UInt($0.soft), rlim_max: UInt($0.hard)))
        }
        let sources = descriptors.map(\.parent)
        let targets = descriptors.map(\.child)
        let groups = identity?.supplementary ?? []
        var request = rk_spawn_request()
        request.candidates = candidateList.constant
        request.argv = argumentList.constant
        request.envp = environmentList.constant
        request.script_argv = scriptArguments
        request.pid_namespace_fd = pidNamespace ?? -1
        for kind in freshNamespaces where kind != .pid { request.unshare_flags |= kind.flag }
        request.new_pid_namespace = freshNamespaces.contains(.pid) ? 1 : 0
        request.new_session = newSession ? 1 : 0
        request.new_process_group = newProcessGroup ? 1 : 0
        request.terminal_target = controllingTerminal ?? -1
        if let fileCreationMask {
            request.set_umask = 1
            request.umask = fileCreationMask
        }
        request.nice = nice
        request.no_new_privileges = noNewPrivileges ? 1 : 0
        request.death_signal = parentDeathSignal ?? 0
        if let identity {
            request.set_identity = 1
            request.uid = identity.user
            request.gid = identity.group
        }
        sigemptyset(&request.signal_mask)
        for signal in blockedSignals { sigaddset(&request.signal_mask, signal) }
        let directoryCopy = directory.map { strdup($0) } ?? nil
        defer {
            free(directoryCopy)
            scriptArguments.deallocate()
        }
        request.cwd = UnsafePointer(directoryCopy)
        let pid = sources.withUnsafeBufferPointer { sources in
            targets.withUnsafeBufferPointer { targets in
                namespaces.withUnsafeBufferPointer { namespaces in
                    cgroups.withUnsafeBufferPointer { cgroups in
                        limitList.withUnsafeBufferPointer { limits in
                            groups.withUnsafeBufferPointer { groups in
                                request.descriptor_sources = sources.baseAddress
                                request.descriptor_targets = targets.baseAddress
                                request.descriptor_count = Int32(sources.count)
                                request.namespace_fds = namespaces.baseAddress
                                request.namespace_count = Int32(namespaces.count)
                                request.cgroup_fds = cgroups.baseAddress
                                request.cgroup_count = Int32(cgroups.count)
                                request.rlimits = limits.baseAddress
                                request.rlimit_count = Int32(limits.count)
                                request.groups = groups.baseAddress
                                request.group_count = Int32(groups.count)
                                return rk_spawn(&request)
                            }
                        }
                    }
                }
            }
        }
        guard pid > 0 else { throw error(of: request) }
        return ChildProcess(pid: pid, descriptor: FileDescriptor(owning: request.pidfd))
    }

    private func error(of request: rk_spawn_request) -> SpawnError {
        let step = SpawnError.Step(rawValue: request.step) ?? .clone
        let index = Int(request.index)
        let detail: String? =
            switch step {
            case .namespace: "number \(index) of \(namespaces.count)"
            case .cgroup: "number \(index) of \(cgroups.count)"
            case .descriptor:
                descriptors.indices.contains(index)
                    ? "\(descriptors[index].parent) as \(descriptors[index].child)" : nil
            case .directory: directory
            case .resourceLimit: "resource \(limits[index].resource)"
            default: nil
            }
        return SpawnError(executable: executable, step: step, detail: detail, code: Errno(rawValue: request.code))
    }

    /// The paths that a shell would try.
    static func candidates(for name: String, environment: [String]) -> [String] {
        if name.isEmpty { return [] }
        if name.utf8.contains(UInt8(ascii: "/")) { return [name] }
        let path =
            environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) }
            ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false).map {
            // An empty entry is the current directory (POSIX 8.3).
            $0.isEmpty ? "./\(name)" : "\($0)/\(name)"
        }
    }
}

/// Why a program could not be started: which step failed, and how.
public struct SpawnError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The steps between clone and exec; numbers as in CLinuxSpawn.h.
    public enum Step: Int32, Sendable {
        case clone, cgroup, namespace, unshare, pidNamespace, session, resourceLimit, nice, descriptor, terminal
        case directory, identity, noNewPrivileges, deathSignal, execute, interpreter
    }

    public let executable: String
    public let step: Step
    /// What the step was about: a directory, which of several descriptors.
    public let detail: String?
    public let code: Errno

    /// "cannot execute 'foo': No such file or directory".
    public var description: String {
        switch step {
        case .execute:
            "cannot execute '\(executable)': \(code)"
        case .interpreter:
            "cannot execute '\(executable)': the interpreter or loader that it asks for is not there"
        default:
            "cannot start '\(executable)': \(attempt)\(detail.map { " (\($0))" } ?? ""): \(code)"
        }
    }

    private var attempt: String {
        switch step {
        case .clone: "making a process"
        case .cgroup: "joining a cgroup"
        case .namespace: "entering a namespace"
        case .unshare: "making namespaces"
        case .pidNamespace: "entering the PID namespace"
        case .session: "making a session"
        case .resourceLimit: "setting a resource limit"
        case .nice: "setting the niceness"
        case .descriptor: "handing over a descriptor"
        case .terminal: "taking the terminal"
        case .directory: "changing to the directory"
        case .identity: "changing user and groups"
        case .noNewPrivileges: "setting no_new_privs"
        case .deathSignal: "setting the parent-death signal"
        case .execute, .interpreter: "executing"
        }
    }
}

/// C strings in a null-terminated list, freed with it.
final class CStringList {
    private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    var constant: UnsafePointer<UnsafeMutablePointer<CChar>?> { UnsafePointer(pointers) }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
