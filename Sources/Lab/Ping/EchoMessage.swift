import Wire

/// An ICMP or ICMPv6 echo request of ours: header, then when it was sent (the receiver needs no table for that).
enum EchoMessage {
    /// Header, and 56 bytes as ping(8) sends.
    static let byteCount = 64

    /// Writes a request. The kernel fills in the checksum of ICMPv6.
    static func emit(
        identifier: UInt16, sequence: UInt16, isIPv6: Bool, into bytes: UnsafeMutableRawBufferPointer
    ) {
        for offset in 0..<byteCount { bytes[offset] = UInt8(truncatingIfNeeded: offset) }
        var header = ICMPHeader(
            type: isIPv6 ? ICMPHeader.V6.echoRequest : ICMPHeader.V4.echoRequest,
            rest: UInt32(identifier) << 16 | UInt32(sequence))
        header.emit(into: bytes)
        guard !isIPv6 else { return }
        header.checksum = InternetChecksum.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]))
        header.emit(into: bytes)
    }

    /// The sequence number of a reply to one of ours; nil for anything else.
    /// - Parameter bytes: what a raw socket gives: for IPv4 with the IP header, for IPv6 without.
    static func sequence(ofReply bytes: UnsafeRawBufferPointer, identifier: UInt16, isIPv6: Bool) -> UInt16? {
        var message = bytes
        if !isIPv6 {
            guard let first = bytes.first else { return nil }
            let headerLength = Int(first & 0xf) * 4
            guard bytes.count >= headerLength else { return nil }
            message = UnsafeRawBufferPointer(rebasing: bytes[headerLength...])
        }
        guard let header = ICMPHeader(parsing: message), header.code == 0, header.identifier == identifier,
            header.type == (isIPv6 ? ICMPHeader.V6.echoReply : ICMPHeader.V4.echoReply)
        else { return nil }
        return header.sequence
    }
}
