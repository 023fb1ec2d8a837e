import Board
import Linux

/// The way from processors to devices: I/O ports and addresses outside of RAM, under the machine's one device lock.
public final class DeviceBus: @unchecked Sendable {
    /// Held for every call of a device.
    public let lock: Condition
    public let ports = AddressSpace()
    public let addresses = AddressSpace()
    /// Accesses by processors, each of which left the guest: by device, in the order of first use.
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

    /// Exits so far. Call with the lock held.
    public var exitCounts: [ExitCount] { counts }

    private func count(_ space: AddressSpace, _ address: UInt64, isWrite: Bool) {
        let entry = space.entry(at: address)
        let key = entry.map { ObjectIdentifier($0.device) } ?? ObjectIdentifier(self)
        let index: Int
        if let known = counters[key] {
            index = known
        } else {
            index = counts.count
            counters[key] = index
            counts.append(ExitCount(device: entry?.name ?? "nothing there", reads: 0, writes: 0))
        }
        if isWrite { counts[index].writes += 1 } else { counts[index].reads += 1 }
    }
}

/// How often processors left the guest for a device.
public struct ExitCount: Equatable, Sendable {
    public var device: String
    public var reads: Int
    public var writes: Int
}
