import NIOCore

/// A stream of bytes to a peer. Its closures run on the hub's thread; `write`, `close` and `setReading` may be called from
/// any thread.
public final class StreamConnection: @unchecked Sendable {
    /// Who is on the other side, as an endpoint would be written; of an accepted unix stream the listener's path.
    public let peer: String
    let channel: Channel

    // On the hub's thread only.
    /// Is shown bytes as they arrive; they are gone after the call.
    public var onRead: ((UnsafeRawBufferPointer) -> Void)?
    /// Is called once all bytes of one wake-up have been shown: the place to act on a batch.
    public var onReadComplete: (() -> Void)?
    /// Is called once, when the stream has ended: nil for an orderly end by the peer or by `close`.
    public var onClose: ((StreamError?) -> Void)?
    /// Is called when bytes that waited have gone out.
    public var onDrain: (() -> Void)?
    private var failure: StreamError?
    private(set) var isClosed = false
    /// Bytes written and not yet taken by the kernel.
    public private(set) var pendingByteCount = 0
    private var reads = true

    init(peer: String, channel: Channel) {
        self.peer = peer
        self.channel = channel
    }

    /// Sends bytes, in the order of the calls. What cannot go out at once waits in memory: watch `pendingByteCount`.
    public func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if channel.eventLoop.inEventLoop { return writeHere(bytes) }
        channel.eventLoop.execute { self.writeHere(bytes) }
    }

    private func writeHere(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        var buffer = channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        let count = bytes.count
        pendingByteCount += count
        channel.writeAndFlush(buffer).assumeIsolated().whenComplete { [self] _ in
            pendingByteCount -= count
            onDrain?()
        }
    }

    /// Stops or resumes taking bytes from the peer; what it sends meanwhile waits in the kernel.
    public func setReading(_ on: Bool) {
        if channel.eventLoop.inEventLoop { return setReadingHere(on) }
        channel.eventLoop.execute { self.setReadingHere(on) }
    }

    private func setReadingHere(_ on: Bool) {
        guard reads != on, !isClosed else { return }
        reads = on
        try? channel.syncOptions?.setOption(ChannelOptions.autoRead, value: on)
    }

    /// Ends the stream after what was written before has gone out, or at once.
    public func close(discardingOutput: Bool = false) {
        if discardingOutput {
            channel.close(promise: nil)
        } else {
            // An empty write completes when everything before it has.
            channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).whenComplete { [channel] _ in
                channel.close(promise: nil)
            }
        }
    }

    // MARK: From the channel

    fileprivate func received(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { onRead?($0) }
    }

    fileprivate func failed(_ error: any Error) {
        if failure == nil { failure = StreamError("\(peer): \(StreamHub.explain(error))") }
    }

    fileprivate func ended() {
        guard !isClosed else { return }
        isClosed = true
        let call = onClose
        onRead = nil
        onReadComplete = nil
        onClose = nil
        onDrain = nil
        call?(failure)
    }

    fileprivate func completedRead() { onReadComplete?() }
}

/// Hands what happens on a channel to its connection.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let connection: StreamConnection

    init(_ connection: StreamConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { connection.received(unwrapInboundIn(data)) }
    func channelReadComplete(context: ChannelHandlerContext) { connection.completedRead() }
    func channelInactive(context: ChannelHandlerContext) { connection.ended() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.failed(error)
        context.close(promise: nil)
    }
}
