import Glibc
import Linux
import Virtio

/// A guest's driver and its monitor in one: memory of its own, shared; a receive ring and a transmit ring of 16 descriptors; and a
/// connection to a vhost-user door.
final class RingGuest {
    static let byteCount = 1 << 20
    static let guestBase: UInt64 = 0x10_0000
    static let size = 16
    static let bufferByteCount = 2048

    private let file: FileDescriptor
    private let mapping: MappedMemory
    private let connection: FileDescriptor
    private let kicks: [EventDescriptor.Box]
    private let calls: [EventDescriptor.Box]
    private var availableIndex: [UInt16] = [0, 0]
    private var usedIndex: [UInt16] = [0, 0]

    private var base: UnsafeMutableRawPointer { mapping.base }
    private func part(_ ring: Int, _ offset: Int) -> Int { ring * 0x4000 + offset }
    private func buffer(_ ring: Int, _ index: Int) -> Int {
        0x1_0000 + (ring * Self.size + index) * Self.bufferByteCount
    }

    init(door: String, features: UInt64 = (1 << 32) | (1 << 15) | VhostUserFeature.protocolFeatures) throws {
        file = try MemoryFile.make("guest", byteCount: Self.byteCount)
        mapping = try MappedMemory(file: file, byteCount: Self.byteCount)
        connection = try UnixSocket.connect(door)
        kicks = [try .init(), try .init()]
        calls = [try .init(), try .init()]
        try ask(.getFeatures)
        try tell(.setFeatures, VhostUserMessage.number(features))
        try tell(.setProtocolFeatures, VhostUserMessage.number(0))
        try tell(.setOwner)
        let user = UInt64(UInt(bitPattern: base))
        let region = VhostUserPayload.Region(
            guestAddress: Self.guestBase, byteCount: UInt64(Self.byteCount), userAddress: user, fileOffset: 0)
        try tell(.setMemoryTable, VhostUserPayload.memoryTable([region]), [file.rawValue])
        for ring in 0..<2 {
            let number = UInt32(ring)
            try tell(.setRingSize, VhostUserPayload.RingState(ring: number, value: UInt32(Self.size)).bytes)
            try tell(.setRingBase, VhostUserPayload.RingState(ring: number, value: 0).bytes)
            try tell(
                .setRingAddresses,
                VhostUserPayload.RingAddresses(
                    ring: number, descriptors: user + UInt64(part(ring, 0)), used: user + UInt64(part(ring, 0x2000)),
                    available: user + UInt64(part(ring, 0x1000))
                ).bytes)
            try tell(
                .setRingCall, VhostUserPayload.descriptorNumber(ring: ring, hasDescriptor: true),
                [calls[ring].event.rawValue])
            try tell(
                .setRingKick, VhostUserPayload.descriptorNumber(ring: ring, hasDescriptor: true),
                [kicks[ring].event.rawValue])
            try tell(.setRingEnabled, VhostUserPayload.RingState(ring: number, value: 1).bytes)
        }
        // The answer says that everything before it is done.
        try ask(.getFeatures)
    }

    private func tell(_ request: VhostUserRequest, _ payload: [UInt8] = [], _ descriptors: [Int32] = []) throws {
        try UnixSocket.send(VhostUserMessage(request, payload: payload).bytes, descriptors: descriptors, on: connection)
    }

    @discardableResult
    private func ask(_ request: VhostUserRequest, _ payload: [UInt8] = []) throws -> UInt64 {
        try tell(request, payload)
        var buffer = [UInt8](repeating: 0, count: 20)
        var count = 0
        while count < 20 {
            let room = 20 - count
            let start = count
            let received = try buffer.withUnsafeMutableBytes { bytes in
                try UnixSocket.receive(
                    into: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + room]), on: connection)
            }
            guard let received, received.byteCount > 0 else { throw SystemError("read the door's answer") }
            count += received.byteCount
        }
        return buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 12, as: UInt64.self) }
    }

    /// Stops a ring; where it stood.
    func stop(ring: Int) throws -> UInt32 {
        UInt32(try ask(.getRingBase, VhostUserPayload.RingState(ring: UInt32(ring), value: 0).bytes) >> 32)
    }

    private func makeAvailable(ring: Int, address: UInt64, byteCount: Int, isWritable: Bool) {
        let index = Int(availableIndex[ring]) % Self.size
        let descriptor = base + part(ring, 16 * index)
        descriptor.storeBytes(of: address, as: UInt64.self)
        descriptor.storeBytes(of: UInt32(byteCount), toByteOffset: 8, as: UInt32.self)
        descriptor.storeBytes(of: isWritable ? 2 : 0, toByteOffset: 12, as: UInt16.self)
        let available = base + part(ring, 0x1000)
        available.storeBytes(of: UInt16(index), toByteOffset: 4 + 2 * index, as: UInt16.self)
        availableIndex[ring] &+= 1
        available.storeBytes(of: availableIndex[ring], toByteOffset: 2, as: UInt16.self)
    }

    /// Gives the device `count` buffers to receive into.
    func offerBuffers(_ count: Int, byteCount: Int = RingGuest.bufferByteCount) {
        for _ in 0..<count {
            let index = Int(availableIndex[0]) % Self.size
            makeAvailable(
                ring: 0, address: Self.guestBase + UInt64(buffer(0, index)), byteCount: byteCount,
                isWritable: true)
        }
        kicks[0].event.signal()
    }

    /// Transmits a frame behind a header of zeros (or `header`).
    func transmit(_ frame: [UInt8], header: [UInt8] = [UInt8](repeating: 0, count: 12)) {
        let index = Int(availableIndex[1]) % Self.size
        let bytes = header + frame
        (base + buffer(1, index)).copyMemory(from: bytes, byteCount: bytes.count)
        makeAvailable(
            ring: 1, address: Self.guestBase + UInt64(buffer(1, index)), byteCount: bytes.count, isWritable: false)
        kicks[1].event.signal()
    }

    /// Breaks the rules: a descriptor that points outside of memory.
    func transmitFromNowhere() {
        makeAvailable(ring: 1, address: 0xdead_0000_0000, byteCount: 64, isWritable: false)
        kicks[1].event.signal()
    }

    /// The next received buffers that belong to one frame, without the header; waits for them.
    func receive() -> [UInt8]? {
        guard waitUntil({ [self] in used(0) != usedIndex[0] }) else { return nil }
        var bytes = take()
        let count = Int(bytes[10]) | Int(bytes[11]) << 8
        for _ in 1..<max(count, 1) {
            guard waitUntil({ [self] in used(0) != usedIndex[0] }) else { return nil }
            bytes += take()
        }
        return Array(bytes[12...])
    }

    private func take() -> [UInt8] {
        let entry = base + part(0, 0x2000) + 4 + 8 * (Int(usedIndex[0]) % Self.size)
        let index = Int(entry.load(as: UInt32.self))
        let count = Int(entry.load(fromByteOffset: 4, as: UInt32.self))
        usedIndex[0] &+= 1
        return [UInt8](UnsafeRawBufferPointer(start: base + buffer(0, index), count: count))
    }

    private func used(_ ring: Int) -> UInt16 { (base + part(ring, 0x2000)).load(fromByteOffset: 2, as: UInt16.self) }

    /// Whether the device gave all transmitted frames back.
    func waitForTransmitted() -> Bool { waitUntil { [self] in used(1) == availableIndex[1] } }

    private func waitUntil(_ condition: () -> Bool) -> Bool {
        for _ in 0..<5000 {
            if condition() { return true }
            usleep(1000)
        }
        return false
    }
}

extension EventDescriptor {
    /// An event descriptor in an array.
    final class Box {
        let event: EventDescriptor
        init() throws(SystemError) { event = try EventDescriptor() }
    }
}
