import Board
import Glibc
import Linux

/// The frontend's side of vhost-user: hands the guest's memory and rings to another process. Waits for answers, but not for long:
/// the device lock may be held meanwhile.
public final class VhostUserFrontend {
    /// How long the backend may take in all for what belongs together: the hello, a start of rings, a stop.
    private let patience: Duration
    private let socket: VhostUserSocket
    public var rawValue: Int32 { socket.rawValue }
    /// What the backend can do: virtio's features, the protocol's, rings at most.
    public let features: UInt64
    public let protocolFeatures: UInt64
    public let ringLimit: Int

    /// Says hello and asks what the backend can do.
    public init(_ descriptor: OwnedDescriptor, patience: Duration = .seconds(5)) throws(VhostUserError) {
        self.patience = patience
        socket = VhostUserSocket(descriptor)
        socket.deadline = Self.deadline(patience)
        try socket.send(VhostUserMessage(.setOwner))
        features = try Self.ask(.getFeatures, socket)
        guard features & VhostUserFeature.protocolFeatures != 0 else {
            protocolFeatures = 0
            ringLimit = 2
            return
        }
        let known =
            VhostUserFeature.multiQueue | VhostUserFeature.replyAcknowledge | VhostUserFeature.mtu
            | VhostUserFeature.resetDevice
        protocolFeatures = try Self.ask(.getProtocolFeatures, socket) & known
        try socket.send(
            VhostUserMessage(.setProtocolFeatures, payload: VhostUserMessage.number(protocolFeatures)))
        if protocolFeatures & VhostUserFeature.multiQueue != 0 {
            // Pairs, for a network backend.
            let pairs = try Self.ask(.getQueueCount, socket)
            ringLimit = 2 * Int(min(max(pairs, 1), 64))
        } else {
            ringLimit = 2
        }
    }

    private static func deadline(_ patience: Duration) -> UInt64 {
        MonotonicClock.now() + UInt64(max(0, patience / .nanoseconds(1)))
    }

    /// From now on the backend has its time again.
    func renewPatience() { socket.deadline = Self.deadline(patience) }

    /// What the other side has done unasked: it has gone, or it speaks. Takes nothing from the socket. To be called when no answer
    /// is waited for, and something can be read: who lets a message lie there is told of it again and again.
    var unaskedEvent: VhostUserError? {
        var byte: UInt8 = 0
        switch recv(socket.rawValue, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) {
        case 1...: return .badValue("a message that nobody asked for")
        case 0: return .system("the backend has gone")
        default: return errno == EAGAIN || errno == EINTR ? nil : .system("the backend has gone")
        }
    }

    private static func ask(_ request: VhostUserRequest, _ socket: VhostUserSocket) throws(VhostUserError) -> UInt64 {
        try socket.send(VhostUserMessage(request))
        return try number(try answer(to: request.rawValue, socket))
    }

    private static func number(_ message: VhostUserMessage) throws(VhostUserError) -> UInt64 {
        guard let number = VhostUserPayload.load(UInt64.self, message.payload, at: 0) else {
            throw .badValue("answer of \(message.payload.count) bytes")
        }
        return number
    }

    private static func answer(
        to request: UInt32, _ socket: VhostUserSocket
    ) throws(VhostUserError) -> VhostUserMessage {
        guard let (message, _) = try socket.receive() else { throw .system("the backend has gone") }
        guard message.isReply, message.request == request else {
            throw .badValue("answer to \(message.request), where \(request) was asked")
        }
        return message
    }

    /// Sends, and hears whether it worked where the backend can say so.
    private func tell(_ message: VhostUserMessage, descriptors: [Int32] = []) throws(VhostUserError) {
        var message = message
        message.needsReply = protocolFeatures & VhostUserFeature.replyAcknowledge != 0
        try socket.send(message, descriptors: descriptors)
        guard message.needsReply else { return }
        let result = try Self.number(try Self.answer(to: message.request, socket))
        guard result == 0 else { throw .system("the backend refuses message \(message.request)") }
    }

    /// Agrees on features and hands over the memory, which is how a start of rings begins.
    /// - Parameter file: what backs the memory; each region's offset in it is the region's.
    public func begin(features taken: UInt64, memory: GuestMemory, file: Int32) throws(VhostUserError) {
        renewPatience()
        let own = features & VhostUserFeature.protocolFeatures
        try tell(VhostUserMessage(.setFeatures, payload: VhostUserMessage.number(taken | own)))
        guard memory.regions.count <= VhostUserPayload.regionLimit else {
            throw .badValue("memory of \(memory.regions.count) regions")
        }
        let table = memory.regions.map {
            VhostUserPayload.Region(
                guestAddress: $0.address, byteCount: $0.byteCount, userAddress: Self.address($0.host),
                fileOffset: $0.fileOffset)
        }
        try tell(
            VhostUserMessage(.setMemoryTable, payload: VhostUserPayload.memoryTable(table)),
            descriptors: table.map { _ in file })
    }

    private static func address(_ pointer: UnsafeMutableRawPointer) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }

    /// Hands a ring over.
    /// - Parameters:
    ///   - base: the index it goes on at.
    ///   - kick: what the guest's notifications are written to; `call`: what the backend interrupts with.
    public func start(
        ring: Int, _ queue: Virtqueue, base: UInt16, kick: Int32, call: Int32
    ) throws(VhostUserError) {
        let number = UInt32(ring)
        func state(_ request: VhostUserRequest, _ value: UInt32) -> VhostUserMessage {
            VhostUserMessage(request, payload: VhostUserPayload.RingState(ring: number, value: value).bytes)
        }
        try tell(state(.setRingSize, UInt32(queue.size)))
        try tell(state(.setRingBase, UInt32(base)))
        let memory = queue.memory
        guard let descriptors = memory.pointer(at: queue.layout.descriptorTable, count: 1),
            let available = memory.pointer(at: queue.layout.availableRing, count: 1),
            let used = memory.pointer(at: queue.layout.usedRing, count: 1)
        else { throw .badValue("ring outside of memory") }
        let address = VhostUserPayload.RingAddresses(
            ring: number, descriptors: Self.address(descriptors), used: Self.address(used),
            available: Self.address(available))
        try tell(VhostUserMessage(.setRingAddresses, payload: address.bytes))
        try tell(
            VhostUserMessage(.setRingCall, payload: VhostUserPayload.descriptorNumber(ring: ring, hasDescriptor: true)),
            descriptors: [call])
        try tell(
            VhostUserMessage(.setRingKick, payload: VhostUserPayload.descriptorNumber(ring: ring, hasDescriptor: true)),
            descriptors: [kick])
    }

    /// Lets a ring work, or stand still. Rings of backends without protocol features always work.
    public func setEnabled(_ isOn: Bool, ring: Int) throws(VhostUserError) {
        guard features & VhostUserFeature.protocolFeatures != 0 else { return }
        let state = VhostUserPayload.RingState(ring: UInt32(ring), value: isOn ? 1 : 0)
        try tell(VhostUserMessage(.setRingEnabled, payload: state.bytes))
    }

    /// Takes a ring back: when this returns the backend does not touch it any more.
    /// - Returns: the index it has come to.
    @discardableResult
    public func stop(ring: Int) throws(VhostUserError) -> UInt16 {
        let state = VhostUserPayload.RingState(ring: UInt32(ring), value: 0)
        try socket.send(VhostUserMessage(.getRingBase, payload: state.bytes))
        let answer = try Self.answer(to: VhostUserRequest.getRingBase.rawValue, socket)
        guard let base = VhostUserPayload.RingState(answer.payload) else { throw .badValue("base of a ring") }
        return UInt16(truncatingIfNeeded: base.value)
    }

    public func setMTU(_ mtu: UInt16) throws(VhostUserError) {
        guard protocolFeatures & VhostUserFeature.mtu != 0 else { return }
        try tell(VhostUserMessage(.setMTU, payload: VhostUserMessage.number(UInt64(mtu))))
    }
}
