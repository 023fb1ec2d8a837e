/// Cuts a byte stream into JSON texts. JSON-RPC over a stream (RFC 7047 section 4) puts objects one after the other
/// with nothing, or white space, between them: a text ends where its brackets are closed.
///
/// Each byte is looked at once here, whatever the pieces are that it comes in; parsing is the parser's business. A text
/// whose brackets do not match ends early and fails there.
public struct JSONStream {
    /// Why the stream cannot go on.
    public enum Failure: Error, Equatable, Sendable {
        /// A byte between texts that begins no object or array.
        case unexpectedByte(UInt8)
        /// A text of more than the allowed bytes.
        case tooLong(limit: Int)
    }

    /// The longest text, in bytes.
    public let limit: Int

    private var bytes: [UInt8] = []
    /// Where the text being read begins.
    private var start = 0
    private var position = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    public init(limit: Int) { self.limit = limit }

    /// Bytes taken in and not yet given out.
    public var pendingByteCount: Int { bytes.count - start }

    public mutating func append(_ more: UnsafeRawBufferPointer) {
        if start > 0 {
            if start == bytes.count {
                bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
            } else {
                bytes.removeSubrange(..<start)
            }
            position -= start
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// Gives the next whole text to `body`; nil where there is none yet.
    public mutating func next<Value>(_ body: (UnsafeRawBufferPointer) -> Value) throws(Failure) -> Value? {
        guard let range = try nextRange() else { return nil }
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private mutating func nextRange() throws(Failure) -> Range<Int>? {
        while position < bytes.count {
            let byte = bytes[position]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    if depth == 0 { start = position }
                    depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { throw .unexpectedByte(byte) }
                    depth -= 1
                    if depth == 0 {
                        position += 1
                        let text = start..<position
                        start = position
                        if text.count > limit { throw .tooLong(limit: limit) }
                        return text
                    }
                case 0x20, 0x09, 0x0a, 0x0d:
                    if depth == 0 { start = position + 1 }
                case UInt8(ascii: "\""):
                    if depth == 0 { throw .unexpectedByte(byte) }
                    isInString = true
                default:
                    if depth == 0 { throw .unexpectedByte(byte) }
                }
            }
            position += 1
        }
        if bytes.count - start > limit { throw .tooLong(limit: limit) }
        return nil
    }
}
