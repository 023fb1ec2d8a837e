import Board
import DiskImage
import Driver

// A qcow2 image with any bytes in it: opened, read, written, discarded, checked, repaired. Errors are fine; traps, endless loops
// and memory without bound are not, and neither is a disk that reads other bytes than those just written.
//
// The first 32 bytes of the input are operations, the rest is the file.

/// `main` is an alias of this.
@_cdecl("QCOW2_main")
public func qcow2Main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

private let operationBytes = 32

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    if size < operationBytes { return 0 }
    let input = UnsafeBufferPointer(start: data, count: size)
    let operations = Array(input[..<operationBytes])
    let bytes = Array(input[operationBytes...])
    exercise(bytes, operations, isReadOnly: true)
    exercise(bytes, operations, isReadOnly: false)
    return 0
}

private func exercise(_ bytes: [UInt8], _ operations: [UInt8], isReadOnly: Bool) {
    let file = HostileFile(bytes, isReadOnly: isReadOnly)
    guard let image = try? QCOW2Image(file, cacheByteCount: 0) else { return }
    let size = image.byteCount
    if size == 0 { return }
    var buffer = [UInt8](repeating: 0, count: 5000)
    for index in stride(from: 0, to: operationBytes, by: 4) {
        let place = UInt64(operations[index + 1]) << 8 | UInt64(operations[index + 2])
        // Near the start of the disk, or anywhere on it.
        let offset = (operations[index] & 0x80 != 0 ? place &* (size >> 16) : place) % size
        let count = Int(min(size - offset, UInt64(operations[index + 3]) * 19 + 1))
        switch operations[index] & 7 {
        case 0, 1:
            buffer.withUnsafeMutableBytes {
                _ = try? image.read(at: offset, into: [UnsafeMutableRawBufferPointer(rebasing: $0[..<count])])
            }
        case 2, 3, 4:
            let value = UInt8(index + 1)
            let written = [UInt8](repeating: value, count: count)
            let isWritten: Void? = written.withUnsafeBytes { try? image.write(at: offset, from: [$0]) }
            if isWritten != nil {
                let isRead: Void? = buffer.withUnsafeMutableBytes {
                    try? image.read(at: offset, into: [UnsafeMutableRawBufferPointer(rebasing: $0[..<count])])
                }
                // Two clusters of the disk may be one of the file in such an image: only one cluster is looked at.
                if isRead != nil && count <= 512 - Int(offset % 512) {
                    precondition(buffer[..<count].allSatisfy { $0 == value }, "other bytes than those written")
                }
            }
        case 5: try? image.discard(at: offset, byteCount: UInt64(count) * 7 % (size - offset + 1), mustZero: true)
        case 6: try? image.flush()
        default: _ = try? image.extent(at: offset)
        }
    }
    _ = try? image.check(repair: !isReadOnly)
    if !isReadOnly { try? image.resize(to: size / 512 * 512 + UInt64(operations[0]) * 512) }
}
