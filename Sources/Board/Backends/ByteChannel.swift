/// The other end of a serial line or console. Called with the device lock held.
public protocol ByteChannel: AnyObject {
    /// Takes output of the guest. Never waits: what nobody reads is dropped by the channel, oldest first.
    func write(_ bytes: [UInt8])
    /// The next waiting bytes of input, at most `limit`.
    func read(limit: Int) -> [UInt8]
    /// Called when input has come after `read` returned nothing.
    var onReadable: (() -> Void)? { get set }
}
