/// Random numbers for the guest (virtio 1.2, clause 5.4).
public final class VirtioEntropy: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.entropy
    public let features: UInt64 = 0
    public let queueSizes: [UInt16] = [64]
    public let configuration: [UInt8] = []

    private let fill: (UnsafeMutableRawBufferPointer) -> Void
    private var session: VirtioSession?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: VirtioEntropy.longestAnswer, alignment: 8)

    /// A request is answered with at most this many bytes; drivers ask again.
    static let longestAnswer = 4096

    /// - Parameter fill: where random bytes come from.
    public init(
        name: String = "virtio-rng", fill: @escaping (UnsafeMutableRawBufferPointer) -> Void = systemRandomBytes
    ) {
        self.name = name
        self.fill = fill
    }

    deinit { buffer.deallocate() }

    public func activate(_ session: VirtioSession) { self.session = session }

    public func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        return true
    }

    public func queueNotified(_ index: Int) {
        session?.drain(index) { queue, chain in
            let answer = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<min(chain.writableByteCount, Self.longestAnswer)])
            fill(answer)
            queue.giveBack(chain.head, written: chain.write(UnsafeRawBufferPointer(answer)))
            return true
        }
    }

    /// Bytes of the system's generator.
    public static func systemRandomBytes(_ buffer: UnsafeMutableRawBufferPointer) {
        var generator = SystemRandomNumberGenerator()
        var index = 0
        while index < buffer.count {
            let value = generator.next()
            for shift in 0..<min(8, buffer.count - index) {
                buffer[index + shift] = UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))
            }
            index += 8
        }
    }
}
