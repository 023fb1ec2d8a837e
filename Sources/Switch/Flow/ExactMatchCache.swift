// The exact-match cache: whole keys of recent packets, in front of the megaflow cache.
//
// Design: two-way set associative, 8,192 entries of 128 bytes. An entry holds the key's bitmap of occupied words and
// those words packed, so that a hit compares what the packet has and no more; keys of more than 13 words are not
// cached. A hit is exact: the whole key is compared. What the payload stands for may have ended meanwhile:
// `invalidateAll` makes every entry stale at once by a generation number; single endings are the caller's to check.
// Thread-safety: none; it belongs to one poller.

/// A small cache from whole keys to payloads of 0 or more.
public struct ExactMatchCache: ~Copyable {
    /// Entries in the cache.
    public static let capacity = 8192
    /// The most occupied words of a key that is cached.
    public static let maximumWords = 13
    // An entry: hash (4 bytes), payload (4), generation (4), unused (4), occupied (8), words (13 × 8).
    private static let entryByteCount = 128
    private static let wordsOffset = 24

    private let entries: UnsafeMutableRawPointer
    private var generation: UInt32 = 1

    public init() {
        entries = .allocate(byteCount: Self.capacity * Self.entryByteCount, alignment: 128)
        entries.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity * Self.entryByteCount)
    }

    deinit { entries.deallocate() }

    /// The payload of `key`, or -1.
    /// - Parameter hash: `key`'s `exactHash`.
    @inline(__always)
    public func lookup(_ key: UnsafePointer<FlowKey>, hash: UInt64) -> Int32 {
        let first = entry(Int(truncatingIfNeeded: hash))
        if holds(first, key, hash) { return first.load(fromByteOffset: 4, as: Int32.self) }
        let second = entry(Int(truncatingIfNeeded: hash &>> 13))
        if holds(second, key, hash) { return second.load(fromByteOffset: 4, as: Int32.self) }
        return -1
    }

    /// Makes `payload` the answer for `key`, in the place of an older entry; keys that are too long are ignored.
    /// - Parameter hash: `key`'s `exactHash`.
    public mutating func insert(_ key: UnsafePointer<FlowKey>, hash: UInt64, payload: Int32) {
        guard key.pointee.occupied.nonzeroBitCount <= Self.maximumWords, payload >= 0 else { return }
        let first = entry(Int(truncatingIfNeeded: hash))
        let second = entry(Int(truncatingIfNeeded: hash &>> 13))
        let target: UnsafeMutableRawPointer
        if holds(first, key, hash) {
            target = first
        } else if holds(second, key, hash) {
            target = second
        } else if first.load(fromByteOffset: 8, as: UInt32.self) != generation {
            target = first
        } else if second.load(fromByteOffset: 8, as: UInt32.self) != generation {
            target = second
        } else {
            // Both are alive: which one goes is as good as random.
            target = hash &>> 63 == 0 ? first : second
        }
        target.storeBytes(of: UInt32(truncatingIfNeeded: hash &>> 32), as: UInt32.self)
        target.storeBytes(of: payload, toByteOffset: 4, as: Int32.self)
        target.storeBytes(of: generation, toByteOffset: 8, as: UInt32.self)
        var bits = key.pointee.occupied
        target.storeBytes(of: bits, toByteOffset: 16, as: UInt64.self)
        var offset = Self.wordsOffset
        while bits != 0 {
            target.storeBytes(of: key.pointee.load(bits.trailingZeroBitCount), toByteOffset: offset, as: UInt64.self)
            offset &+= 8
            bits &= bits &- 1
        }
    }

    /// Makes every entry stale.
    public mutating func invalidateAll() {
        generation &+= 1
        if generation == 0 {
            // After 2^32 generations an old entry could look alive again.
            entries.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity * Self.entryByteCount)
            generation = 1
        }
    }

    @inline(__always)
    private func entry(_ index: Int) -> UnsafeMutableRawPointer {
        entries + (index & (Self.capacity &- 1)) &* Self.entryByteCount
    }

    @inline(__always)
    private func holds(_ entry: UnsafeMutableRawPointer, _ key: UnsafePointer<FlowKey>, _ hash: UInt64) -> Bool {
        guard entry.load(as: UInt32.self) == UInt32(truncatingIfNeeded: hash &>> 32),
            entry.load(fromByteOffset: 8, as: UInt32.self) == generation,
            entry.load(fromByteOffset: 16, as: UInt64.self) == key.pointee.occupied
        else { return false }
        var bits = key.pointee.occupied
        var stored = entry + Self.wordsOffset
        var difference: UInt64 = 0
        while bits != 0 {
            difference |= stored.load(as: UInt64.self) ^ key.pointee.load(bits.trailingZeroBitCount)
            stored += 8
            bits &= bits &- 1
        }
        return difference == 0
    }
}

extension UnsafePointer<FlowKey> {
    /// The hash that the exact-match cache wants: over the occupied words.
    /// - Parameter seed: the same for all keys of one cache.
    @inline(__always)
    public func exactHash(seed: UInt64) -> UInt64 {
        // Two chains, so that the multiplications overlap.
        var bits = pointee.occupied
        var even = seed ^ bits
        var odd = seed
        while bits != 0 {
            even = foldedProduct(even ^ pointee.load(bits.trailingZeroBitCount), hashMultiplier)
            bits &= bits &- 1
            if bits == 0 { break }
            odd = foldedProduct(odd ^ pointee.load(bits.trailingZeroBitCount), oddMultiplier)
            bits &= bits &- 1
        }
        return foldedProduct(even ^ oddMultiplier, odd ^ hashMultiplier)
    }
}

extension UnsafeMutablePointer<FlowKey> {
    /// The hash that the exact-match cache wants: over the occupied words.
    /// - Parameter seed: the same for all keys of one cache.
    @inline(__always)
    public func exactHash(seed: UInt64) -> UInt64 { UnsafePointer(self).exactHash(seed: seed) }
}

extension FlowKey {
    /// As `UnsafePointer<FlowKey>.exactHash`, for keys that are values; the hot path has pointers.
    public func exactHash(seed: UInt64) -> UInt64 { withUnsafePointer(to: self) { $0.exactHash(seed: seed) } }
}
