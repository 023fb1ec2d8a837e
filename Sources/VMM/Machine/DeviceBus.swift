import Board
import Linux

/// The way from processors to devices: I/O ports and addresses outside of RAM, under the machine's one device lock.
public final class DeviceBus: @unchecked Sendable {
    /// Held for every call of a device.
    public let lock: Condition
    public let ports = AddressSpace()
    public let addresses = AddressSpace()
    /// Accesses by processors, each of which left the guest, but for notifications by eventfds: by device, in the order of first use.
    private var counters: [ObjectIdentifier: Int] = [:]
    private var counts: [ExitCount] = []

    public init(lock: Condition = Condition()) { self.lock = lock }

    public func read(address: UInt64, size: Int) -> UInt64 {
        lock.hold {
            count(addresses, address, isWrite: false)
            return addresses.read(address, size: size)
        }
    }

    public func write(address: UInt64, size: Int, value: UInt64) {
        lock.hold {
            count(addresses, address, isWrite: true)
            addresses.write(address, size: size, value: value)
        }
    }

    public func readPort(_ port: UInt16, size: Int) -> UInt32 {
        lock.hold {
            count(ports, UInt64(port), isWrite: false)
            return UInt32(truncatingIfNeeded: ports.read(UInt64(port), size: size))
        }
    }

    public func writePort(_ port: UInt16, size: Int, value: UInt32) {
        lock.hold {
            count(ports, UInt64(port), isWrite: true)
            ports.write(UInt64(port), size: size, value: UInt64(value))
        }
    }

    /// Exits so far, and as a row of its own for each device the notifications that eventfds have brought in their place.
    /// Call with the lock held.
    public var exitCounts: [ExitCount] { counts }

    /// A device was notified by an eventfd: a write by a processor that has not left the guest for it.
    func countNotifications(_ number: Int, of device: AnyObject, name: String) {
        counts[index(ObjectIdentifier(device)) { "\(name), notified without an exit" }].writes += number
    }

    private func count(_ space: AddressSpace, _ address: UInt64, isWrite: Bool) {
        let entry = space.entry(at: address)
        let key = entry.map { ObjectIdentifier($0.device) } ?? ObjectIdentifier(self)
        let index = index(key) { entry?.name ?? "nothing there" }
        if isWrite { counts[index].writes += 1 } else { counts[index].reads += 1 }
    }

    private func index(_ key: ObjectIdentifier, name: () -> String) -> Int {
        if let known = counters[key] { return known }
        counters[key] = counts.count
        counts.append(ExitCount(device: name(), reads: 0, writes: 0))
        return counts.count - 1
    }
}

/// How often processors left the guest for a device, or notified it by an eventfd.
public struct ExitCount: Equatable, Sendable {
    public var device: String
    public var reads: Int
    public var writes: Int
}
