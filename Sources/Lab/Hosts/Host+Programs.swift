import Glibc
import Linux
import Synchronization
import Topology

// Where a host's programs run.

/// The namespaces of a host's programs beside its network.
struct ProgramPlace: Sendable {
    var mount: OwnedDescriptor
    var uts: OwnedDescriptor
    var pid: OwnedDescriptor?
}

extension Host {
    /// The namespaces and cgroups for a program of the host's, made now if this is the first one.
    struct Surroundings: Sendable {
        var network: OwnedDescriptor
        var programs: ProgramPlace
        var cgroups: [OwnedDescriptor]

        /// Puts a program there.
        func apply(to spawn: inout Spawn) {
            spawn.namespaces = [network, programs.uts, programs.mount].map(\.rawValue)
            spawn.pidNamespace = programs.pid?.rawValue
            spawn.cgroups = cgroups.map(\.rawValue)
        }
    }

    func surroundings(in lab: ProgramContext) throws(LabError) -> Surroundings {
        // The lock is held while they are made: a second program waits for the first one's.
        try held.withLock { (held) throws(LabError) in
            guard let network = held.network else { throw LabError("the lab is going down") }
            if held.cgroup == nil, let limits = HostCgroup.limits(of: node) {
                held.cgroup = try lab.cgroups.make(for: node.name, limits)
            }
            let cgroups = try held.cgroup?.joining() ?? []
            if held.programs == nil {
                held.programs = try makeProgramPlace(network, cgroups: cgroups, in: lab)
            }
            guard let programs = held.programs else { throw LabError("the lab is going down") }
            return Surroundings(network: network, programs: programs, cgroups: cgroups)
        }
    }

    private func makeProgramPlace(
        _ network: OwnedDescriptor, cgroups: [OwnedDescriptor], in lab: ProgramContext
    ) throws(LabError) -> ProgramPlace {
        let name = node.name
        // The machine's own network has its /sys already, and the kernel refuses a second one over it.
        let needsSysfs = !isOnMachine
        let thread = try labelled { () throws(SystemError) in try NamespaceThread(name: "rookery-mounts") }
        var place = try thread.run { () throws(LabError) in
            try labelled("cannot prepare the host \(name)") { () throws(SystemError) in
                try Namespace.enter(network.descriptor, .network)
                try Namespace.unshare(.mount, .uts)
                try Mount.makePrivate()
                if sethostname(name, name.utf8.count) < 0 { throw SystemError("set the host name", name) }
                do throws(SystemError) {
                    if needsSysfs { try Mount.sysfs() }
                } catch {
                    // A user namespace inside a container may not mount /sys anew; programs then see the machine's.
                    guard lab.isRootless, error.code == .notPermitted else { throw error }
                }
                if File.exists("/etc/hosts") { try Mount.bind(lab.hostsFile, on: "/etc/hosts") }
                return ProgramPlace(
                    mount: OwnedDescriptor(try Namespace.current(.mount)),
                    uts: OwnedDescriptor(try Namespace.current(.uts)))
            }
        }
        if node.host.privatePIDs {
            place.pid = try startInit(Surroundings(network: network, programs: place, cgroups: cgroups), in: lab)
        }
        return place
    }

    /// Starts the first process of the host's own PID namespace, which mounts its /proc.
    private func startInit(_ surroundings: Surroundings, in lab: ProgramContext) throws(LabError) -> OwnedDescriptor {
        let ready = try labelled { () throws(SystemError) in try Pipe() }
        let null = try labelled { () throws(SystemError) in try File.open("/dev/null", O_RDWR) }
        var spawn = Spawn("/proc/self/exe", ["rookery-lab", "--init"], environment: [])
        surroundings.apply(to: &spawn)
        spawn.freshNamespaces = [.pid]
        spawn.descriptors = [(null.rawValue, 0), (ready.writeEnd.rawValue, 1), (2, 2)]
        let pid = try labelled { () throws(SpawnError) in try lab.processes.start(spawn) { _ in } }
        let answer = try ready.split { (readEnd, writeEnd) throws(LabError) in
            do throws(SystemError) {
                try writeEnd.close()
                return try readEnd.readAll()
            } catch { throw LabError(error) }
        }
        guard answer.isEmpty else { throw LabError(String(decoding: answer, as: UTF8.self)) }
        return try labelled { () throws(SystemError) in OwnedDescriptor(try Namespace.of(process: pid, .pid)) }
    }

    /// The environment of the host's programs, "NAME=value".
    func environment(adding more: [String: String] = [:]) -> [String] {
        var variables: [String: String] = [:]
        for entry in Spawn.inheritedEnvironment {
            guard let sign = entry.firstIndex(of: "=") else { continue }
            variables[String(entry[..<sign])] = String(entry[entry.index(after: sign)...])
        }
        // Ours, to find the labs of the user in a user namespace; a program of the lab's starts from scratch.
        variables["ROOKERY_RUN_DIR"] = nil
        variables["HOSTNAME"] = node.name
        variables.merge(node.host.environment) { $1 }
        variables.merge(more) { $1 }
        return variables.map { "\($0)=\($1)" }.sorted()
    }
}

/// What all hosts' programs have in common.
struct ProgramContext: Sendable {
    let processes: ProcessTable
    let cgroups: LabCgroups
    /// The lab's /etc/hosts.
    let hostsFile: String
    let isRootless: Bool
}
