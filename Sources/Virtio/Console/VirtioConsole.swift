import Board

/// A console with one port (virtio 1.2, clause 5.3): bytes to and from a `ByteChannel`, and the size of its terminal.
public final class VirtioConsole: VirtioDevice {
    public let name: String
    public let kind = VirtioDeviceKind.console
    public let features = Feature.size | Feature.emergencyWrite
    public let queueSizes: [UInt16] = [256, 256]

    enum Feature {
        static let size: UInt64 = 1 << 0
        static let emergencyWrite: UInt64 = 1 << 2
    }

    private static let input = 0
    private static let output = 1
    /// What one chain may hold of output; the rest of a longer one is dropped.
    private static let longestOutput = 1 << 20

    private let channel: any ByteChannel
    private var session: VirtioSession?
    private var size: (columns: UInt16, rows: UInt16)

    public init(name: String = "virtio-console", channel: any ByteChannel, columns: UInt16 = 80, rows: UInt16 = 25) {
        self.name = name
        self.channel = channel
        size = (columns, rows)
        channel.onReadable = { [weak self] in self?.takeInput() }
    }

    /// The terminal has another size now: the guest hears of it.
    public func resize(columns: UInt16, rows: UInt16) {
        guard size != (columns, rows) else { return }
        size = (columns, rows)
        if session?.has(Feature.size) == true { session?.configurationChanged() }
    }

    /// Columns and rows, then the number of ports (one, as the feature of several is not offered), then the register for
    /// a character of an early or dying kernel.
    public var configuration: [UInt8] {
        [
            UInt8(truncatingIfNeeded: size.columns), UInt8(size.columns >> 8), UInt8(truncatingIfNeeded: size.rows),
            UInt8(size.rows >> 8), 1, 0, 0, 0, 0, 0, 0, 0,
        ]
    }

    public func writeConfiguration(_ bytes: [UInt8], at offset: Int) {
        if offset == 8, let character = bytes.first { channel.write([character]) }
    }

    public func activate(_ session: VirtioSession) { self.session = session }

    public func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        return true
    }

    public func queueNotified(_ index: Int) {
        if index == Self.input { takeInput() } else { sendOutput() }
    }

    private func sendOutput() {
        session?.drain(Self.output) { queue, chain in
            let bytes = chain.bytes(count: Self.longestOutput)
            if !bytes.isEmpty { channel.write(bytes) }
            queue.giveBack(chain.head, written: 0)
            return true
        }
    }

    private func takeInput() {
        session?.drain(Self.input) { queue, chain in
            let room = min(chain.writableByteCount, 4096)
            let bytes = channel.read(limit: room)
            guard !bytes.isEmpty || room == 0 else { return false }
            queue.giveBack(chain.head, written: chain.write(bytes))
            return true
        }
    }
}
