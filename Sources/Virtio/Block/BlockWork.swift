import Board

/// What a request makes the storage do: checked, and free of the queue, so that another thread may run it.
enum BlockWork {
    case read(offset: UInt64, segments: [GuestSegment], byteCount: Int)
    case write(offset: UInt64, buffers: [UnsafeRawBufferPointer], flush: Bool)
    case flush
    case identity([UInt8], segments: [GuestSegment], byteCount: Int)
    case discard([Range<UInt64>], mustZero: Bool)

    struct Refusal: Error {
        let status: BlockStatus
    }

    static func of(_ request: BlockRequest, _ chain: DescriptorChain, _ device: VirtioBlock) -> Result<Self, Refusal> {
        let error = Result<Self, Refusal>.failure(Refusal(status: .ioError))
        let unsupported = Result<Self, Refusal>.failure(Refusal(status: .unsupported))
        let hasFlush = device.session?.has(VirtioBlock.Feature.flush) == true
        switch request.kind {
        case BlockRequest.Kind.read:
            guard let range = range(request.sector, UInt64(request.inByteCount), device) else { return error }
            return .success(
                .read(
                    offset: range.lowerBound, segments: chain.writableSegments(count: request.inByteCount),
                    byteCount: request.inByteCount))
        case BlockRequest.Kind.write:
            guard !device.storage.isReadOnly,
                let range = range(request.sector, UInt64(request.outByteCount), device)
            else { return error }
            // Who cannot flush expects that what was written is safe (clause 5.2.6.2).
            return .success(
                .write(
                    offset: range.lowerBound, buffers: chain.readableBuffers(from: BlockRequest.headerByteCount),
                    flush: !hasFlush))
        case BlockRequest.Kind.flush:
            return .success(.flush)
        case BlockRequest.Kind.identity:
            // 20 bytes, zeroes behind a shorter one.
            let bytes = Array(device.identity.utf8.prefix(20))
            let padded = bytes + [UInt8](repeating: 0, count: 20 - bytes.count)
            let count = min(20, request.inByteCount)
            return .success(
                .identity(padded, segments: chain.writableSegments(count: count), byteCount: count))
        case BlockRequest.Kind.discard, BlockRequest.Kind.writeZeroes:
            let mustZero = request.kind == BlockRequest.Kind.writeZeroes
            let feature = mustZero ? VirtioBlock.Feature.writeZeroes : VirtioBlock.Feature.discard
            guard device.session?.has(feature) == true else { return unsupported }
            return discard(request, chain, device, mustZero: mustZero)
        default:
            return unsupported
        }
    }

    private static func discard(
        _ request: BlockRequest, _ chain: DescriptorChain, _ device: VirtioBlock, mustZero: Bool
    ) -> Result<Self, Refusal> {
        let error = Result<Self, Refusal>.failure(Refusal(status: .ioError))
        guard !device.storage.isReadOnly, request.outByteCount > 0, request.outByteCount % 16 == 0,
            request.outByteCount / 16 <= VirtioBlock.discardSegmentLimit
        else { return error }
        var ranges: [Range<UInt64>] = []
        for index in 0..<request.outByteCount / 16 {
            var segment: (UInt64, UInt64) = (0, 0)
            _ = withUnsafeMutableBytes(of: &segment) {
                chain.read(from: BlockRequest.headerByteCount + 16 * index, into: $0)
            }
            let rest = UInt64(littleEndian: segment.1)
            let sectors = UInt32(truncatingIfNeeded: rest)
            let flags = UInt32(truncatingIfNeeded: rest >> 32)
            // Only "unmap" of write zeroes is known (clause 5.2.6.2).
            guard flags & ~(mustZero ? 1 : 0) == 0 else { return .failure(Refusal(status: .unsupported)) }
            guard sectors <= VirtioBlock.discardSectorLimit,
                let range = range(UInt64(littleEndian: segment.0), UInt64(sectors) * 512, device)
            else { return error }
            ranges.append(range)
        }
        return .success(.discard(ranges, mustZero: mustZero))
    }

    /// The bytes of the disk, if there are that many from that sector on.
    private static func range(_ sector: UInt64, _ byteCount: UInt64, _ device: VirtioBlock) -> Range<UInt64>? {
        let capacity = device.storage.byteCount
        guard byteCount % 512 == 0, sector <= capacity / 512, byteCount <= capacity - sector * 512 else { return nil }
        return sector * 512..<sector * 512 + byteCount
    }

    /// How many bytes of guest memory were written when it was done.
    var readByteCount: Int {
        switch self {
        case .read(_, _, let count), .identity(_, _, let count): count
        case .write, .flush, .discard: 0
        }
    }

    func run(on storage: any BlockStorage) -> BlockStatus {
        do throws(BlockStorageError) {
            switch self {
            case .read(let offset, let segments, _):
                try storage.read(
                    at: offset,
                    into: segments.map { UnsafeMutableRawBufferPointer(start: $0.host, count: $0.byteCount) })
            case .write(let offset, let buffers, let flush):
                try storage.write(at: offset, from: buffers)
                if flush { try storage.flush() }
            case .flush:
                try storage.flush()
            case .identity(let bytes, let segments, _):
                var rest = bytes[...]
                for segment in segments {
                    UnsafeMutableRawBufferPointer(start: segment.host, count: segment.byteCount)
                        .copyBytes(from: rest.prefix(segment.byteCount))
                    rest = rest.dropFirst(segment.byteCount)
                }
            case .discard(let ranges, let mustZero):
                for range in ranges where !range.isEmpty {
                    try storage.discard(
                        at: range.lowerBound, byteCount: range.upperBound - range.lowerBound, mustZero: mustZero)
                }
            }
            return .ok
        } catch {
            return error.kind == .unsupported ? .unsupported : .ioError
        }
    }

    /// Guest memory was written, even where the storage failed half-way.
    func noteWrites(in memory: GuestMemory) {
        switch self {
        case .read(_, let segments, _), .identity(_, let segments, _):
            for segment in segments { memory.noteWrite(at: segment.address, byteCount: UInt64(segment.byteCount)) }
        case .write, .flush, .discard: break
        }
    }
}
