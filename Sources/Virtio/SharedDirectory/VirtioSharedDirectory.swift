import Board

/// A directory of the host as a 9p file system (virtio 1.2, device 9; 9P2000.L): `mount -t 9p -o trans=virtio,version=9p2000.L TAG DIR`.
///
/// Requests are copied, done on the executor, which waits for the host's file system, and answered when they are done.
public final class VirtioSharedDirectory: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.ninePFileSystem
    public let features: UInt64 = 1  // VIRTIO_9P_MOUNT_TAG
    public let queueSizes: [UInt16] = [128]
    public let configuration: [UInt8]

    private let server: NinePServer
    private let executor: any BlockExecutor
    private var session: VirtioSession?
    private var inFlightCount = 0
    private var afterReset: (() -> Void)?

    /// - Parameter tag: what the guest mounts it by, at most 32 bytes.
    public init(name: String = "virtio-9p", tag: String, server: NinePServer, executor: any BlockExecutor) {
        let bytes = Array(tag.utf8)
        precondition((1...32).contains(bytes.count))
        self.name = name
        self.server = server
        self.executor = executor
        configuration = [UInt8(bytes.count), 0] + bytes
    }

    public func activate(_ session: VirtioSession) { self.session = session }

    public func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        if inFlightCount == 0 {
            server.reset()
            return true
        }
        afterReset = finished
        return false
    }

    private final class Answer {
        var bytes: [UInt8] = []
    }

    public func queueNotified(_ index: Int) {
        guard let session else { return }
        session.drain(index) { (_, chain) throws(VirtqueueError) in
            guard let byteCount = chain.load(UInt32.self, at: 0), byteCount >= 7,
                byteCount <= NinePServer.longestMessage, byteCount <= chain.readableByteCount
            else { throw .badRequest("a 9p message without its size") }
            let request = chain.bytes(count: Int(byteCount))
            let room = min(chain.writableByteCount, NinePServer.longestMessage)
            guard room >= 11 else { throw .badRequest("a 9p message without room for an answer") }
            start(request, head: chain.head, room: chain.writableSegments(count: room), roomByteCount: room, session)
            return true
        }
    }

    private func start(
        _ request: [UInt8], head: UInt16, room: [GuestSegment], roomByteCount: Int, _ session: VirtioSession
    ) {
        inFlightCount += 1
        let answer = Answer()
        executor.execute { [server] in
            answer.bytes = server.answer(request, room: roomByteCount) ?? []
        } completion: { [weak self] in
            self?.finish(answer.bytes, head: head, room: room, session)
        }
    }

    private func finish(_ answer: [UInt8], head: UInt16, room: [GuestSegment], _ session: VirtioSession) {
        inFlightCount -= 1
        if !session.isOver, let queue = session.queue(0) {
            var done = 0
            for segment in room where done < answer.count {
                let count = min(segment.byteCount, answer.count - done)
                UnsafeMutableRawBufferPointer(start: segment.host, count: count)
                    .copyBytes(from: answer[done..<done + count])
                session.memory.noteWrite(at: segment.address, byteCount: UInt64(count))
                done += count
            }
            queue.giveBack(head, written: answer.count)
            session.publish(0)
        }
        if inFlightCount == 0, let finished = afterReset {
            afterReset = nil
            server.reset()
            finished()
        }
    }
}
