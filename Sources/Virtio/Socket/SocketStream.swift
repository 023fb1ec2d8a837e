/// The host's end of a connection with the guest. No call waits. Called with the device lock held.
public protocol SocketStream: AnyObject {
    /// The guest has accepted the connection that the host asked for.
    func established(_ connection: SocketConnection)
    /// Takes bytes of the guest.
    /// - Returns: how many it could take now; when it can take more it calls `connection.writable()`.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int
    /// Fills `buffer` with bytes for the guest.
    /// - Returns: how many; 0: none now, `connection.readable()` will be called; nil: there will be no more.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int?
    /// The guest sends no more; all it sent has been written.
    func guestEnded()
    /// The connection is over, in good order or not.
    func closed()
}
