import Board

/// What the driver is told of a request, in its last byte.
enum BlockStatus: UInt8, Error {
    case ok = 0
    case ioError = 1
    case unsupported = 2
}

/// A request's header, and where its status goes. Read from guest memory once.
struct BlockRequest {
    enum Kind {
        static let read: UInt32 = 0
        static let write: UInt32 = 1
        static let flush: UInt32 = 4
        static let identity: UInt32 = 8
        static let discard: UInt32 = 11
        static let writeZeroes: UInt32 = 13
    }

    static let headerByteCount = 16

    let head: UInt16
    let kind: UInt32
    let sector: UInt64
    /// Bytes of data behind the header.
    let outByteCount: Int
    /// Bytes of room before the status.
    let inByteCount: Int
    private let statusPlace: GuestSegment

    init(_ chain: DescriptorChain) throws(VirtqueueError) {
        var header: (UInt64, UInt64) = (0, 0)
        let count = withUnsafeMutableBytes(of: &header) { chain.read(into: $0) }
        guard count == Self.headerByteCount else { throw .badRequest("a block request without a header") }
        guard let last = chain.writable.last else { throw .badRequest("a block request without room for its status") }
        head = chain.head
        kind = UInt32(truncatingIfNeeded: UInt64(littleEndian: header.0))
        sector = UInt64(littleEndian: header.1)
        outByteCount = chain.readableByteCount - Self.headerByteCount
        inByteCount = chain.writableByteCount - 1
        statusPlace = GuestSegment(
            address: last.address + UInt64(last.byteCount - 1), host: last.host + (last.byteCount - 1), byteCount: 1)
    }

    func writeStatus(_ status: BlockStatus, in memory: GuestMemory) {
        statusPlace.host.storeBytes(of: status.rawValue, as: UInt8.self)
        memory.noteWrite(at: statusPlace.address, byteCount: 1)
    }
}
