/// The script by which firmware puts tables where it likes and links them (file "etc/table-loader"; SeaBIOS's
/// src/fw/romfile_loader.h): commands of 128 bytes, little-endian.
public struct TableLoader {
    public static let fileName = "etc/table-loader"
    /// The script so far: the content of the file.
    public private(set) var bytes: [UInt8] = []

    /// Where firmware allocates a file.
    public enum Zone: UInt8, Sendable {
        /// High memory, reserved.
        case high = 1
        /// 0xF0000 to 0xFFFFF: where systems look for a root pointer.
        case lowest = 2
    }

    public init() {}

    /// Loads `file` into memory, aligned to a power of two. Once for each file, before it is named otherwise.
    public mutating func allocate(_ file: String, alignment: UInt32, zone: Zone) {
        append(1, name(file) + little(alignment) + [zone.rawValue])
    }

    /// Adds the address of `target` to the integer of `byteCount` bytes at `offset` in `file`.
    public mutating func addPointer(in file: String, at offset: UInt32, byteCount: UInt8, to target: String) {
        append(2, name(file) + name(target) + little(offset) + [byteCount])
    }

    /// Makes the bytes of `range` in `file` sum up to zero, by the byte at `offset`, which is zero before.
    public mutating func addChecksum(in file: String, at offset: UInt32, of range: Range<UInt32>) {
        append(3, name(file) + little(offset) + little(range.lowerBound) + little(UInt32(range.count)))
    }

    private mutating func append(_ command: UInt32, _ content: [UInt8]) {
        bytes += little(command) + content + [UInt8](repeating: 0, count: 124 - content.count)
    }

    private func name(_ file: String) -> [UInt8] {
        precondition(file.utf8.count < 56)
        return Array(file.utf8) + [UInt8](repeating: 0, count: 56 - file.utf8.count)
    }

    private func little(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
}
