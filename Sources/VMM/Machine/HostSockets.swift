import Linux
import VirtualMachine

/// How the guest's sockets (vsock) and programs of the host come together.
public struct HostSockets {
    /// Non-blocking; where the host's programs connect. Nil: nowhere.
    public var listener: OwnedDescriptor?
    /// Opens the host's stream for a port that the guest connects to; nil refuses.
    public var connect: (_ port: UInt32) -> OwnedDescriptor?

    public init(
        listener: OwnedDescriptor? = nil, connect: @escaping (_ port: UInt32) -> OwnedDescriptor? = { _ in nil }
    ) {
        self.listener = listener
        self.connect = connect
    }
}

extension VMConfiguration {
    /// The number of the guest's sockets (its context identifier), where it is to have any.
    var guestCID: UInt64? {
        get throws(MachineError) {
            guard let vsock else { return nil }
            guard vsock > 2, vsock < UInt32.max else {
                throw .configuration("a machine's vsock number is 3 or more, not \(vsock)")
            }
            return UInt64(vsock)
        }
    }
}
