import Board

/// A request of the driver's: what the device may read, then what it may write. Valid until the queue's next chain is
/// taken: who needs the segments longer copies them.
public struct DescriptorChain {
    /// Names the chain when it is given back.
    public let head: UInt16
    public let readable: UnsafeBufferPointer<GuestSegment>
    public let writable: UnsafeBufferPointer<GuestSegment>
    unowned(unsafe) let memory: GuestMemory

    public var readableByteCount: Int { readable.reduce(0) { $0 + $1.byteCount } }
    public var writableByteCount: Int { writable.reduce(0) { $0 + $1.byteCount } }

    /// Copies what the driver wrote, from byte `offset` of the chain on, to `buffer`.
    /// - Returns: how many bytes there were.
    public func read(from offset: Int = 0, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var skip = offset
        var done = 0
        for segment in readable {
            if skip >= segment.byteCount {
                skip -= segment.byteCount
                continue
            }
            let count = min(segment.byteCount - skip, buffer.count - done)
            if count == 0 { break }
            (buffer.baseAddress! + done).copyMemory(from: segment.host + skip, byteCount: count)
            done += count
            skip = 0
        }
        return done
    }

    /// A copy of `count` bytes that the driver wrote, from `offset` on; fewer where the chain ends.
    public func bytes(from offset: Int = 0, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: min(count, max(readableByteCount - offset, 0))) { buffer, initialized in
            initialized = read(from: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The little-endian integer at `offset`; nil where the chain ends before it does.
    public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T? {
        var value: T = 0
        let count = withUnsafeMutableBytes(of: &value) { read(from: offset, into: $0) }
        return count == MemoryLayout<T>.size ? T(littleEndian: value) : nil
    }

    /// Copies `bytes` to what the driver gave to write, from byte `offset` of that on.
    /// - Returns: how many had room.
    @discardableResult
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) -> Int {
        var skip = offset
        var done = 0
        for segment in writable {
            if skip >= segment.byteCount {
                skip -= segment.byteCount
                continue
            }
            let count = min(segment.byteCount - skip, bytes.count - done)
            if count == 0 { break }
            (segment.host + skip).copyMemory(from: bytes.baseAddress! + done, byteCount: count)
            memory.noteWrite(at: segment.address + UInt64(skip), byteCount: UInt64(count))
            done += count
            skip = 0
        }
        return done
    }

    @discardableResult
    public func write(_ bytes: [UInt8], at offset: Int = 0) -> Int {
        bytes.withUnsafeBytes { write($0, at: offset) }
    }

    /// What the driver wrote, from byte `offset` on, as it lies in guest memory, for system calls and ports that copy.
    public func readableBuffers(from offset: Int = 0) -> [UnsafeRawBufferPointer] {
        var skip = offset
        var buffers: [UnsafeRawBufferPointer] = []
        for segment in readable {
            let start = min(skip, segment.byteCount)
            skip -= start
            if start < segment.byteCount {
                buffers.append(UnsafeRawBufferPointer(start: segment.host + start, count: segment.byteCount - start))
            }
        }
        return buffers
    }

    /// Where byte `offset` of what the device may write lies.
    public func writablePlace(_ offset: Int) -> GuestSegment? {
        var skip = offset
        for segment in writable {
            if skip < segment.byteCount {
                return GuestSegment(
                    address: segment.address + UInt64(skip), host: segment.host + skip, byteCount: 1)
            }
            skip -= segment.byteCount
        }
        return nil
    }

    /// `count` bytes of what the device may write, from the first on, as they lie in guest memory.
    /// Who writes there says so with `GuestMemory.noteWrite`.
    public func writableSegments(count: Int) -> [GuestSegment] {
        var rest = count
        var segments: [GuestSegment] = []
        for segment in writable where rest > 0 {
            let taken = min(segment.byteCount, rest)
            segments.append(GuestSegment(address: segment.address, host: segment.host, byteCount: taken))
            rest -= taken
        }
        return segments
    }
}
