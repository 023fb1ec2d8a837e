import Glibc
import Linux
import VirtualMachine

/// Answers requests on the machine's control socket, on the I/O thread (the protocol: `VMClient`).
final class ControlServer {
    private unowned let machine: Machine
    private let process: Int32
    private let listener: OwnedDescriptor
    private var connections: [Int32: Connection] = [:]
    private var waiters: [Int32] = []

    private struct Connection {
        let descriptor: OwnedDescriptor
        var reader = VMRequestReader()
    }

    private static let connectionLimit = 64

    /// Call with the device lock held.
    /// - Parameters:
    ///   - process: the monitor's number, as the host sees it.
    ///   - listener: non-blocking.
    init(_ machine: Machine, process: Int32, listener: OwnedDescriptor) throws(SystemError) {
        self.machine = machine
        self.process = process
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
        guard let lines = connections[number]?.reader.take(buffer[..<count]) else { return close(number) }
        for line in lines { answer(line, on: number) }
    }

    private func answer(_ request: String, on number: Int32) {
        switch VMRequest(rawValue: request) {
        case .status: send("ok\n" + machine.status(process: process).text + "\n", to: number)
        case .powerOff:
            let isPressed = machine.lock.hold { machine.pressPowerButton() }
            send(isPressed ? "ok\n\n" : "error this machine has no power button\n\n", to: number)
        case .kill:
            send("ok\n\n", to: number)
            machine.end(.killed)
        case .pause:
            machine.pause()
            send("ok\n\n", to: number)
        case .resume:
            machine.resume()
            send("ok\n\n", to: number)
        case .wait: if !waiters.contains(number) { waiters.append(number) }
        case nil: send("error there is no request '\(Self.printable(request))'\n\n", to: number)
        }
    }

    /// Junk, as it can be shown in a line of a terminal.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : Character($0) })
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
