/// A message-signalled interrupt: what a device writes, and where to (PCI Local Bus 3.0, section 6.8; Intel SDM volume 3, 11.11).
public struct MessageSignalledInterrupt: Hashable, Sendable {
    public var address: UInt64
    public var data: UInt32

    public init(address: UInt64, data: UInt32) {
        self.address = address
        self.data = data
    }
}

/// Takes message-signalled interrupts to the CPUs' local APICs. May be called from any thread.
public protocol InterruptMessageSink: AnyObject {
    func send(_ message: MessageSignalledInterrupt)
}
