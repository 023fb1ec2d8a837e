import Board

/// Where the interrupt of an input goes (82093AA data sheet, section 3.2.4).
struct RedirectionEntry {
    /// Masked after reset.
    private(set) var bits: UInt64 = 1 << 16

    /// Delivery status and remote IRR are the chip's, the others the guest's.
    private static let writable: UInt32 = 0x1afff

    var vector: UInt8 { UInt8(truncatingIfNeeded: bits) }
    var isMasked: Bool { bits & 1 << 16 != 0 }
    var isLevelTriggered: Bool { bits & 1 << 15 != 0 }
    /// A local APIC has the interrupt and has not ended it yet.
    var isRemoteIRR: Bool {
        get { bits & 1 << 14 != 0 }
        set { if newValue { bits |= 1 << 14 } else { bits &= ~(1 << 14) } }
    }

    mutating func set(half: UInt8, _ value: UInt32) {
        if half == 0 {
            bits = bits & ~UInt64(Self.writable) | UInt64(value & Self.writable)
            // Linux clears a stuck remote IRR by making the entry edge-triggered for a moment.
            if !isLevelTriggered { isRemoteIRR = false }
        } else {
            bits = bits & 0xffff_ffff | UInt64(value & 0xff00_0000) << 32
        }
    }

    /// As a message to the local APICs (SDM volume 3, 11.11): destination and its mode in the address, vector,
    /// delivery mode and trigger in the data.
    var message: MessageSignalledInterrupt {
        let destination = bits >> 56
        let isLogical = bits >> 11 & 1
        let deliveryMode = UInt32(truncatingIfNeeded: bits >> 8 & 7)
        var data = UInt32(vector) | deliveryMode << 8
        if isLevelTriggered { data |= 1 << 15 | 1 << 14 }
        // Lowest priority wants the redirection hint.
        let hint: UInt64 = deliveryMode == 1 ? 1 << 3 : 0
        return MessageSignalledInterrupt(address: 0xfee0_0000 | destination << 12 | hint | isLogical << 2, data: data)
    }
}
