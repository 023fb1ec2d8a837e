import Glibc
import Linux
import VirtualMachine

/// Answers requests on the machine's control socket, on the I/O thread (the protocol: `VMClient`).
final class ControlServer {
    private unowned let machine: Machine
    private let listener: OwnedDescriptor
    private var connections: [Int32: Connection] = [:]
    private var waiters: [Int32] = []

    private struct Connection {
        let descriptor: OwnedDescriptor
        var received: [UInt8] = []
    }

    /// Longer requests are nobody's.
    private static let requestLimit = 4096
    private static let connectionLimit = 64

    /// - Parameter listener: non-blocking. Call with the device lock held.
    init(_ machine: Machine, listener: OwnedDescriptor) throws(SystemError) {
        self.machine = machine
        self.listener = listener
        try machine.loop.watch(listener.rawValue, isLocked: false) { [unowned self] _ in accept() }
    }

    private func accept() {
        while let socket = try? UnixSocket.accept(listener.descriptor, nonBlocking: true) {
            guard connections.count < Self.connectionLimit else { continue }
            let owned = OwnedDescriptor(socket)
            let number = owned.rawValue
            connections[number] = Connection(descriptor: owned)
            machine.lock.hold {
                try? machine.loop.watch(number, isLocked: false) { [unowned self] _ in receive(number) }
            }
        }
    }

    private func receive(_ number: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(number, &buffer, buffer.count)
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { close(number) }
            return
        }
        connections[number]?.received += buffer[..<count]
        while let connection = connections[number], let end = connection.received.firstIndex(of: 0x0a) {
            let line = String(decoding: connection.received[..<end], as: UTF8.self)
            connections[number]?.received.removeFirst(end + 1)
            answer(line, on: number)
        }
        if connections[number]?.received.count ?? 0 > Self.requestLimit { close(number) }
    }

    private func answer(_ request: String, on number: Int32) {
        switch request {
        case "status": send("ok\n" + machine.status.text + "\n", to: number)
        case "power-off":
            let isPressed = machine.lock.hold { machine.pressPowerButton() }
            send(isPressed ? "ok\n\n" : "error this machine has no power button\n\n", to: number)
        case "kill":
            send("ok\n\n", to: number)
            machine.end(.killed)
        case "pause":
            machine.pause()
            send("ok\n\n", to: number)
        case "resume":
            machine.resume()
            send("ok\n\n", to: number)
        case "wait": waiters.append(number)
        default: send("error there is no request '\(request)'\n\n", to: number)
        }
    }

    /// Tells those who wait how the machine ended.
    func finish(_ status: VMStatus) {
        for number in waiters { send("ok\n" + status.text + "\n", to: number) }
        waiters = []
    }

    /// Answers are small: who does not take one at once is gone.
    private func send(_ text: String, to number: Int32) {
        guard let connection = connections[number] else { return }
        do throws(SystemError) { try connection.descriptor.descriptor.writeAll(text) } catch { close(number) }
    }

    private func close(_ number: Int32) {
        machine.lock.hold { machine.loop.unwatch(number) }
        connections[number] = nil
        waiters.removeAll { $0 == number }
    }
}
