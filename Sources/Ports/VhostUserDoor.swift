import Glibc
import Linux
import Synchronization
import Virtio

/// Where monitors of virtual machines come in: a unix socket that speaks vhost-user, one connection at a time.
///
/// The rings of whoever is connected run on the poller's thread; the protocol has a thread of its own, which mostly sleeps.
/// Any monitor can use the door (`-netdev vhost-user` of QEMU, ours): the machine's memory must be shared.
public final class VhostUserDoor: Sendable {
    public let path: String
    public let device: RingDevice
    private let backend: Serving
    private let listener: Shutter
    private let finished = Gate()

    /// What only the door's thread uses.
    private final class Serving: @unchecked Sendable {
        let backend: VhostUserBackend
        init(_ backend: VhostUserBackend) { self.backend = backend }
    }

    /// A listening socket that another thread may shut.
    private final class Shutter: Sendable {
        let descriptor: FileDescriptor
        private let connection = Mutex<Int32>(-1)
        private let isShut = Atomic(false)

        init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

        /// - Returns: false: the door is shut.
        func enter(_ number: Int32) -> Bool {
            connection.withLock { $0 = number }
            return !isShut.load(ordering: .sequentiallyConsistent)
        }
        func leave() { connection.withLock { $0 = -1 } }
        var isOpen: Bool { !isShut.load(ordering: .sequentiallyConsistent) }

        func shut() {
            isShut.store(true, ordering: .sequentiallyConsistent)
            shutdown(descriptor.rawValue, Int32(SHUT_RDWR))
            connection.withLock { if $0 >= 0 { _ = shutdown($0, Int32(SHUT_RDWR)) } }
        }
    }

    /// - Parameters:
    ///   - queuePairs: how many pairs of rings a guest may use.
    ///   - onFault: is told, on the door's thread, what a monitor or guest did wrong.
    public init(
        path: String, poller: Poller, device: RingDevice, onFault: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SystemError) {
        self.path = path
        self.device = device
        listener = Shutter(try UnixSocket.listen(path, mode: 0o600))
        backend = Serving(poller.makeBackend(for: device))
        try BackgroundThread.start("vhost-user") { [self] in
            serve(onFault)
            finished.open()
        }
    }

    /// Ends the connection, if there is one, and removes the socket.
    public func close() {
        listener.shut()
        finished.wait()
        unlink(path)
    }

    private func serve(_ onFault: @Sendable (String) -> Void) {
        while listener.isOpen {
            let accepted: FileDescriptor?
            do {
                accepted = try UnixSocket.accept(listener.descriptor)
            } catch {
                if listener.isOpen { onFault("\(error)") }
                return
            }
            guard let connection = accepted else { continue }
            let number = connection.rawValue
            if listener.enter(number) {
                converse(VhostUserSocket(OwnedDescriptor(connection)), onFault)
            }
            listener.leave()
            backend.backend.stopAll()
        }
    }

    /// Takes messages until the other end is gone or breaks the protocol.
    private func converse(_ socket: VhostUserSocket, _ onFault: (String) -> Void) {
        do {
            while let (message, descriptors) = try socket.receive() {
                if let reply = try backend.backend.handle(message, descriptors: descriptors) {
                    try socket.send(reply)
                }
            }
        } catch {
            if listener.isOpen { onFault("\(path): \(error)") }
        }
    }
}
