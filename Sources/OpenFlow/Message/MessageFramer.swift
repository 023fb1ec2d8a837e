/// Cuts a stream of bytes into messages by the lengths in their headers.
///
/// A length below 8 cannot be passed over: the stream is lost, and the connection must end. At most one unfinished
/// message is kept, less than 64 KiB.
public struct MessageFramer: Sendable {
    /// A header says that its message is shorter than a header.
    public struct BadLength: Error, Equatable, Sendable {
        public var length: Int
    }

    private var pending: [UInt8] = []
    private var start = 0

    public init() {}

    /// Bytes of a message that has not come to its end.
    public var pendingBytes: Int { pending.count - start }

    /// Takes in the next bytes of the stream.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start > 0 {
            pending.removeFirst(start)
            start = 0
        }
        pending.append(contentsOf: bytes)
    }

    public mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// The next whole message; nil: it has not arrived.
    public mutating func next() throws(BadLength) -> [UInt8]? {
        guard let length = try Self.frameLength(pending[start...]) else { return nil }
        guard pendingBytes >= length else { return nil }
        defer { start += length }
        return Array(pending[start..<start + length])
    }

    /// Hands every whole message to `body`, in order, without copying it. The buffer is good for the call alone.
    public mutating func forEach(_ body: (UnsafeRawBufferPointer) -> Void) throws(BadLength) {
        var failure: BadLength?
        var position = start
        pending.withUnsafeBytes { bytes in
            do throws(BadLength) {
                while let length = try Self.frameLength(bytes[position...]), bytes.count - position >= length {
                    body(UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]))
                    position += length
                }
            } catch {
                failure = error
            }
        }
        start = position
        if let failure { throw failure }
    }

    /// The length of the message that begins `bytes`; nil: too few to tell.
    public static func frameLength(_ bytes: some RandomAccessCollection<UInt8>) throws(BadLength) -> Int? {
        guard bytes.count >= 4 else { return nil }
        let third = bytes[bytes.index(bytes.startIndex, offsetBy: 2)]
        let length = Int(third) << 8 | Int(bytes[bytes.index(bytes.startIndex, offsetBy: 3)])
        guard length >= Message.headerBytes else { throw BadLength(length: length) }
        return length
    }
}
