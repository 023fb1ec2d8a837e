import Glibc
import Linux

extension ControlConnection {
    /// Runs a program and, unless it is detached, stays with it: passes signals on, hangs up when the client has gone.
    func exec(_ request: ExecRequest) throws(LabError) {
        let passed = takeDescriptors()
        let host = try supervisor.host(request.node)
        let ended = try labelled { () throws(SystemError) in try Promise<ProcessEnd>() }
        var descriptors = passed.map(\.rawValue)
        var log: OwnedDescriptor?
        if request.terminal {
            guard let terminal = descriptors.first else { throw LabError("exec: no terminal came with the request") }
            descriptors = [terminal, terminal, terminal]
        } else if descriptors.isEmpty {
            let opened = try supervisor.openLog(of: request.node)
            log = opened
            descriptors = [0, opened.rawValue, opened.rawValue]
        } else if descriptors.count != 3 {
            throw LabError("exec: three descriptors belong to the request, or none; \(descriptors.count) came")
        }
        let pid = try withExtendedLifetime((passed, log)) { () throws(LabError) in
            try supervisor.launch(
                on: host, request.command, environment: request.environment, directory: request.directory,
                descriptors: descriptors, terminal: request.terminal
            ) { ended.fulfil($0) }
        }
        try send(.started(pid: pid))
        if request.detach { return }
        try follow(pid, ended)
    }

    private func follow(_ pid: Int32, _ ended: Promise<ProcessEnd>) throws(LabError) {
        while true {
            if let end = ended.current { return try send(.exited(status: end.shellStatus)) }
            var watched = [
                pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&watched, 2, -1) < 0 || watched[0].revents == 0 { continue }
            let isOpen = (try? lines.fill(from: socket.descriptor)) ?? false
            while let line = lines.next() {
                if case .signal(let number)? = try? ControlLine.decode(ControlRequest.self, line) {
                    supervisor.processes.signalGroup(pid, number)
                }
            }
            if !isOpen {
                supervisor.processes.signalGroup(pid, SIGHUP)
                // One that is stopped would never hear of it.
                supervisor.processes.signalGroup(pid, SIGCONT)
                throw LabError("the client has gone", kind: .disconnected)
            }
        }
    }
}
