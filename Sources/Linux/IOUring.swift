import CLinux
import Glibc

// io_uring: a submission ring and a completion ring shared with the kernel (io_uring(7)).
//
// What: as much of it as a poller needs: multishot reads into buffers that the kernel picks from a ring of ours, plain
// writes, a multishot poll on an eventfd, cancellation, and a wait that submits, completes and times out in one call.
// Set-up asks for completions to be run by the waiting thread only (single issuer, deferred task work), which batches
// them, and steps down where the kernel refuses.
// Thread-safety: one thread makes it, and only that thread may use it.

/// An io_uring instance, with one ring of provided buffers.
public struct IOUring: ~Copyable {
    /// A completion.
    public struct Completion {
        /// What the submission carried.
        public let userData: UInt64
        /// The result: a byte count, or a negated errno.
        public let result: Int32
        let flags: UInt32
        /// Whether a multishot operation goes on.
        public var hasMore: Bool { flags & UInt32(RK_CQE_F_MORE) != 0 }
        /// The provided buffer that was used, or nil.
        public var bufferID: UInt16? {
            flags & UInt32(RK_CQE_F_BUFFER) != 0
                ? UInt16(truncatingIfNeeded: flags >> UInt32(RK_CQE_BUFFER_SHIFT)) : nil
        }
    }

    private let descriptor: Int32
    private let rings: UnsafeMutableRawPointer
    private let ringsByteCount: Int
    private let entries: UnsafeMutablePointer<io_uring_sqe>
    private let entriesByteCount: Int

    private let submissionHead: UnsafeMutablePointer<UInt32>
    private let submissionTail: UnsafeMutablePointer<UInt32>
    private let submissionMask: UInt32
    private let submissionCount: UInt32
    private var nextTail: UInt32 = 0
    private var submittedTail: UInt32 = 0

    private let completionHead: UnsafeMutablePointer<UInt32>
    private let completionTail: UnsafeMutablePointer<UInt32>
    private let completionMask: UInt32
    private let completions: UnsafeMutablePointer<io_uring_cqe>

    private var bufferRing: UnsafeMutablePointer<io_uring_buf_ring>?
    private var bufferRingByteCount = 0
    private var bufferMask: UInt16 = 0
    private var bufferTail: UInt16 = 0

    /// Why an io_uring cannot be had.
    public struct Unavailable: Error, CustomStringConvertible {
        public let step: String
        public let code: Int32
        public var description: String { "io_uring: \(step): \(String(cString: strerror(code)))" }
    }

    /// - Parameters:
    ///   - submissions: entries of the submission ring, a power of two.
    ///   - completions: entries of the completion ring, a power of two.
    public init(submissions: UInt32, completions completionEntries: UInt32) throws(Unavailable) {
        var parameters = io_uring_params()
        let preferred =
            UInt32(IORING_SETUP_CQSIZE) | UInt32(IORING_SETUP_SINGLE_ISSUER) | UInt32(IORING_SETUP_DEFER_TASKRUN)
        var descriptor: Int32 = -1
        for flags in [preferred, UInt32(IORING_SETUP_CQSIZE)] {
            parameters = io_uring_params()
            parameters.flags = flags
            parameters.cq_entries = completionEntries
            descriptor = rk_io_uring_setup(submissions, &parameters)
            if descriptor >= 0 || errno != EINVAL { break }
        }
        guard descriptor >= 0 else { throw Unavailable(step: "io_uring_setup", code: errno) }
        guard parameters.features & UInt32(IORING_FEAT_SINGLE_MMAP) != 0,
            parameters.features & UInt32(IORING_FEAT_EXT_ARG) != 0,
            rk_io_uring_supports(descriptor, UInt8(RK_IORING_OP_READ_MULTISHOT)) == 1
        else {
            close(descriptor)
            throw Unavailable(step: "multishot reads (Linux 6.7)", code: ENOTSUP)
        }
        let submissionBytes = Int(parameters.sq_off.array) + Int(parameters.sq_entries) * 4
        let completionBytes =
            Int(parameters.cq_off.cqes) + Int(parameters.cq_entries) * MemoryLayout<io_uring_cqe>.stride
        let ringsByteCount = max(submissionBytes, completionBytes)
        let entriesByteCount = Int(parameters.sq_entries) * MemoryLayout<io_uring_sqe>.stride
        let rings = mmap(
            nil, ringsByteCount, PROT_READ | PROT_WRITE, MAP_SHARED | Int32(MAP_POPULATE), descriptor,
            Int(IORING_OFF_SQ_RING))
        guard let rings, rings != MAP_FAILED else {
            let code = errno
            close(descriptor)
            throw Unavailable(step: "mapping the rings", code: code)
        }
        let entries = mmap(
            nil, entriesByteCount, PROT_READ | PROT_WRITE, MAP_SHARED | Int32(MAP_POPULATE), descriptor,
            Int(IORING_OFF_SQES))
        guard let entries, entries != MAP_FAILED else {
            let code = errno
            munmap(rings, ringsByteCount)
            close(descriptor)
            throw Unavailable(step: "mapping the submission entries", code: code)
        }
        self.descriptor = descriptor
        self.rings = rings
        self.ringsByteCount = ringsByteCount
        self.entries = entries.assumingMemoryBound(to: io_uring_sqe.self)
        self.entriesByteCount = entriesByteCount
        func word(_ offset: UInt32) -> UnsafeMutablePointer<UInt32> {
            (rings + Int(offset)).assumingMemoryBound(to: UInt32.self)
        }
        submissionHead = word(parameters.sq_off.head)
        submissionTail = word(parameters.sq_off.tail)
        submissionMask = word(parameters.sq_off.ring_mask).pointee
        submissionCount = parameters.sq_entries
        completionHead = word(parameters.cq_off.head)
        completionTail = word(parameters.cq_off.tail)
        completionMask = word(parameters.cq_off.ring_mask).pointee
        completions = (rings + Int(parameters.cq_off.cqes)).assumingMemoryBound(to: io_uring_cqe.self)
        // The index array is the identity for good: entry i is submitted from slot i.
        let array = word(parameters.sq_off.array)
        for index in 0..<parameters.sq_entries { array[Int(index)] = index }
    }

    deinit {
        munmap(UnsafeMutableRawPointer(entries), entriesByteCount)
        munmap(rings, ringsByteCount)
        close(descriptor)
        if let bufferRing { munmap(UnsafeMutableRawPointer(bufferRing), bufferRingByteCount) }
    }

    // MARK: Submissions

    /// The next free submission entry, after handing the full ring to the kernel if need be.
    @inline(__always)
    private mutating func entry() -> UnsafeMutablePointer<io_uring_sqe> {
        while nextTail &- rk_load_acquire(submissionHead) >= submissionCount { _ = enter(wait: 0, timeout: 0) }
        let entry = entries + Int(nextTail & submissionMask)
        nextTail &+= 1
        return entry
    }

    /// Reads from `file` whenever there is something, each time into a provided buffer of group 0.
    public mutating func readMultishot(_ file: Int32, userData: UInt64) {
        rk_sqe_read_multishot(entry(), file, 0, userData)
    }

    /// Receives from the socket `file` whenever there is something, each message into a provided buffer of group 0: first a
    /// head of `receivedHeadByteCount` bytes, then as many for control messages as `request` says, then the message.
    public mutating func receiveMultishot(_ file: Int32, _ request: borrowing ReceiveRequest, userData: UInt64) {
        rk_sqe_receive_multishot(entry(), file, request.message, 0, userData)
    }

    /// What a `receiveMultishot` asks for; it must outlive the receive.
    public struct ReceiveRequest: ~Copyable {
        fileprivate let message: UnsafeMutableRawPointer

        /// - Parameter controlByteCount: room for control messages in front of each message.
        public init(controlByteCount: Int) {
            guard let message = rk_receive_request(controlByteCount) else { preconditionFailure("out of memory") }
            self.message = message
        }

        deinit { free(message) }
    }

    /// Bytes in front of the control messages in a buffer that `receiveMultishot` has filled.
    public static let receivedHeadByteCount = Int(rk_received_head_bytes())

    /// Bytes of control messages that came with the message.
    @inline(__always)
    public static func receivedControlByteCount(_ buffer: UnsafeRawPointer) -> Int {
        Int(rk_received_control_bytes(buffer))
    }

    /// Writes `count` bytes; they must stay until the completion.
    @inline(__always)
    public mutating func write(_ file: Int32, _ bytes: UnsafeRawPointer, count: Int, userData: UInt64) {
        rk_sqe_write(entry(), file, bytes, UInt32(count), userData)
    }

    /// Completes each time `file` becomes readable.
    public mutating func pollMultishot(_ file: Int32, userData: UInt64) {
        rk_sqe_poll_multishot(entry(), file, UInt32(POLLIN), userData)
    }

    /// Cancels the operation submitted with `target`.
    public mutating func cancel(_ target: UInt64, userData: UInt64) {
        rk_sqe_cancel(entry(), target, userData)
    }

    /// Hands over the submissions and waits for `wait` completions.
    /// - Parameter timeout: nanoseconds at the most; negative: no limit.
    /// - Returns: 0 or a positive count, or a negated errno (`ETIME`, `EINTR` are ordinary).
    @discardableResult
    public mutating func enter(wait: UInt32, timeout: Int64) -> Int32 {
        let submit = nextTail &- submittedTail
        rk_store_release(submissionTail, nextTail)
        let result = rk_io_uring_enter(descriptor, submit, wait, timeout)
        // The kernel may have taken some of them even when the wait failed: its head tells.
        submittedTail = rk_load_acquire(submissionHead)
        return result < 0 ? -errno : result
    }

    // MARK: Completions

    /// The oldest completion not yet taken.
    @inline(__always)
    public mutating func nextCompletion() -> Completion? {
        let head = completionHead.pointee
        guard head != rk_load_acquire(completionTail) else { return nil }
        let entry = completions + Int(head & completionMask)
        let completion = Completion(
            userData: entry.pointee.user_data, result: entry.pointee.res, flags: entry.pointee.flags)
        rk_store_release(completionHead, head &+ 1)
        return completion
    }

    // MARK: Provided buffers

    /// Makes the ring of provided buffers (group 0) with `count` places, a power of two.
    public mutating func makeBufferRing(count: UInt16) throws(Unavailable) {
        let byteCount = Int(count) * MemoryLayout<io_uring_buf>.stride
        let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { throw Unavailable(step: "a buffer ring", code: errno) }
        guard rk_register_buffer_ring(descriptor, memory, UInt32(count), 0) == 0 else {
            let code = errno
            munmap(memory, byteCount)
            throw Unavailable(step: "registering the buffer ring", code: code)
        }
        bufferRing = memory.assumingMemoryBound(to: io_uring_buf_ring.self)
        bufferRingByteCount = byteCount
        bufferMask = count - 1
    }

    /// Gives the kernel a buffer to read into; it counts after `publishBuffers`.
    @inline(__always)
    public mutating func provideBuffer(_ address: UnsafeMutableRawPointer, count: Int, id: UInt16) {
        guard let bufferRing else { return }
        rk_buffer_ring_add(bufferRing, bufferTail, bufferMask, address, UInt32(count), id)
        bufferTail &+= 1
    }

    /// Makes the buffers provided since the last call visible to the kernel.
    @inline(__always)
    public mutating func publishBuffers() {
        guard let bufferRing else { return }
        rk_buffer_ring_publish(bufferRing, bufferTail)
    }
}
