import Board
import Linux

/// A machine's console: what the guest writes is kept, logged and shown to everyone attached; what they type goes to the guest.
///
/// The guest never waits for a reader: who does not keep up loses the oldest.
public final class Console: ByteChannel, @unchecked Sendable {
    /// What a newcomer is shown.
    public static let backlogLimit = 64 << 10
    /// A guest that writes more than this before the I/O thread looks passes it on itself: nothing grows without limit.
    private static let freshLimit = 64 << 10
    /// The most that waits for one reader.
    static let readerLimit = 256 << 10
    private static let inputLimit = 64 << 10

    public var onReadable: (() -> Void)?
    /// Sees every byte of output, with the device lock held.
    public var onOutput: (([UInt8]) -> Void)?

    private let loop: EventLoop
    private var backlog = ByteRing(limit: Console.backlogLimit)
    /// Output that the loop has not passed on yet.
    private var fresh: [UInt8] = []
    private var input: [UInt8] = []
    private var log: OwnedDescriptor?
    private var logRoom = 0
    private var attachments: [Int: ConsoleAttachment] = [:]
    private var nextAttachment = 0
    public private(set) var outputCount = 0

    public init(loop: EventLoop) { self.loop = loop }

    // MARK: The guest's side

    public func write(_ bytes: [UInt8]) {
        outputCount += bytes.count
        if fresh.isEmpty { loop.perform { [self] in passOn() } }
        fresh += bytes
        if fresh.count >= Self.freshLimit { passOn() }
    }

    public func read(limit: Int) -> [UInt8] {
        let count = min(limit, input.count)
        guard count > 0 else { return [] }
        let bytes = Array(input[..<count])
        input.removeFirst(count)
        if input.count < Self.inputLimit / 2 { for attachment in attachments.values { attachment.setReading(true) } }
        return bytes
    }

    // MARK: The people's side. Call with the device lock held.

    /// Keeps all output in a file, up to `byteLimit` bytes.
    public func keepLog(_ file: OwnedDescriptor, byteLimit: Int = 64 << 20) {
        log = file
        logRoom = byteLimit
    }

    /// Connects a reader and typist.
    /// - Parameters:
    ///   - input: a descriptor to read keys from; nil: none.
    ///   - output: a descriptor to write to; may be the same one.
    ///   - showsBacklog: begins with what was written before.
    /// - Returns: a number for `detach`.
    @discardableResult
    public func attach(
        input: OwnedDescriptor?, output: OwnedDescriptor, showsBacklog: Bool = true, onClose: (() -> Void)? = nil
    ) -> Int {
        passOn()
        let number = nextAttachment
        nextAttachment += 1
        let attachment = ConsoleAttachment(
            input: input, output: output, loop: loop,
            onInput: { [unowned self] in type($0) },
            onClose: { [unowned self] in
                attachments[number] = nil
                onClose?()
            })
        attachments[number] = attachment
        attachment.start()
        if showsBacklog { attachment.write(backlog.bytes) }
        return number
    }

    public func detach(_ number: Int) {
        attachments[number]?.close()
        attachments[number] = nil
    }

    /// Keys for the guest.
    public func type(_ bytes: [UInt8]) {
        let wasEmpty = input.isEmpty
        input += bytes
        if input.count >= Self.inputLimit { for attachment in attachments.values { attachment.setReading(false) } }
        if wasEmpty, !input.isEmpty { onReadable?() }
    }

    /// The last of the output.
    public var recentOutput: [UInt8] {
        passOn()
        return backlog.bytes
    }

    /// Writes what still waits, as far as readers take it at once: before the process ends.
    public func flush() {
        passOn()
        for attachment in attachments.values { attachment.flush() }
    }

    private func passOn() {
        guard !fresh.isEmpty else { return }
        let bytes = fresh
        fresh.removeAll(keepingCapacity: true)
        backlog.append(bytes)
        if let log, logRoom > 0 {
            let part = bytes.prefix(logRoom)
            logRoom -= part.count
            // A full disk costs the log, not the guest.
            part.withUnsafeBytes { if (try? log.descriptor.writeAll($0)) == nil { logRoom = 0 } }
            if logRoom == 0 { try? log.descriptor.writeAll("\n[the log has reached its limit and ends here]\n") }
        }
        for attachment in attachments.values { attachment.write(bytes) }
        onOutput?(bytes)
    }
}
