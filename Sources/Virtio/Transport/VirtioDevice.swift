import Board

/// What a virtio device is, whatever the transport. Called with the device lock held.
public protocol VirtioDevice: AnyObject {
    /// For messages: "virtio-net.0".
    var name: String { get }
    var kind: VirtioDeviceKind { get }
    /// Features of this kind of device that are offered (bits 0...23 and 50 on).
    var features: UInt64 { get }
    /// Features of the queues that are offered; `Virtio.Feature.ofQueues` unless somebody else serves them.
    var queueFeatures: UInt64 { get }
    /// The largest size of each queue: powers of two.
    var queueSizes: [UInt16] { get }
    /// The device's configuration space as it is now (clause 2.5).
    var configuration: [UInt8] { get }
    /// The driver writes to the configuration space; ranges that are not all inside of it never come here.
    func writeConfiguration(_ bytes: [UInt8], at offset: Int)
    /// The driver is ready: queues may be used.
    func activate(_ session: VirtioSession)
    /// The session is over: nothing of its queues or buffers is touched after this, nor after `finished` was called
    /// where the device has work under way that it cannot stop at once.
    /// - Returns: false where `finished` will be called later, with the device lock held.
    func reset(finished: @escaping () -> Void) -> Bool
    /// The driver has made chains available in a queue.
    func queueNotified(_ index: Int)
}

extension VirtioDevice {
    public var queueFeatures: UInt64 { Virtio.Feature.ofQueues }
    public func writeConfiguration(_ bytes: [UInt8], at offset: Int) {}
}

/// Kinds of devices (clause 5), and how PCI classes them.
public enum VirtioDeviceKind: UInt16, Sendable {
    case network = 1
    case block = 2
    case console = 3
    case entropy = 4
    case balloon = 5
    case ninePFileSystem = 9
    case socket = 19

    var pciClassCode: UInt32 {
        switch self {
        case .network: 0x02_0000
        case .block: 0x01_8000
        case .console: 0x07_8000
        case .entropy, .balloon: 0x00_ff00
        case .ninePFileSystem: 0x01_8000
        case .socket: 0x02_8000
        }
    }
}
