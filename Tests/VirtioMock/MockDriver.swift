import Board
import Virtio

/// The other end of a virtio device: a driver that sets it up as a kernel does, register by register.
public final class MockDriver {
    public let guest: MockGuest
    public let transport: any MockTransport
    public private(set) var queues: [MockQueue] = []
    public private(set) var features: UInt64 = 0

    public enum Kind: String, CaseIterable, Sendable {
        case pci, pin, mmio
    }

    public init(_ device: any VirtioDevice, guest: MockGuest = MockGuest(), over kind: Kind = .pci) {
        self.guest = guest
        transport =
            switch kind {
            case .pci: MockPCI(device, memory: guest.memory)
            case .pin: MockPCI(device, memory: guest.memory, usesMessages: false)
            case .mmio: MockMMIO(device, memory: guest.memory)
            }
    }

    /// From reset to DRIVER_OK.
    /// - Parameters:
    ///   - wanted: of the features offered, those to take.
    ///   - size: of each queue at most.
    /// - Returns: whether the device took the features.
    @discardableResult
    public func start(features wanted: UInt64 = .max, size: Int = 64, arenaByteCount: Int = 256 << 10) -> Bool {
        transport.status = 0
        precondition(transport.status == 0, "the device did not reset at once")
        transport.status = 1
        transport.status = 3
        features = transport.offeredFeatures & wanted
        transport.takeFeatures(features)
        transport.status = 11
        guard transport.status & 8 != 0 else { return false }
        queues = []
        var index = 0
        while case let maximum = transport.maximumSize(queue: index), maximum > 0 {
            let queue = MockQueue(
                guest: guest, index: index, size: min(maximum, size),
                usesEventIndex: features & Virtio.Feature.eventIndex != 0, arenaByteCount: arenaByteCount
            ) { [unowned self, index] in transport.kick(index) }
            transport.setUp(
                queue: index, size: queue.size, descriptors: queue.descriptors, available: queue.available,
                used: queue.used)
            queues.append(queue)
            index += 1
        }
        transport.status = 15
        return true
    }

    public var needsReset: Bool { transport.status & 64 != 0 }

    /// The device's configuration space from `offset` on.
    public func configuration(_ offset: Int, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: transport.readConfiguration(offset + $0, size: 1)) }
    }
}
