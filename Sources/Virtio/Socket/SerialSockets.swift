import Board

/// Stream sockets between host and guest over a serial line, for machines that have no socket device: the packets of
/// vsock (virtio 1.2, clause 5.10.6), each a frame of SLIP (RFC 1055).
///
/// A packet with operation 0 says that the guest's end has started: all connections are over, and new ones are possible.
/// A frame that is no packet is passed over: whatever else somebody writes to the line does no harm.
public final class SerialSockets: ByteChannel {
    /// RFC 1055.
    enum Letter {
        static let end: UInt8 = 0o300
        static let escape: UInt8 = 0o333
        static let escapedEnd: UInt8 = 0o334
        static let escapedEscape: UInt8 = 0o335
    }

    /// The guest's end has started.
    static let hello: UInt16 = 0
    /// Data of a packet to the guest at most: the line is slow, and connections take turns.
    static let longestData = 1024
    /// Longer frames are no packets.
    private static let longestFrame = SocketPacket.byteCount + 4096

    public let host: SocketHost
    public var onReadable: (() -> Void)?
    /// The frame on its way to the guest, from `sent` on.
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var frame: [UInt8] = []
    private var isEscaped = false
    /// Nothing up to the next end counts.
    private var isSpoilt = false

    public init(guestCID: UInt64) {
        host = SocketHost(guestCID: guestCID)
        host.onPending = { [unowned self] in if sent == outgoing.count { onReadable?() } }
    }

    /// The machine starts anew.
    public func reset() {
        host.stop()
        forgetFrames()
    }

    private func forgetFrames() {
        outgoing = []
        sent = 0
        frame = []
        isEscaped = false
        isSpoilt = false
    }

    // MARK: To the guest

    public func read(limit: Int) -> [UInt8] {
        if sent == outgoing.count {
            sent = 0
            outgoing.removeAll(keepingCapacity: true)
            guard host.isReady, let (packet, data) = host.next(room: Self.longestData) else { return [] }
            outgoing.append(Letter.end)
            Self.append(packet.bytes, to: &outgoing)
            Self.append(data, to: &outgoing)
            outgoing.append(Letter.end)
        }
        let end = min(sent + limit, outgoing.count)
        defer { sent = end }
        return Array(outgoing[sent..<end])
    }

    static func append(_ bytes: some Sequence<UInt8>, to frame: inout [UInt8]) {
        for byte in bytes {
            switch byte {
            case Letter.end: frame += [Letter.escape, Letter.escapedEnd]
            case Letter.escape: frame += [Letter.escape, Letter.escapedEscape]
            default: frame.append(byte)
            }
        }
    }

    // MARK: From the guest

    public func write(_ bytes: [UInt8]) {
        var hasTaken = false
        for byte in bytes {
            if byte == Letter.end {
                if !isSpoilt, !isEscaped, takeFrame() { hasTaken = true }
                frame.removeAll(keepingCapacity: true)
                isEscaped = false
                isSpoilt = false
            } else if byte == Letter.escape, !isEscaped {
                isEscaped = true
            } else if frame.count == Self.longestFrame {
                isSpoilt = true
            } else if !isEscaped {
                frame.append(byte)
            } else {
                isEscaped = false
                switch byte {
                case Letter.escapedEnd: frame.append(Letter.end)
                case Letter.escapedEscape: frame.append(Letter.escape)
                default: isSpoilt = true
                }
            }
        }
        if hasTaken { host.serve() }
    }

    private func takeFrame() -> Bool {
        guard frame.count >= SocketPacket.byteCount else { return false }
        let packet = SocketPacket(Array(frame[..<SocketPacket.byteCount]))
        let data = Array(frame[SocketPacket.byteCount...])
        guard packet.dataByteCount == data.count else { return false }
        if packet.operation == Self.hello {
            host.stop()
            // The guest's end may have missed the beginning of what is under way: the next frame begins with an end.
            host.start()
            return true
        }
        // Who sends more than it fetches answers to has broken the rules: its connections time out.
        guard host.isReady, host.acceptsPackets else { return false }
        host.take(packet, data)
        return true
    }
}
