/// What stands before each frame (virtio 1.2, clause 5.1.6): 12 bytes, little-endian.
enum NetworkHeader {
    static let byteCount = 12
    /// Where the number of merged buffers is.
    static let bufferCount = 10
    /// The longest frame with its header: a segment of 64 KiB, Ethernet and two VLAN tags.
    static let longestFrame = 65536 + 14 + 8 + byteCount

    static let needsChecksum: UInt8 = 1
    static let isValid: UInt8 = 2

    /// Kinds of segments; bit 7 is for ECN.
    static let tcp4: UInt8 = 1
    static let udp: UInt8 = 3
    static let tcp6: UInt8 = 4
    static let udpL4: UInt8 = 5
    static let ecn: UInt8 = 0x80

    /// Whether frames with these flags and of this kind may go to the one whose features these are.
    ///
    /// - Parameters:
    ///   - checksum: the feature that lets unfinished checksums pass; and so on for kinds of segments.
    static func isAllowed(flags: UInt8, kind: UInt8, _ features: UInt64, _ needed: Needed) -> Bool {
        if flags & needsChecksum != 0, features & needed.checksum == 0 { return false }
        if kind & ecn != 0, features & needed.ecn == 0 { return false }
        switch kind & ~ecn {
        case 0: return true
        case tcp4: return features & needed.tcp4 != 0
        case tcp6: return features & needed.tcp6 != 0
        case udp: return features & needed.ufo != 0
        case udpL4: return features & needed.uso != 0
        default: return false
        }
    }

    struct Needed {
        var checksum, tcp4, tcp6, ecn, ufo, uso: UInt64
    }

    static let fromGuest = Needed(
        checksum: NetworkFeature.checksum, tcp4: NetworkFeature.hostTSO4, tcp6: NetworkFeature.hostTSO6,
        ecn: NetworkFeature.hostECN, ufo: NetworkFeature.hostUFO, uso: NetworkFeature.hostUSO)
    static let toGuest = Needed(
        checksum: NetworkFeature.guestChecksum, tcp4: NetworkFeature.guestTSO4, tcp6: NetworkFeature.guestTSO6,
        ecn: NetworkFeature.guestECN, ufo: NetworkFeature.guestUFO,
        uso: NetworkFeature.guestUSO4 | NetworkFeature.guestUSO6)
}
