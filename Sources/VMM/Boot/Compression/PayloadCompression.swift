import Linux

/// How a kernel is packed in its bzImage. The last four bytes of the payload are the size unpacked, whatever the format.
enum PayloadCompression: String {
    case none, lz4, gzip, xz, lzma, zstd

    /// The format by its first bytes; nil: another one (bzip2, LZO).
    init?(_ bytes: [UInt8], _ payload: Range<Int>) {
        let magic = Array(bytes[payload].prefix(6))
        if magic.starts(with: [0x02, 0x21, 0x4c, 0x18]) {
            self = .lz4
        } else if magic.starts(with: [0x1f, 0x8b, 0x08]) {
            self = .gzip
        } else if magic.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) {
            self = .xz
        } else if magic.starts(with: [0x5d, 0x00, 0x00]) {
            self = .lzma
        } else if magic.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
            self = .zstd
        } else if magic.starts(with: [0x7f, 0x45, 0x4c, 0x46]) {
            self = .none
        } else {
            return nil
        }
    }

    /// The largest kernel that anybody has built is far smaller; a size above is a corrupt one.
    static let sizeLimit = 512 << 20

    func unpack(_ image: ImageBytes, _ payload: Range<Int>) throws(BootError) -> [UInt8] {
        if self == .none { return Array(image.bytes[payload]) }
        let packed = payload.lowerBound..<payload.upperBound - 4
        guard let size: UInt32 = image.load(at: packed.upperBound), size > 0, size <= Self.sizeLimit else {
            throw BootError(image.name, "it claims an absurd size of its kernel: the file is corrupt")
        }
        var failure: String?
        let unpacked = [UInt8](unsafeUninitializedCapacity: Int(size)) { output, count in
            image.bytes.withUnsafeBytes { bytes in
                let input = UnsafeRawBufferPointer(rebasing: bytes[packed])
                do throws(DecompressionError) {
                    let target = UnsafeMutableRawBufferPointer(output)
                    count =
                        switch self {
                        case .none: 0
                        case .lz4: try LZ4.unpackLegacy(input, into: target)
                        case .gzip: try StreamLibrary.inflate(.gzip, input, into: target)
                        case .xz, .lzma: try StreamLibrary.unpackLZMA(input, into: target)
                        case .zstd: try StreamLibrary.unpackZstd(input, into: target)
                        }
                } catch { failure = error.description }
            }
        }
        if let failure { throw BootError(image.name, "its kernel (\(rawValue)) cannot be unpacked: \(failure)") }
        guard unpacked.count == Int(size) else {
            throw BootError(
                image.name,
                "its kernel (\(rawValue)) unpacks to \(unpacked.count) bytes instead of \(size): the file is corrupt")
        }
        return unpacked
    }
}
