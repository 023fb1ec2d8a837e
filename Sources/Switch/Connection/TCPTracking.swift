import Wire

// TCP as a middlebox sees it.
//
// What: the state of both ends of a connection and the windows of sequence numbers that each may send, after van
// Rooij, "Real stateful TCP packet filtering in IP Filter" (2001): what pf and Open vSwitch's user-space tracker do too.
// An end may send what lies at most one window of the other end beyond what that end has acknowledged; it may
// acknowledge only what has been sent. Segments outside are invalid and change nothing.
// Design: connections that were not seen from their start are let in (`unknownScale`), with wide windows, until both ends
// have spoken. Segments that come before the answer or after the end are judged more loosely and prolong nothing.

/// The header fields of a TCP segment that tracking needs.
struct TCPSegmentView {
    var sequence: UInt32 = 0
    var acknowledgment: UInt32 = 0
    var flags: UInt16 = 0
    var window: UInt16 = 0
    /// The shift of the window scale option, at most 14; nil: no such option.
    var scale: UInt8?
    var payloadByteCount: UInt32 = 0

    init() {}

    init(_ header: UnsafeRawPointer, headerByteCount: Int, payloadByteCount: Int) {
        sequence = header.loadBigEndian32(at: TCPHeader.Offset.sequence)
        acknowledgment = header.loadBigEndian32(at: TCPHeader.Offset.acknowledgment)
        flags = header.loadBigEndian16(at: TCPHeader.Offset.dataOffset) & 0xfff
        window = header.loadBigEndian16(at: TCPHeader.Offset.window)
        self.payloadByteCount = UInt32(truncatingIfNeeded: payloadByteCount)
        if has(TCPHeader.Flag.syn) { scale = Self.windowScale(header, headerByteCount) }
    }

    @inline(__always)
    func has(_ flag: UInt16) -> Bool { flags & flag != 0 }

    /// Behind the last sequence number that the segment takes up.
    var end: UInt32 {
        sequence &+ payloadByteCount &+ (has(TCPHeader.Flag.syn) ? 1 : 0) &+ (has(TCPHeader.Flag.fin) ? 1 : 0)
    }

    /// Flags that no segment may have: none of SYN, ACK and RST; SYN with RST or FIN; FIN, PSH or URG without ACK.
    var isMalformed: Bool {
        if has(TCPHeader.Flag.syn) {
            if has(TCPHeader.Flag.rst | TCPHeader.Flag.fin) { return true }
        } else if !has(TCPHeader.Flag.ack | TCPHeader.Flag.rst) {
            return true
        }
        return !has(TCPHeader.Flag.ack) && has(TCPHeader.Flag.fin | TCPHeader.Flag.psh | TCPHeader.Flag.urg)
    }

    /// Whether the segment may begin a connection: a SYN, or one from the midst of it, but no SYN+ACK.
    var mayOpen: Bool { !isMalformed && !(has(TCPHeader.Flag.syn) && has(TCPHeader.Flag.ack)) }

    private static func windowScale(_ header: UnsafeRawPointer, _ headerByteCount: Int) -> UInt8? {
        var at = TCPHeader.byteCount
        while at + 3 <= headerByteCount {
            switch header.loadByte(at: at) {
            case 0: return nil
            case 1: at += 1
            case 3: return min(header.loadByte(at: at + 2), 14)
            default: at += max(2, Int(header.loadByte(at: at + 1)))
            }
        }
        return nil
    }
}

/// The states of one end of a TCP connection, in the order of Open vSwitch's dumps.
public enum TCPState: UInt8, CaseIterable, Comparable, Sendable {
    case closed, listen, synSent, synReceived, established, closeWait, finWait1, closing, lastAck, finWait2, timeWait

    public static func < (a: TCPState, b: TCPState) -> Bool { a.rawValue < b.rawValue }
}

/// One end of a TCP connection.
struct TCPPeer {
    /// Behind the highest sequence number that it has sent.
    var sent: UInt32 = 0
    /// Behind the highest that it may send: what the other end has acknowledged and its window.
    var limit: UInt32 = 0
    /// Its largest window, before scaling.
    var window: UInt16 = 0
    /// The shift of its windows, with `scaled`.
    var scale: UInt8 = 0
    var state = TCPState.closed

    /// It has sent a window scale option.
    static let scaled: UInt8 = 0x80
    /// The connection was picked up midway: its scale is unknown.
    static let unknownScale: UInt8 = 0x40

    @inline(__always) var shift: UInt32 { UInt32(scale & 0x0f) }
    @inline(__always) func has(_ flag: UInt8) -> Bool { scale & flag != 0 }
}

/// What a packet does to a known connection.
enum ConnectionProgress {
    /// It belongs to it, and both ends have spoken or TCP counts as under way.
    case established
    /// It belongs to it, and nobody has answered yet.
    case opening
    case invalid
    /// It opens a connection anew: the known one is over.
    case reopened
}

/// Both ends of a TCP connection: that which sent the first packet, and the other.
struct TCPTracking {
    var first = TCPPeer()
    var second = TCPPeer()

    /// 0xffff and an arbitrary 1500.
    private static let slack: Int32 = 0xffff + 1500

    init() {}

    /// Of a connection that begins with `segment`, which may open one.
    init(opening segment: TCPSegmentView) {
        first.sent = segment.sequence
        first.limit = segment.end &+ 1
        if segment.has(TCPHeader.Flag.syn) {
            if let scale = segment.scale { first.scale = scale | TCPPeer.scaled }
        } else {
            first.scale = TCPPeer.unknownScale
            second.scale = TCPPeer.unknownScale
        }
        first.window = Self.unscaled(max(segment.window, 1), by: first.shift)
        first.state = .synSent
        second.limit = 1
        second.window = 1
    }

    /// The window of a SYN is not scaled: what its sender's later windows, which are, would say of it.
    private static func unscaled(_ window: UInt16, by shift: UInt32) -> UInt16 {
        UInt16(truncatingIfNeeded: (UInt32(window) + (1 << shift) - 1) >> shift)
    }

    /// Takes a segment from the end that `isReply` says.
    /// - Parameter isStrict: whether sequence numbers are checked.
    /// - Returns: the progress, and the timeout that starts anew; nil: the old one runs on.
    @inline(__always)
    mutating func update(
        _ segment: TCPSegmentView, isReply: Bool, isStrict: Bool
    ) -> (ConnectionProgress, ConnectionTimeouts.Kind?) {
        if isReply { return Self.update(segment, from: &second, to: &first, isStrict: isStrict) }
        return Self.update(segment, from: &first, to: &second, isStrict: isStrict)
    }

    private static func update(
        _ segment: TCPSegmentView, from source: inout TCPPeer, to target: inout TCPPeer, isStrict: Bool
    ) -> (ConnectionProgress, ConnectionTimeouts.Kind?) {
        if segment.isMalformed { return (.invalid, nil) }
        let isSYN = segment.has(TCPHeader.Flag.syn)
        let isFIN = segment.has(TCPHeader.Flag.fin)
        let isRST = segment.has(TCPHeader.Flag.rst)
        let isACK = segment.has(TCPHeader.Flag.ack)
        if isSYN, !isACK {
            if source.state >= .finWait2, target.state >= .finWait2 {
                source.state = .closed
                target.state = .closed
                return (.reopened, nil)
            }
            if source.state <= .synSent {
                source.state = .synSent
                return (.opening, .tcpFirst)
            }
        }
        // How far the windows of this segment's sender and of its receiver are shifted; those of SYNs are not.
        var sourceShift: UInt32 = 0
        var targetShift: UInt32 = 0
        if !isSYN {
            if source.has(TCPPeer.scaled), target.has(TCPPeer.scaled) {
                (sourceShift, targetShift) = (source.shift, target.shift)
            } else if source.has(TCPPeer.unknownScale), target.has(TCPPeer.unknownScale) {
                (sourceShift, targetShift) = (14, 14)
            }
        }
        var window = segment.window
        var sequence = segment.sequence
        var end = segment.end
        var checksAcknowledgment = true
        if source.state < .synSent {
            if isSYN, target.has(TCPPeer.scaled) {
                if let scale = segment.scale {
                    source.scale = scale | TCPPeer.scaled
                    sourceShift = source.shift
                    targetShift = target.shift
                    window = unscaled(window, by: sourceShift)
                } else {
                    // It does not scale, so neither does the other end.
                    target.window = UInt16(
                        truncatingIfNeeded: min(UInt32(target.window) << target.shift, UInt32(UInt16.max)))
                    target.scale = 0
                }
            }
            source.sent = sequence
            source.state = .synSent
            let limit = end &+ max(1, UInt32(target.window) << targetShift)
            if source.limit == 1 || isAtLeast(limit, source.limit) {
                source.limit = limit
                checksAcknowledgment = false
            }
            source.window = max(source.window, window)
        }
        // An RST that acknowledges 0 answers a SYN as many stacks do.
        let acknowledges = isACK && !(isRST && segment.acknowledgment == 0)
        let acknowledgment = acknowledges ? segment.acknowledgment : target.sent
        if sequence == end {
            // Without data: where it says that it stands does not matter.
            sequence = source.sent
            end = sequence
        }
        let skew = checksAcknowledgment ? Int32(bitPattern: target.sent &- acknowledgment) : 0
        let isNear =
            !isRST || segment.sequence == source.sent || segment.sequence == source.sent &+ 1
            || segment.sequence &+ 1 == source.sent
        let isInWindow =
            isAtLeast(source.limit, end) && isAtLeast(sequence, source.sent &- UInt32(target.window) << targetShift)
            && skew >= -slack && Int64(skew) <= Int64(slack) << Int64(sourceShift) && isNear
        let isLoose =
            (target.state < .synSent || target.state >= .finWait2 || source.state >= .finWait2)
            && isAtLeast(source.limit &+ UInt32(slack), end) && isAtLeast(sequence, source.sent &- UInt32(slack))
        guard isInWindow || !isStrict || isLoose else { return (.invalid, nil) }
        source.window = max(source.window, window)
        if isAtLeast(end, source.sent) { source.sent = end }
        let offered = UInt32(window) << sourceShift
        if isAtLeast(acknowledgment &+ offered, target.limit) { target.limit = acknowledgment &+ max(offered, 1) }
        if isFIN, source.state < .closing { source.state = .closing }
        guard isInWindow || !isStrict else {
            if isRST {
                source.state = .timeWait
                target.state = .timeWait
            }
            return (.established, nil)
        }
        if isACK {
            if target.state == .synSent {
                target.state = .established
            } else if target.state == .closing {
                target.state = .finWait2
            }
        }
        if isRST {
            source.state = .timeWait
            target.state = .timeWait
        }
        return (.established, timeout(source.state, target.state))
    }

    private static func timeout(_ a: TCPState, _ b: TCPState) -> ConnectionTimeouts.Kind {
        let (low, high) = a < b ? (a, b) : (b, a)
        if low >= .finWait2 { return .tcpClosed }
        if low >= .closing { return .tcpFinWait }
        if low < .established { return .tcpOpening }
        return high >= .closing ? .tcpClosing : .tcpEstablished
    }

    /// Whether `a` is `b` or behind it, modulo 2³².
    @inline(__always)
    private static func isAtLeast(_ a: UInt32, _ b: UInt32) -> Bool { Int32(bitPattern: a &- b) >= 0 }
}
