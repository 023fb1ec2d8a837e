import Switch

// OpenFlow 1.0 numbers ports with 16 bits; the reserved ones are the last 256 there and here.

extension PortNumber {
    @inline(__always)
    static func fromShort(_ number: UInt16) -> UInt32 {
        number >= 0xff00 ? 0xffff_0000 | UInt32(number) : UInt32(number)
    }

    /// A port that has no number with 16 bits becomes `any`.
    @inline(__always)
    static func short(_ number: UInt32) -> UInt16 {
        number < 0xff00 || number >= maximum ? UInt16(truncatingIfNeeded: number) : 0xffff
    }
}

extension WireReader {
    /// A port's number: 16 bits in OpenFlow 1.0, 32 from then on.
    @inline(__always)
    mutating func port(_ version: OpenFlowVersion) throws(OpenFlowError) -> UInt32 {
        version == .v10 ? PortNumber.fromShort(try uint16()) : try uint32()
    }

    /// Seconds and nanoseconds, as nanoseconds.
    mutating func duration() throws(OpenFlowError) -> UInt64 {
        let seconds = UInt64(try uint32())
        return seconds * 1_000_000_000 + UInt64(try uint32())
    }

    /// A duration in nanoseconds; all ones: it is not known.
    mutating func knownDuration() throws(OpenFlowError) -> UInt64? {
        guard peek32() == .max, peek32(at: 4) == .max else { return try duration() }
        try skip(8)
        return nil
    }
}

extension WireWriter {
    @inline(__always)
    mutating func port(_ number: UInt32, _ version: OpenFlowVersion) {
        if version == .v10 { uint16(PortNumber.short(number)) } else { uint32(number) }
    }

    /// Nanoseconds, as seconds and nanoseconds.
    mutating func duration(_ nanoseconds: UInt64?) {
        guard let nanoseconds else { return uint64(.max) }
        uint32(UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000))
        uint32(UInt32(nanoseconds % 1_000_000_000))
    }
}
