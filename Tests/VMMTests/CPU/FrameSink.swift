import Glibc
import Linux
import Synchronization
import VMM
import Virtio

/// A vhost-user backend in a thread of its own, as a switch's process would be: takes what is sent on ring 1 when it is kicked,
/// and interrupts for it.
final class FrameSink: Sendable {
    private struct State {
        var frameCount = 0
        var failure: String?
        var isStopped = false
    }

    private let state = Mutex(State())
    private let socketNumber: Int32
    private let isOver = Gate()
    private let features: UInt64

    /// - Parameter more: features beside those of the queues.
    init(_ descriptor: OwnedDescriptor, more: UInt64 = 0) throws(SystemError) {
        features = Virtio.Feature.ofQueues | more
        socketNumber = descriptor.rawValue
        try BackgroundThread.start("backend") { [self] in
            converse(VhostUserSocket(descriptor))
            isOver.open()
        }
    }

    var frameCount: Int { state.withLock { $0.frameCount } }
    var failure: String? { state.withLock { $0.failure } }

    func end() {
        shutdown(socketNumber, Int32(SHUT_RDWR))
        isOver.wait()
    }

    private func converse(_ socket: VhostUserSocket) {
        let server = Mutex<Gate?>(nil)
        let backend = VhostUserBackend(
            features: features, ringCount: 2,
            start: { [self] _, ring in
                let hasEnded = Gate()
                server.withLock { $0 = hasEnded }
                state.withLock { $0.isStopped = false }
                do throws(SystemError) {
                    nonisolated(unsafe) let ring = ring
                    try BackgroundThread.start("ring") { [self] in
                        serve(ring)
                        hasEnded.open()
                    }
                } catch {
                    hasEnded.open()
                    state.withLock { $0.failure = "\(error)" }
                }
            },
            stop: { [self] _ in
                state.withLock { $0.isStopped = true }
                server.withLock { $0 }?.wait()
                return 0
            })
        do throws(VhostUserError) {
            while let (message, descriptors) = try socket.receive() {
                if let reply = try backend.handle(message, descriptors: descriptors) { try socket.send(reply) }
            }
        } catch {
            state.withLock { $0.failure = "\(error)" }
        }
        backend.stopAll()
    }

    private func serve(_ ring: VhostUserBackend.Ring) {
        while !state.withLock({ $0.isStopped }) {
            var kick = pollfd(fd: ring.kick, events: Int16(POLLIN), revents: 0)
            guard poll(&kick, 1, 10) == 1 else { continue }
            var count: UInt64 = 0
            _ = read(ring.kick, &count, 8)
            do throws(VirtqueueError) {
                while let chain = try ring.queue.next() {
                    ring.queue.giveBack(chain.head, written: 0)
                    state.withLock { $0.frameCount += 1 }
                }
            } catch {
                state.withLock { $0.failure = "\(error)" }
            }
            guard ring.queue.publish() else { continue }
            count = 1
            _ = write(ring.call, &count, 8)
        }
    }
}

extension SmallGuest {
    /// A card whose rings a sink serves.
    func servedCard() throws -> (device: VhostUserNetwork, sink: FrameSink) {
        var ends: [OwnedDescriptor] = []
        try UnixSocket.pair { (mine, theirs) throws(SystemError) in
            ends = [OwnedDescriptor(mine), OwnedDescriptor(theirs)]
        }
        let sink = try FrameSink(ends[1])
        let device = try VhostUserNetwork(
            socket: ends[0], memoryFile: OwnedDescriptor(try machine.memory.file.duplicate()), watcher: machine.loop,
            mac: [2, 0, 0, 0, 0, 1])
        return (device, sink)
    }
}
