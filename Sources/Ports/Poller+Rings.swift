import Glibc
import Linux
import Switch
import Virtio
import Wire

extension Poller {
    /// Adds a device whose frames lie in rings that a monitor shares (vhost-user). It is there, and drops what is sent to it,
    /// until rings start.
    /// - Returns: the device's number in the data path.
    public func addRingDevice(name: String, _ device: RingDevice) -> Int32 {
        let number = addDevice(name: name, descriptor: -1)
        run { [self] _, _ in
            ports[Int(number)].ringIndex = Int32(ringDevices.count)
            ringDevices.append(RingPort(device: device, number: number))
        }
        return number
    }

    /// The back end that a monitor's messages go to; its rings run on the poller's thread.
    public func makeBackend(for device: RingDevice) -> VhostUserBackend {
        final class Reference: @unchecked Sendable { weak var backend: VhostUserBackend? }
        let reference = Reference()
        let backend = VhostUserBackend(
            features: RingDevice.offeredFeatures, ringCount: device.ringCount,
            start: { [self] index, ring in
                let features = reference.backend?.features ?? 0
                nonisolated(unsafe) let ring = ring
                run { [self] _, _ in
                    device.start(index, ring, features: features)
                    ringsChanged(device)
                }
            },
            stop: { [self] index in
                run { [self] _, _ in
                    let base = device.stop(index)
                    ringsChanged(device)
                    return base
                }
            })
        reference.backend = backend
        return backend
    }

    private func ringsChanged(_ device: RingDevice) {
        guard let index = ringDevices.firstIndex(where: { $0.device === device }) else { return }
        ports[Int(ringDevices[index].number)].capabilities = device.capabilities
        ringDevices[index].kicks = device.kicks
        ringDevices[index].isPending = true
        hasPendingRings = true
        ringChanges = true
    }

    /// Takes what guests transmit, from the rings that were kicked or may have more.
    /// - Returns: whether any frame came.
    @inline(never)
    func receiveFromRings(now: UInt64, all: Bool) -> Bool {
        var any = false
        hasPendingRings = false
        for index in ringDevices.indices where all || ringDevices[index].isPending {
            let port = ringDevices[index]
            guard ports[Int(port.number)].isOpen else { continue }
            let result = port.device.receive(datapath, device: port.number, now: now)
            ringDevices[index].isPending = result.more
            if result.more { hasPendingRings = true }
            if result.any { any = true }
        }
        return any
    }

    /// Puts a frame into a guest's ring, cut to segments where the guest does not take it whole. Takes the packet over.
    func putIntoRing(_ packet: PacketRef, _ port: Port) {
        let device = ringDevices[Int(port.ringIndex)].device
        if packet.pointee.offload.isSuperPacket, !port.takesWhole(packet) {
            segments(of: packet) { segment in
                if !device.send(segment) { datapath.noteDeviceDrop() }
                datapath.pool.release(segment)
            }
            return
        }
        if !device.send(packet) { datapath.noteDeviceDrop() }
        datapath.pool.release(packet)
    }

    /// The descriptors by which guests tell of frames, as the rings are now, against what they were.
    func changeKicks() -> (gone: Set<Int32>, new: Set<Int32>) {
        ringChanges = false
        let wanted = Set(ringDevices.flatMap(\.kicks))
        defer { kicks = wanted }
        return (kicks.subtracting(wanted), wanted.subtracting(kicks))
    }

    /// A ring's descriptor was signalled.
    func kicked(_ kick: Int32) {
        var count: UInt64 = 0
        _ = Glibc.read(kick, &count, 8)
        for index in ringDevices.indices where ringDevices[index].kicks.contains(kick) {
            ringDevices[index].isPending = true
            hasPendingRings = true
        }
    }

    /// The poller goes to sleep: guests say from now on when they transmit.
    /// - Returns: whether there are frames already: it must not sleep.
    func restRings() -> Bool {
        for index in ringDevices.indices where ringDevices[index].device.rest() {
            ringDevices[index].isPending = true
            hasPendingRings = true
        }
        return hasPendingRings
    }

    /// Tells guests of what the last batch put into their rings.
    @inline(never)
    func publishRings() {
        for port in ringDevices { port.device.publish() }
    }
}

/// A ring device among the poller's.
struct RingPort {
    let device: RingDevice
    let number: Int32
    /// Signalled when the guest transmits.
    var kicks: [Int32] = []
    /// There may be frames to take.
    var isPending = false
}
