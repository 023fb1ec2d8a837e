/// What the transmitter remembers from descriptor to descriptor.
struct E1000Transmission {
    /// Bytes of the frame that is being put together.
    var byteCount = 0
    /// The frame is longer than can be sent: it is dropped at its end.
    var isTooLong = false
    /// The frame waits for room at the port; its last descriptor is the one at the head.
    var isBlocked = false
    /// Options of the frame's first data descriptor (3.3.7.2): IP checksum, TCP or UDP checksum, segmentation.
    var insertsIPChecksum = false
    var insertsChecksum = false
    var segments = false
    /// Offload of a legacy descriptor: where the checksum starts, and where it is put.
    var legacyChecksum: (start: Int, place: Int)?
    /// The tag to insert.
    var vlanTag: UInt16?

    /// The newest context descriptors: for segmentation, and for all else.
    var segmentationContext = Context()
    var checksumContext = Context()

    /// A context descriptor (3.3.6).
    struct Context {
        var ipStart = 0
        var ipPlace = 0
        /// The last byte; 0 for the end of the frame.
        var ipEnd = 0
        var start = 0
        var place = 0
        var end = 0
        var headerLength = 0
        var segmentSize = 0
        var isTCP = false
        var isIPv4 = false

        init() {}

        init(low: UInt64, high: UInt64) {
            ipStart = Int(low & 0xff)
            ipPlace = Int(low >> 8 & 0xff)
            ipEnd = Int(low >> 16 & 0xffff)
            start = Int(low >> 32 & 0xff)
            place = Int(low >> 40 & 0xff)
            end = Int(low >> 48)
            isTCP = high & 1 << 24 != 0
            isIPv4 = high & 1 << 25 != 0
            headerLength = Int(high >> 40 & 0xff)
            segmentSize = Int(high >> 48)
        }
    }

    /// The frame is gone; contexts stay.
    mutating func endFrame() {
        let contexts = (segmentationContext, checksumContext)
        self = E1000Transmission()
        (segmentationContext, checksumContext) = contexts
    }
}
