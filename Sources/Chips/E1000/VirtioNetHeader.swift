/// The header that frames of a `NetworkPort` start with (virtio 1.2, 5.1.6): 12 bytes, little-endian.
struct VirtioNetHeader: Equatable {
    static let byteCount = 12

    /// What `NetworkPort.setOffloads` takes (TUN_F_… of the kernel's if_tun.h).
    enum Offload {
        static let checksum: UInt32 = 1
    }

    enum Segmentation: UInt8 {
        case none = 0
        case tcp4 = 1
        case tcp6 = 4
    }

    /// The checksum is to be finished: from `checksumStart` to the end, its place `checksumOffset` behind that.
    var needsChecksum = false
    /// Somebody has checked it.
    var isValid = false
    var segmentation = Segmentation.none
    /// Ethernet, IP and TCP headers together.
    var headerLength: UInt16 = 0
    var segmentSize: UInt16 = 0
    var checksumStart: UInt16 = 0
    var checksumOffset: UInt16 = 0

    init() {}

    /// nil where it asks for segmentation that is not known here.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let word = { (offset: Int) in UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 }
        needsChecksum = bytes[0] & 1 != 0
        isValid = bytes[0] & 2 != 0
        guard let segmentation = Segmentation(rawValue: bytes[1] & 0x7f) else { return nil }
        self.segmentation = segmentation
        headerLength = word(2)
        segmentSize = word(4)
        checksumStart = word(6)
        checksumOffset = word(8)
    }

    func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes[0] = (needsChecksum ? 1 : 0) | (isValid ? 2 : 0)
        bytes[1] = segmentation.rawValue
        for (offset, word) in [(2, headerLength), (4, segmentSize), (6, checksumStart), (8, checksumOffset), (10, 0)] {
            bytes[offset] = UInt8(truncatingIfNeeded: word)
            bytes[offset + 1] = UInt8(word >> 8)
        }
    }
}
