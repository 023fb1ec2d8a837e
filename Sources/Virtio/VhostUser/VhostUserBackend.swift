import Board
import Linux

/// The device's end of vhost-user: takes a monitor's messages, maps the guest's memory, and starts and stops rings.
///
/// It moves no bytes of the socket itself: `handle` takes a message with its descriptors and returns the answer. What the
/// other end sends is not trusted: each address is checked when a ring starts, and chains are when they are taken.
public final class VhostUserBackend {
    /// A ring that may run: shared with whoever runs it.
    public struct Ring {
        public let queue: Virtqueue
        /// The driver signals here that chains are available; -1: it is to be polled.
        public let kick: Int32
        /// Where to signal that chains were given back; -1: nobody wants to know.
        public let call: Int32
        /// Keeps the memory mapped as long as the ring is in use.
        let mapping: Mapping
    }

    /// The guest's memory as it is mapped here.
    final class Mapping {
        struct Part {
            let region: VhostUserPayload.Region
            let memory: OwnedMapping
        }

        let parts: [Part]
        let memory: GuestMemory

        init(_ parts: [Part]) {
            self.parts = parts
            memory = GuestMemory(
                regions: parts.map {
                    GuestMemory.Region(
                        address: $0.region.guestAddress, byteCount: $0.region.byteCount,
                        host: $0.memory.base + Int($0.region.fileOffset), fileOffset: $0.region.fileOffset)
                }.sorted { $0.address < $1.address })
        }

        /// The guest physical address of an address of the other end.
        func guestAddress(_ user: UInt64) -> UInt64? {
            for part in parts where user >= part.region.userAddress {
                let offset = user - part.region.userAddress
                if offset < part.region.byteCount { return part.region.guestAddress + offset }
            }
            return nil
        }
    }

    /// A mapping that several may hold.
    final class OwnedMapping {
        private let mapping: MappedMemory
        var base: UnsafeMutableRawPointer { mapping.base }
        init(_ mapping: consuming MappedMemory) { self.mapping = mapping }
    }

    private struct RingSettings {
        var size: UInt32 = 0
        var addresses: VhostUserPayload.RingAddresses?
        var base: UInt16 = 0
        var kick: OwnedDescriptor?
        var call: OwnedDescriptor?
        var isKickSet = false
        var isEnabled = false
        var isRunning = false
    }

    /// What the device can do, virtio's feature bits.
    public let offeredFeatures: UInt64
    public let ringCount: Int
    public private(set) var features: UInt64 = 0
    private var protocolFeatures: UInt64 = 0
    private var mapping: Mapping?
    private var rings: [RingSettings]
    private let start: (Int, Ring) -> Void
    private let stop: (Int) -> UInt16

    /// - Parameters:
    ///   - start: a ring may run. With a ring that runs already: only its call descriptor has changed.
    ///   - stop: a ring is to stop; returns where it stood in the available ring. When it returns, the ring is not used any more.
    public init(
        features: UInt64, ringCount: Int, start: @escaping (Int, Ring) -> Void, stop: @escaping (Int) -> UInt16
    ) {
        offeredFeatures = features | VhostUserFeature.protocolFeatures
        self.ringCount = ringCount
        self.start = start
        self.stop = stop
        rings = Array(repeating: RingSettings(), count: ringCount)
    }

    /// Takes a message.
    /// - Parameter descriptors: those that came with it.
    /// - Returns: the answer to send, if any.
    public func handle(
        _ message: VhostUserMessage, descriptors: [OwnedDescriptor]
    ) throws(VhostUserError) -> VhostUserMessage? {
        var owned = descriptors
        guard let request = VhostUserRequest(rawValue: message.request) else {
            throw .unknownRequest(message.request)
        }
        var answer: [UInt8]?
        switch request {
        case .getFeatures: answer = VhostUserMessage.number(offeredFeatures)
        case .setFeatures: try setFeatures(number(message))
        case .setOwner, .setRingError, .setMTU: break
        case .resetOwner, .resetDevice: stopAll()
        case .setStatus: if try number(message) == 0 { stopAll() }
        case .getStatus: answer = VhostUserMessage.number(0)
        case .setMemoryTable: try setMemory(message.payload, &owned)
        case .setRingSize:
            let state = try ringState(message)
            guard state.value > 0, state.value <= 32768 else { throw .badValue("ring size \(state.value)") }
            rings[Int(state.ring)].size = state.value
        case .setRingBase:
            let state = try ringState(message)
            rings[Int(state.ring)].base = UInt16(truncatingIfNeeded: state.value)
        case .setRingAddresses:
            guard let addresses = VhostUserPayload.RingAddresses(message.payload), addresses.ring < UInt32(ringCount)
            else { throw .badValue("ring addresses") }
            rings[Int(addresses.ring)].addresses = addresses
        case .getRingBase:
            let state = try ringState(message)
            let base = stopRing(Int(state.ring))
            rings[Int(state.ring)].kick = nil
            rings[Int(state.ring)].isKickSet = false
            answer = VhostUserPayload.RingState(ring: state.ring, value: UInt32(base)).bytes
        case .setRingKick:
            let ring = try descriptorRing(message)
            rings[ring].kick = try event(&owned)
            rings[ring].isKickSet = true
            try startIfReady(ring)
        case .setRingCall:
            let ring = try descriptorRing(message)
            let before = rings[ring].call
            rings[ring].call = try event(&owned)
            if rings[ring].isRunning { try restart(ring) }
            withExtendedLifetime(before) {}
        case .getProtocolFeatures:
            answer = VhostUserMessage.number(
                VhostUserFeature.multiQueue | VhostUserFeature.replyAcknowledge | VhostUserFeature.mtu
                    | VhostUserFeature.resetDevice | VhostUserFeature.status)
        case .setProtocolFeatures: protocolFeatures = try number(message)
        case .getQueueCount: answer = VhostUserMessage.number(UInt64(ringCount / 2))
        case .setRingEnabled:
            let state = try ringState(message)
            rings[Int(state.ring)].isEnabled = state.value != 0
            if state.value != 0 {
                try startIfReady(Int(state.ring))
            } else {
                _ = stopRing(Int(state.ring))
            }
        }
        if answer == nil, message.needsReply, protocolFeatures & VhostUserFeature.replyAcknowledge != 0 {
            answer = VhostUserMessage.number(0)
        }
        guard let answer else { return nil }
        var reply = VhostUserMessage(message.request, payload: answer)
        reply.isReply = true
        return reply
    }

    /// Stops all rings: the other end is gone.
    public func stopAll() {
        for ring in rings.indices {
            _ = stopRing(ring)
            rings[ring] = RingSettings()
        }
    }

    private func setFeatures(_ wanted: UInt64) throws(VhostUserError) {
        guard wanted & ~offeredFeatures == 0 else { throw .badValue("features that were not offered") }
        features = wanted
        // Without the protocol's features rings are enabled from the start.
        if wanted & VhostUserFeature.protocolFeatures == 0 {
            for ring in rings.indices { rings[ring].isEnabled = true }
        }
    }

    private func setMemory(_ payload: [UInt8], _ descriptors: inout [OwnedDescriptor]) throws(VhostUserError) {
        guard let regions = VhostUserPayload.parseMemoryTable(payload), regions.count == descriptors.count else {
            throw .badValue("memory table")
        }
        var parts: [Mapping.Part] = []
        for (region, descriptor) in zip(regions, descriptors) {
            let (end, overflow) = region.fileOffset.addingReportingOverflow(region.byteCount)
            let (_, wraps) = region.guestAddress.addingReportingOverflow(region.byteCount)
            guard !overflow, !wraps, end <= 1 << 46, region.byteCount > 0, region.byteCount % 4096 == 0,
                region.guestAddress % 4096 == 0, region.fileOffset % 4096 == 0,
                regions.allSatisfy({ other in
                    other == region || other.guestAddress >= region.guestAddress + region.byteCount
                        || region.guestAddress >= other.guestAddress + other.byteCount
                })
            else { throw .badValue("region of memory") }
            // Memory that vanishes would end this process: a memfd that cannot shrink, as long as it is said to be.
            guard MemoryFile.isSafe(descriptor.descriptor, byteCount: end) else {
                throw .system("the memory is shorter than it is said to be, or not sealed with F_SEAL_SHRINK")
            }
            do {
                parts.append(
                    Mapping.Part(
                        region: region,
                        memory: OwnedMapping(
                            try MappedMemory(file: descriptor.descriptor, byteCount: Int(end)))))
            } catch {
                throw .system("\(error)")
            }
        }
        let running = rings.indices.filter { rings[$0].isRunning }
        for ring in running { rings[ring].base = stopRing(ring) }
        mapping = Mapping(parts)
        for ring in running { try startIfReady(ring) }
    }

    private func startIfReady(_ ring: Int) throws(VhostUserError) {
        let settings = rings[ring]
        guard !settings.isRunning, settings.isEnabled, settings.isKickSet, settings.size > 0,
            let addresses = settings.addresses, let mapping
        else { return }
        guard let descriptors = mapping.guestAddress(addresses.descriptors),
            let available = mapping.guestAddress(addresses.available), let used = mapping.guestAddress(addresses.used)
        else { throw .badValue("addresses of ring \(ring)") }
        let queue: Virtqueue
        do throws(VirtqueueError) {
            queue = try Virtqueue(
                memory: mapping.memory, size: UInt16(truncatingIfNeeded: settings.size), descriptorTable: descriptors,
                availableRing: available, usedRing: used, features: features, start: settings.base)
        } catch {
            throw .queue(error)
        }
        rings[ring].isRunning = true
        start(ring, made(ring, queue, mapping))
    }

    /// The descriptor that came with a message, if one did. Whoever moves frames writes to it and reads it, for all ports: an event
    /// that blocks would hold them up.
    private func event(_ owned: inout [OwnedDescriptor]) throws(VhostUserError) -> OwnedDescriptor? {
        guard let event = owned.popLast() else { return nil }
        do throws(SystemError) { try event.descriptor.setNonBlocking(true) } catch { throw .system("\(error)") }
        return event
    }

    private func made(_ ring: Int, _ queue: Virtqueue, _ mapping: Mapping) -> Ring {
        Ring(
            queue: queue, kick: rings[ring].kick?.rawValue ?? -1,
            call: rings[ring].call?.rawValue ?? -1, mapping: mapping)
    }

    private func restart(_ ring: Int) throws(VhostUserError) {
        rings[ring].base = stopRing(ring)
        try startIfReady(ring)
    }

    private func stopRing(_ ring: Int) -> UInt16 {
        guard rings[ring].isRunning else { return rings[ring].base }
        rings[ring].isRunning = false
        rings[ring].base = stop(ring)
        return rings[ring].base
    }

    private func number(_ message: VhostUserMessage) throws(VhostUserError) -> UInt64 {
        guard let value = VhostUserPayload.load(UInt64.self, message.payload, at: 0) else {
            throw .badValue("payload of \(message.payload.count) bytes")
        }
        return value
    }

    private func ringState(_ message: VhostUserMessage) throws(VhostUserError) -> VhostUserPayload.RingState {
        guard let state = VhostUserPayload.RingState(message.payload), state.ring < UInt32(ringCount) else {
            throw .badValue("ring")
        }
        return state
    }

    private func descriptorRing(_ message: VhostUserMessage) throws(VhostUserError) -> Int {
        let ring = try number(message) & 0xff
        guard ring < UInt64(ringCount) else { throw .badValue("ring") }
        return Int(ring)
    }
}

/// What a monitor did wrong. The connection ends.
public enum VhostUserError: Error, CustomStringConvertible {
    case unknownRequest(UInt32)
    case badValue(String)
    case queue(VirtqueueError)
    case system(String)

    public var description: String {
        switch self {
        case .unknownRequest(let number): "vhost-user: request \(number) is not known"
        case .badValue(let what): "vhost-user: \(what) cannot be"
        case .queue(let error): "vhost-user: \(error)"
        case .system(let text): "vhost-user: \(text)"
        }
    }
}
