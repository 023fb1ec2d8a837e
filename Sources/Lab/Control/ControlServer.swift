import Glibc
import Linux
import Synchronization
import Topology

/// Answers on a lab's control socket, each connection on a thread of its own.
final class ControlServer: Sendable {
    private let supervisor: Supervisor

    init(_ supervisor: Supervisor) { self.supervisor = supervisor }

    /// Takes a connection that waits.
    func accept(from listener: borrowing FileDescriptor) {
        do throws(SystemError) {
            guard let socket = try UnixSocket.accept(listener) else { return }
            let connection = ControlConnection(supervisor, OwnedDescriptor(socket))
            try BackgroundThread.start("rookery-control") { connection.serve() }
        } catch {
            logLine("\(error)")
            // Out of descriptors, most likely: not at once again.
            MonotonicClock.sleep(until: MonotonicClock.now() + 10_000_000)
        }
    }
}

/// One client's connection: requests, one after the other, and their replies.
final class ControlConnection: @unchecked Sendable {
    let supervisor: Supervisor
    let socket: OwnedDescriptor
    /// Only the connection's thread touches it.
    var lines = LineBuffer()

    init(_ supervisor: Supervisor, _ socket: OwnedDescriptor) {
        self.supervisor = supervisor
        self.socket = socket
    }

    func send(_ reply: ControlReply) throws(LabError) { try ControlLine.send(reply, on: socket.descriptor) }

    func serve() {
        do throws(LabError) {
            while let line = try nextLine() {
                do throws(LabError) {
                    try answer(try ControlLine.decode(ControlRequest.self, line))
                } catch {
                    if error.kind == .disconnected { return }
                    try send(.failed(error.description))
                }
            }
        } catch {
            // The client has gone; there is nobody to tell.
        }
    }

    private func nextLine() throws(LabError) -> [UInt8]? {
        while true {
            if let line = lines.next() { return line }
            guard try lines.fill(from: socket.descriptor) else { return nil }
        }
    }

    /// The descriptors that came beside the request.
    func takeDescriptors() -> [OwnedDescriptor] {
        lines.takeDescriptors().map { OwnedDescriptor(FileDescriptor(owning: $0)) }
    }

    private func answer(_ request: ControlRequest) throws(LabError) {
        switch request {
        case .status: try send(.status(supervisor.status()))
        case .topology: try send(.topology(supervisor.topology.withLock { $0 }))
        case .exec(let request): try exec(request)
        case .signal: break  // Its program has ended meanwhile.
        case .setLink(let link, let change):
            try supervisor.change(linksNamed: link, change)
            try send(.done)
        case .setNode(let node, let cpuShares, let cpuLimit, let memory, let pids):
            try supervisor.setLimits(
                of: node, cpuShares: cpuShares, cpuLimit: cpuLimit, memory: memory, pids: pids)
            try send(.done)
        case .setAddress(let node, let interface, let prefix):
            try supervisor.setAddress(of: node, interface: interface, prefix)
            try send(.done)
        case .setSwitch(let node, let running):
            try supervisor.setSwitch(node, running: running)
            try send(.done)
        case .capture(let node, let interface, let snapLength, let count):
            try capture(node, interface, snapLength: snapLength, count: count)
        case .trace(let node, let packet): try send(.text(try supervisor.trace(packet, at: node)))
        case .inspectSwitch(let node): try send(.switchReport(try supervisor.switchReport(node)))
        case .controllers: try send(.controllers(supervisor.controllers()))
        case .addFlow(let node, let flow):
            try supervisor.addFlow(flow, to: node)
            try send(.done)
        case .removeFlows(let node, let match):
            try supervisor.removeFlows(match, of: node)
            try send(.done)
        case .flushAddresses(let node):
            try supervisor.flushAddresses(of: node)
            try send(.done)
        case .connections(let zone, let verbose, let statistics):
            try send(.text(supervisor.connections(zone: zone, verbose: verbose, statistics: statistics)))
        case .flushConnections(let zone):
            supervisor.flushConnections(zone: zone)
            try send(.done)
        case .fidelity: try send(.fidelity(supervisor.fidelity()))
        case .ping(let request): try ping(request)
        case .down: try takeDown()
        }
    }

    private func takeDown() throws(LabError) {
        let isOurs = supervisor.stop { stage, done, total in
            // A client that has gone changes nothing: the lab goes down.
            try? send(.progress(stage: stage, done: done, total: total))
        }
        // It goes down already: the client learns that it has when the connection closes.
        guard isOurs else { throw LabError("the lab is going down already", kind: .disconnected) }
        try? send(.done)
        exit(0)
    }
}
