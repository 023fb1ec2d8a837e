import Board

/// A balloon (virtio 1.2, clause 5.5): takes memory of the guest when the host wants it, gives it back, reports what the
/// guest's memory is used for, and hears of pages that are free without being asked for.
public final class VirtioBalloon: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.balloon
    /// Inflate, deflate, statistics, free pages: numbered by the features that are offered.
    public let queueSizes: [UInt16] = [128, 128, 16, 64]
    public let features = Feature.statistics | Feature.deflateOnOOM | Feature.reporting

    enum Feature {
        static let statistics: UInt64 = 1 << 1
        static let deflateOnOOM: UInt64 = 1 << 2
        static let reporting: UInt64 = 1 << 5
    }

    private static let inflate = 0
    private static let deflate = 1
    private static let statisticsQueue = 2
    private static let reportingQueue = 3
    private static let pageByteCount: UInt64 = 4096

    /// What the guest says of its memory (clause 5.5.6.3); bytes or counts, nil where it does not say.
    public struct Statistics: Equatable, Sendable {
        public internal(set) var values: [UInt16: UInt64] = [:]

        public var swappedIn: UInt64? { values[0] }
        public var swappedOut: UInt64? { values[1] }
        public var majorFaults: UInt64? { values[2] }
        public var minorFaults: UInt64? { values[3] }
        public var freeByteCount: UInt64? { values[4] }
        public var totalByteCount: UInt64? { values[5] }
        public var availableByteCount: UInt64? { values[6] }
        public var diskCacheByteCount: UInt64? { values[7] }
    }

    private let discard: (_ address: UInt64, _ byteCount: UInt64) -> Void
    private var session: VirtioSession?
    /// The chain that the driver gave for its next statistics, kept until they are wanted.
    private var statisticsChain: UInt16?
    private var isWaitingForStatistics = false

    /// What the host wants in the balloon, in pages of 4 KiB; and what is in it.
    public private(set) var targetPageCount: UInt32 = 0
    public private(set) var actualPageCount: UInt32 = 0
    /// Bytes that the guest has given so far, by inflating or by saying that they are free. Pages may count again.
    public private(set) var discardedByteCount: UInt64 = 0
    public private(set) var statistics = Statistics()
    public var onStatistics: ((Statistics) -> Void)?
    public var onActualChange: ((_ pageCount: UInt32) -> Void)?

    /// - Parameter discard: gives host memory behind a range of RAM back; it reads as zeroes until it is written again.
    public init(
        name: String = "virtio-balloon", discard: @escaping (_ address: UInt64, _ byteCount: UInt64) -> Void
    ) {
        self.name = name
        self.discard = discard
    }

    /// Asks the guest for memory, or gives it back: the balloon shall hold this many bytes.
    public func setTarget(byteCount: UInt64) {
        let pages = UInt32(clamping: byteCount / Self.pageByteCount)
        guard pages != targetPageCount else { return }
        targetPageCount = pages
        session?.configurationChanged()
    }

    /// Asks for fresh statistics; `onStatistics` hears of them.
    public func requestStatistics() {
        isWaitingForStatistics = true
        answerStatistics()
    }

    private func answerStatistics() {
        guard isWaitingForStatistics, let head = statisticsChain, let session, !session.isOver,
            let queue = session.queue(Self.statisticsQueue)
        else { return }
        isWaitingForStatistics = false
        statisticsChain = nil
        queue.giveBack(head, written: 0)
        session.publish(Self.statisticsQueue)
    }

    public var configuration: [UInt8] {
        [targetPageCount, actualPageCount].flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
        }
    }

    public func writeConfiguration(_ bytes: [UInt8], at offset: Int) {
        guard offset == 4, bytes.count == 4 else { return }
        actualPageCount = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        onActualChange?(actualPageCount)
    }

    public func activate(_ session: VirtioSession) { self.session = session }

    public func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        statisticsChain = nil
        isWaitingForStatistics = false
        actualPageCount = 0
        return true
    }

    public func queueNotified(_ index: Int) {
        guard let session else { return }
        switch index {
        case Self.inflate:
            session.drain(index) { queue, chain in
                takePages(chain)
                queue.giveBack(chain.head, written: 0)
                return true
            }
        case Self.deflate:
            // The guest uses the pages again: touching them brings them back.
            session.drain(index) { queue, chain in
                queue.giveBack(chain.head, written: 0)
                return true
            }
        case Self.statisticsQueue: takeStatistics(session)
        case Self.reportingQueue:
            session.drain(index) { queue, chain in
                for segment in chain.writable { release(segment.address, UInt64(segment.byteCount), session) }
                queue.giveBack(chain.head, written: 0)
                return true
            }
        default: break
        }
    }

    /// Page numbers of 32 bits each; neighbours are given back together.
    private func takePages(_ chain: DescriptorChain) {
        guard let session else { return }
        let bytes = chain.bytes(count: 1 << 16)
        var run: Range<UInt64> = 0..<0
        for offset in stride(from: 0, to: bytes.count - bytes.count % 4, by: 4) {
            let number = bytes[offset..<offset + 4].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if number == run.upperBound, !run.isEmpty {
                run = run.lowerBound..<number + 1
            } else if !run.isEmpty, number + 1 == run.lowerBound {
                run = number..<run.upperBound
            } else {
                release(run, session)
                run = number..<number + 1
            }
        }
        release(run, session)
    }

    private func release(_ pages: Range<UInt64>, _ session: VirtioSession) {
        guard !pages.isEmpty else { return }
        let byteCount = UInt64(pages.count) * Self.pageByteCount
        if session.memory.pointer(at: pages.lowerBound * Self.pageByteCount, count: Int(byteCount)) != nil {
            release(pages.lowerBound * Self.pageByteCount, byteCount, session)
        } else if pages.count > 1 {
            // Some of them are no RAM, or they cross regions: one by one.
            for page in pages { release(page..<page + 1, session) }
        }
    }

    /// Gives back the whole pages of a range that is RAM.
    private func release(_ address: UInt64, _ byteCount: UInt64, _ session: VirtioSession) {
        let start = (address + Self.pageByteCount - 1) & ~(Self.pageByteCount - 1)
        let end = (address + byteCount) & ~(Self.pageByteCount - 1)
        guard start < end else { return }
        discard(start, end - start)
        // Their content has changed.
        session.memory.noteWrite(at: start, byteCount: end - start)
        discardedByteCount &+= end - start
    }

    private func takeStatistics(_ session: VirtioSession) {
        session.drain(Self.statisticsQueue) { queue, chain in
            // A second chain is not meant to be: the older one goes back.
            if let older = statisticsChain { queue.giveBack(older, written: 0) }
            statisticsChain = chain.head
            let bytes = chain.bytes(count: 4096)
            var new = Statistics()
            // Each is a tag of 16 bits and a value of 64, packed.
            for offset in stride(from: 0, to: bytes.count - bytes.count % 10, by: 10) {
                let tag = UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
                new.values[tag] = bytes[offset + 2..<offset + 10].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
            statistics = new
            // The first chain comes unasked, when the driver starts: Linux fills it in all the same.
            onStatistics?(new)
            return true
        }
        answerStatistics()
    }
}
