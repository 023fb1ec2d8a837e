/// What a check of an image found.
public struct ImageCheck: Sendable {
    /// What is wrong, the first hundred faults in words.
    public internal(set) var faults: [String] = []
    /// Faults in all: data may be lost or get overwritten.
    public internal(set) var faultCount = 0
    /// Clusters counted as used that nothing uses: space is wasted, nothing else.
    public internal(set) var leakedClusters: UInt64 = 0
    /// Clusters of the disk that have a cluster of the file.
    public internal(set) var mappedClusters: UInt64 = 0
    public internal(set) var compressedClusters: UInt64 = 0
    /// Clusters of the disk.
    public internal(set) var totalClusters: UInt64 = 0
    /// The end of the last used cluster of the file, in bytes.
    public internal(set) var endOffset: UInt64 = 0
    /// Faults and leaks that were mended.
    public internal(set) var repaired = 0

    public var isSound: Bool { faultCount == 0 }

    mutating func note(_ fault: String) {
        faultCount += 1
        if faults.count < 100 { faults.append(fault) }
    }
}

/// How often each cluster of a file is referenced. In pieces of 64 clusters, so that it grows with what is used.
struct ReferenceCounts {
    private(set) var chunks: [UInt64: [UInt16]] = [:]

    /// - Returns: false where the count is as high as it can be.
    mutating func add(_ cluster: UInt64, _ weight: Int) -> Bool {
        let index = Int(cluster % 64)
        return
            { (chunk: inout [UInt16]) -> Bool in
                let sum = Int(chunk[index]) + weight
                if sum > Int(UInt16.max) { return false }
                chunk[index] = UInt16(sum)
                return true
            }(&chunks[cluster / 64, default: [UInt16](repeating: 0, count: 64)])
    }

    subscript(_ cluster: UInt64) -> UInt64 { chunks[cluster / 64].map { UInt64($0[Int(cluster % 64)]) } ?? 0 }

    /// The referenced clusters, in order.
    var clusters: [UInt64] {
        chunks.keys.sorted().flatMap { key in
            chunks[key]!.indices.filter { chunks[key]![$0] != 0 }.map { key * 64 + UInt64($0) }
        }
    }
}
