/// A packet's header on a socket device's queues (virtio 1.2, clause 5.10.6): 44 bytes, little-endian.
public struct SocketPacket: Equatable, Sendable {
    public enum Operation {
        public static let request: UInt16 = 1
        public static let response: UInt16 = 2
        public static let reset: UInt16 = 3
        public static let shutdown: UInt16 = 4
        public static let data: UInt16 = 5
        public static let creditUpdate: UInt16 = 6
        public static let creditRequest: UInt16 = 7
    }

    /// Flags of a shutdown: the sender will receive no more; send no more.
    public enum Shutdown {
        public static let receive: UInt32 = 1
        public static let send: UInt32 = 2
    }

    public static let byteCount = 44
    public static let stream: UInt16 = 1
    /// The host's context id.
    public static let hostCID: UInt64 = 2
    /// Data of a packet at most: what Linux uses.
    public static let longestData = 64 << 10

    public var sourceCID: UInt64 = 0
    public var destinationCID: UInt64 = 0
    public var sourcePort: UInt32 = 0
    public var destinationPort: UInt32 = 0
    public var dataByteCount: UInt32 = 0
    public var type = Self.stream
    public var operation: UInt16 = 0
    public var flags: UInt32 = 0
    /// The sender's buffer for this connection, and how much of what it received it has passed on so far, modulo 2^32.
    public var bufferByteCount: UInt32 = 0
    public var forwardedCount: UInt32 = 0

    public init() {}

    /// - Parameter bytes: 44 of them.
    public init(_ bytes: [UInt8]) {
        func load<T: FixedWidthInteger>(_ type: T.Type, _ offset: Int) -> T {
            (0..<MemoryLayout<T>.size).reduce(0) { $0 | T(bytes[offset + $1]) << T(8 * $1) }
        }
        sourceCID = load(UInt64.self, 0)
        destinationCID = load(UInt64.self, 8)
        sourcePort = load(UInt32.self, 16)
        destinationPort = load(UInt32.self, 20)
        dataByteCount = load(UInt32.self, 24)
        type = load(UInt16.self, 28)
        operation = load(UInt16.self, 30)
        flags = load(UInt32.self, 32)
        bufferByteCount = load(UInt32.self, 36)
        forwardedCount = load(UInt32.self, 40)
    }

    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        func append<T: FixedWidthInteger>(_ value: T) {
            for index in 0..<MemoryLayout<T>.size { bytes.append(UInt8(truncatingIfNeeded: value >> T(8 * index))) }
        }
        append(sourceCID)
        append(destinationCID)
        append(sourcePort)
        append(destinationPort)
        append(dataByteCount)
        append(type)
        append(operation)
        append(flags)
        append(bufferByteCount)
        append(forwardedCount)
        return bytes
    }
}
