import Board

/// A disk (virtio 1.2, clause 5.2): several queues, flush, discard, write zeroes, an identity.
///
/// Requests are read and checked when the driver notifies; the storage works on the executor, straight in the guest's
/// buffers. While it does, a reset waits.
public final class VirtioBlock: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.block
    public let queueSizes: [UInt16]
    /// What the guest sees as the disk's serial number: at most 20 bytes.
    public let identity: String

    let storage: any BlockStorage
    private let executor: any BlockExecutor
    private let blockByteCount: UInt32
    var session: VirtioSession?
    /// Requests that the executor has, of the session that is or was.
    private var inFlightCount = 0
    private var afterReset: (() -> Void)?

    enum Feature {
        static let segmentLimit: UInt64 = 1 << 2
        static let readOnly: UInt64 = 1 << 5
        static let blockSize: UInt64 = 1 << 6
        static let flush: UInt64 = 1 << 9
        static let topology: UInt64 = 1 << 10
        static let multiQueue: UInt64 = 1 << 12
        static let discard: UInt64 = 1 << 13
        static let writeZeroes: UInt64 = 1 << 14
    }

    /// A segment takes a descriptor; header and status take two more.
    private static let segmentLimit: UInt32 = 254
    /// 2 GiB at a time, in segments of which a request may have this many.
    static let discardSectorLimit: UInt32 = 1 << 22
    static let discardSegmentLimit = 64

    /// - Parameters:
    ///   - queueCount: one for each vCPU is usual.
    ///   - blockByteCount: the logical block size that the guest is told: 512 or 4096.
    public init(
        name: String = "virtio-blk", storage: any BlockStorage, executor: any BlockExecutor, identity: String = "",
        queueCount: Int = 1, queueSize: UInt16 = 256, blockByteCount: UInt32 = 512
    ) {
        precondition(queueCount >= 1 && queueCount <= 64)
        self.name = name
        self.storage = storage
        self.executor = executor
        self.identity = identity
        self.blockByteCount = blockByteCount
        queueSizes = [UInt16](repeating: queueSize, count: queueCount)
    }

    public var features: UInt64 {
        var features = Feature.segmentLimit | Feature.blockSize | Feature.flush | Feature.topology
        if queueSizes.count > 1 { features |= Feature.multiQueue }
        features |= storage.isReadOnly ? Feature.readOnly : Feature.discard | Feature.writeZeroes
        return features
    }

    public var configuration: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 60)
        func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
            for index in 0..<MemoryLayout<T>.size {
                bytes[offset + index] = UInt8(truncatingIfNeeded: value >> T(8 * index))
            }
        }
        put(storage.byteCount / 512, at: 0)
        put(Self.segmentLimit, at: 12)
        put(blockByteCount, at: 20)
        // Physical blocks of 4096 bytes: writes aligned to that are best.
        put(UInt8(blockByteCount == 512 ? 3 : 0), at: 24)
        put(UInt16(queueSizes.count), at: 34)
        put(Self.discardSectorLimit, at: 36)
        put(UInt32(Self.discardSegmentLimit), at: 40)
        put(UInt32(8), at: 44)
        put(Self.discardSectorLimit, at: 48)
        put(UInt32(Self.discardSegmentLimit), at: 52)
        put(UInt8(1), at: 56)
        return bytes
    }

    /// The storage has another size now: the guest hears of it.
    public func capacityChanged() { session?.configurationChanged() }

    public func activate(_ session: VirtioSession) { self.session = session }

    public func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        if inFlightCount == 0 { return true }
        afterReset = finished
        return false
    }

    public func queueNotified(_ index: Int) {
        guard let session else { return }
        session.drain(index) { (_, chain) throws(VirtqueueError) in
            start(try BlockRequest(chain), chain, queue: index, session)
            return true
        }
    }

    private func start(_ request: BlockRequest, _ chain: DescriptorChain, queue index: Int, _ session: VirtioSession) {
        let work: BlockWork
        switch BlockWork.of(request, chain, self) {
        case .success(let accepted): work = accepted
        case .failure(let refusal):
            return finish(request, status: refusal.status, dataByteCount: 0, queue: index, session)
        }
        inFlightCount += 1
        let storage = storage
        let outcome = Outcome()
        executor.execute {
            outcome.status = work.run(on: storage)
        } completion: { [weak self] in
            guard let self else { return }
            inFlightCount -= 1
            work.noteWrites(in: session.memory)
            finish(
                request, status: outcome.status, dataByteCount: outcome.status == .ok ? work.readByteCount : 0,
                queue: index, session)
            if inFlightCount == 0, let finished = afterReset {
                afterReset = nil
                finished()
            }
        }
    }

    /// What the executor's thread hands to the completion.
    private final class Outcome {
        var status = BlockStatus.ioError
    }

    private func finish(
        _ request: BlockRequest, status: BlockStatus, dataByteCount: Int, queue index: Int, _ session: VirtioSession
    ) {
        guard !session.isOver, let queue = session.queue(index) else { return }
        request.writeStatus(status, in: session.memory)
        queue.giveBack(request.head, written: dataByteCount + 1)
        session.publish(index)
    }
}
