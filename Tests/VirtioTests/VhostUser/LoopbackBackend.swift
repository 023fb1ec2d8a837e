import Glibc
import Linux
import Synchronization
import Virtio

/// A backend in a thread of its own: what is sent on an odd ring comes back on the even one before it.
final class LoopbackBackend: @unchecked Sendable {
    private let lock = Mutex(())
    private var rings: [Int: VhostUserBackend.Ring] = [:]
    private let socket: VhostUserSocket
    private var backend: VhostUserBackend!
    private let isOver = Gate()
    private(set) var failure: String?
    private(set) var requests: [UInt32] = []
    private let limit: Int
    private let silentAfter: Int
    private let delayMilliseconds: Int

    /// - Parameters:
    ///   - limit: messages that it takes before it goes away.
    ///   - silentAfter: messages that it answers, if they want an answer; it takes the rest, and says nothing.
    ///   - delayMilliseconds: how long it takes over those behind `silentAfter`, if it answers them late instead of never.
    init(
        _ descriptor: OwnedDescriptor, features: UInt64 = LoopbackBackend.features, ringCount: Int = 4,
        limit: Int = .max, silentAfter: Int = .max, delayMilliseconds: Int = 0
    ) throws {
        socket = VhostUserSocket(descriptor)
        self.limit = limit
        self.silentAfter = silentAfter
        self.delayMilliseconds = delayMilliseconds
        backend = VhostUserBackend(features: features, ringCount: ringCount) { [unowned self] index, ring in
            lock.withLock { _ in rings[index] = ring }
        } stop: { [unowned self] index in
            lock.withLock { _ in rings.removeValue(forKey: index)?.queue.nextAvailable ?? 0 }
        }
        try BackgroundThread.start("loopback") { [self] in
            converse()
            shutdown(socket.rawValue, Int32(SHUT_RDWR))
            isOver.open()
        }
    }

    static let features = Virtio.Feature.ofQueues | NetworkFeature.checksum | NetworkFeature.mergeableBuffers

    private func converse() {
        do {
            while requests.count < limit, let (message, descriptors) = try socket.receive() {
                requests.append(message.request)
                let reply = try backend.handle(message, descriptors: descriptors)
                if requests.count > silentAfter {
                    if delayMilliseconds == 0 { continue }
                    usleep(UInt32(delayMilliseconds) * 1000)
                }
                if let reply { try socket.send(reply) }
            }
        } catch {
            failure = "\(error)"
        }
        backend.stopAll()
    }

    func wait() { isOver.wait() }
    var socketNumber: Int32 { socket.rawValue }

    var ringNumbers: [Int] { lock.withLock { _ in rings.keys.sorted() } }

    /// All frames that the driver has sent, headers first.
    private(set) var received: [[UInt8]] = []

    /// Writes a frame to as many buffers as it needs, and their number into its header if there are several; without room it is lost.
    private func put(_ frame: [UInt8], _ queue: Virtqueue) throws {
        var chains: [(head: UInt16, written: Int)] = []
        var first: UnsafeMutableRawPointer?
        var done = 0
        while done < frame.count, let room = try queue.next() {
            let count = room.write(Array(frame[done...]))
            if first == nil { first = room.writable.first?.host }
            chains.append((room.head, count))
            done += count
            if backend.features & NetworkFeature.mergeableBuffers == 0 { break }
        }
        if chains.count > 1 {
            first?.storeBytes(of: UInt16(chains.count).littleEndian, toByteOffset: 10, as: UInt16.self)
        }
        for chain in chains { queue.giveBack(chain.head, written: chain.written) }
    }

    /// Says what nobody has asked for.
    func speak() throws { try socket.send(VhostUserMessage(.getFeatures)) }

    /// Gives back what nobody has given it.
    func giveBackNonsense(on index: Int, head: UInt16, written: Int) {
        lock.withLock { _ in
            guard let ring = rings[index] else { return }
            ring.queue.giveBack(head, written: written)
            _ = ring.queue.publish()
            var one: UInt64 = 1
            _ = Glibc.write(ring.call, &one, 8)
        }
    }

    /// Moves frames, as a poller would.
    func pump() throws {
        try lock.withLock { _ in
            for (index, ring) in rings where index % 2 == 1 {
                guard let other = rings[index - 1] else { continue }
                while let chain = try ring.queue.next() {
                    let frame = chain.bytes(count: chain.readableByteCount)
                    ring.queue.giveBack(chain.head, written: 0)
                    received.append(frame)
                    try put(frame, other.queue)
                }
                for each in [ring, other] where each.queue.publish() && each.call >= 0 {
                    var one: UInt64 = 1
                    _ = Glibc.write(each.call, &one, 8)
                }
            }
        }
    }
}
