import Linux

/// Lets readers and typists come to a console of the machine's by a socket.
final class ConsoleServer {
    private let listener: OwnedDescriptor

    /// - Parameter listener: non-blocking. Call with the device lock held.
    init(_ machine: Machine, _ console: Console, listener: OwnedDescriptor) throws(SystemError) {
        self.listener = listener
        try machine.loop.watch(listener.rawValue) { [unowned self] _ in
            while let socket = try? UnixSocket.accept(self.listener.descriptor, nonBlocking: true) {
                let owned = OwnedDescriptor(socket)
                console.attach(input: owned, output: owned)
            }
        }
    }
}
