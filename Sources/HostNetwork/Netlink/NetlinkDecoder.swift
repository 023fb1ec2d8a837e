import CLinux
import Glibc
import Wire

// What: bytes from the kernel into messages and attributes. Lengths are checked at every step: a message that lies about
// them ends the walk, it does not read past the buffer.

/// One netlink message inside a buffer.
public struct NetlinkMessage: Sendable {
    public let type: UInt16
    public let flags: UInt16
    public let sequence: UInt32
    /// What follows the 16-byte header.
    public let payload: ArraySlice<UInt8>

    /// Takes the messages of a buffer apart.
    public static func parse(_ buffer: [UInt8], count: Int) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        var offset = 0
        let end = min(count, buffer.count)
        while end - offset >= 16 {
            let slice = buffer[offset..<end]
            let length = Int(slice.number(at: 0, as: UInt32.self))
            guard length >= 16, length <= end - offset else { break }
            messages.append(
                NetlinkMessage(
                    type: slice.number(at: 4, as: UInt16.self), flags: slice.number(at: 6, as: UInt16.self),
                    sequence: slice.number(at: 8, as: UInt32.self), payload: buffer[(offset + 16)..<(offset + length)]))
            offset += (length + 3) & ~3
        }
        return messages
    }

    /// The attributes behind the first `headerLength` bytes of the payload.
    public func attributes(after headerLength: Int) -> [NetlinkAttribute] {
        NetlinkAttribute.parse(payload.dropFirst(headerLength))
    }
}

/// A type and bytes.
public struct NetlinkAttribute: Sendable {
    /// The number, without the flags for nesting and byte order.
    public let type: Int
    public let content: ArraySlice<UInt8>

    public static func parse(_ bytes: ArraySlice<UInt8>) -> [NetlinkAttribute] {
        var attributes: [NetlinkAttribute] = []
        var rest = bytes
        while rest.count >= 4 {
            let length = Int(rest.number(at: 0, as: UInt16.self))
            guard length >= 4, length <= rest.count else { break }
            attributes.append(
                NetlinkAttribute(
                    type: Int(rest.number(at: 2, as: UInt16.self) & 0x3FFF),
                    content: rest[(rest.startIndex + 4)..<(rest.startIndex + length)]))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return attributes
    }

    /// The content as a number; 0 where it is too short.
    public func number<Number: FixedWidthInteger>(as type: Number.Type) -> Number { content.number(at: 0, as: type) }

    /// The content as text, up to a terminator.
    public var string: String { String(decoding: content.prefix { $0 != 0 }, as: UTF8.self) }

    public var nested: [NetlinkAttribute] { NetlinkAttribute.parse(content) }
}

extension ArraySlice<UInt8> {
    /// The number at `offset` from the start of the slice in the machine's byte order; 0 past the end.
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number {
        guard offset >= 0, count - offset >= MemoryLayout<Number>.size else { return 0 }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }
}

extension ArraySlice<UInt8> {
    /// The first six bytes; the caller has checked the count.
    var macAddress: MACAddress { withUnsafeBytes { MACAddress(reading: $0.baseAddress!) } }
}
