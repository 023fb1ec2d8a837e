import Virtio

/// Programs of the host at the sockets of a guest, that read, write and go when the script says so.
public final class SocketPrograms {
    private let host: SocketHost
    private var programs: [Program] = []

    /// Those that the guest connects to at even ports answer.
    public init(of host: SocketHost) {
        self.host = host
        host.onConnect = { [unowned self] port in
            guard port & 1 == 0 else { return nil }
            programs.append(Program())
            return programs.last
        }
    }

    /// Does what the script says.
    /// - Returns: false: it says nothing of what programs do.
    public func act(_ script: inout Script) -> Bool {
        let action = script.next(UInt8.self) % 6
        if action == 0 {
            let program = Program()
            if host.connect(to: UInt32(script.next(UInt8.self)), program) != nil { programs.append(program) }
            return true
        }
        guard !programs.isEmpty else { return true }
        let program = programs[Int(script.next(UInt8.self)) % programs.count]
        switch action {
        case 1:
            program.outgoing += Int(script.next(UInt16.self))
            program.connection?.readable()
        case 2:
            program.room += Int(script.next(UInt16.self))
            program.connection?.writable()
        case 3:
            program.ends = true
            program.connection?.readable()
        case 4: program.connection?.close()
        default: return false
        }
        return true
    }

    /// After the guest's end has gone: all has been closed.
    public func check() {
        precondition(programs.allSatisfy { $0.isClosed || $0.connection == nil } && host.connectionCount == 0)
    }
}

private final class Program: SocketStream {
    var room = 1000
    var outgoing = 0
    var ends = false
    var isClosed = false
    private(set) weak var connection: SocketConnection?

    func established(_ connection: SocketConnection) { self.connection = connection }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        precondition(!isClosed)
        let count = min(room, bytes.count)
        room -= count
        return count
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        precondition(!isClosed)
        if outgoing == 0 { return ends ? nil : 0 }
        let count = min(outgoing, buffer.count)
        outgoing -= count
        for index in 0..<count { buffer[index] = 7 }
        return count
    }

    func guestEnded() { precondition(!isClosed) }

    func closed() {
        precondition(!isClosed, "closed twice")
        isClosed = true
    }
}
