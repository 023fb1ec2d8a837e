import Board

/// The socket device (virtio 1.2, clause 5.10): carries the packets of a `SocketHost` by queues.
public final class VirtioSocket: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.socket
    public let features: UInt64 = 1  // VIRTIO_VSOCK_F_STREAM
    /// To the guest, from it, events.
    public let queueSizes: [UInt16] = [256, 256, 16]
    public let host: SocketHost

    private static let toGuest = 0
    private static let fromGuest = 1
    private static let events = 2

    private var session: VirtioSession?

    public init(name: String = "virtio-vsock", guestCID: UInt64) {
        self.name = name
        host = SocketHost(guestCID: guestCID)
        host.onPending = { [unowned self] in fillBuffers() }
    }

    public var configuration: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: host.guestCID >> UInt64(8 * $0)) } }

    public func activate(_ session: VirtioSession) {
        self.session = session
        host.start()
    }

    public func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        host.stop()
        return true
    }

    /// The machine was restored or moved: the host's ends are gone, and the guest hears of it (clause 5.10.6.7).
    public func transportReset() {
        host.dropAll()
        guard let session, let queue = session.queue(Self.events) else { return }
        do throws(VirtqueueError) {
            guard let chain = try queue.next() else { return }
            queue.giveBack(chain.head, written: chain.write([0, 0, 0, 0]))
            session.publish(Self.events)
        } catch {
            session.fail(error)
        }
    }

    public func queueNotified(_ index: Int) {
        switch index {
        case Self.fromGuest: takePackets()
        case Self.toGuest:
            host.serve()
            // The guest's packets may have waited for room for our answers.
            takePackets()
        default: break
        }
    }

    private func takePackets() {
        session?.drain(Self.fromGuest) { (queue, chain) throws(VirtqueueError) in
            guard host.acceptsPackets else { return false }
            let header = chain.bytes(count: SocketPacket.byteCount)
            guard header.count == SocketPacket.byteCount else { throw .badRequest("a socket packet without a header") }
            let packet = SocketPacket(header)
            guard packet.dataByteCount <= SocketPacket.longestData else {
                throw .badRequest("a socket packet of \(packet.dataByteCount) bytes")
            }
            let data = chain.bytes(from: SocketPacket.byteCount, count: Int(packet.dataByteCount))
            guard data.count == Int(packet.dataByteCount) else { throw .badRequest("a socket packet that is cut off") }
            queue.giveBack(chain.head, written: 0)
            host.take(packet, data)
            return true
        }
        stopIfOver()
        host.serve()
    }

    /// A driver that broke a rule is not there any more.
    private func stopIfOver() { if session?.isOver == true { host.stop() } }

    /// Gives the guest's buffers to what there is for it.
    private func fillBuffers() {
        session?.drain(Self.toGuest) { (queue, chain) throws(VirtqueueError) in
            let room = chain.writableByteCount
            guard room >= SocketPacket.byteCount else { throw .badRequest("a socket buffer of \(room) bytes") }
            guard let (packet, data) = host.next(room: room - SocketPacket.byteCount) else { return false }
            let written = chain.write(packet.bytes)
            queue.giveBack(chain.head, written: written + chain.write(data, at: SocketPacket.byteCount))
            return true
        }
        stopIfOver()
    }
}
