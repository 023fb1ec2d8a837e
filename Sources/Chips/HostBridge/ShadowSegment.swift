/// A part of 0xC0000 to 0xFFFFF that the host bridge's PAM registers switch between the ROM behind it and RAM.
public struct ShadowSegment: Hashable, Sendable {
    public var address: UInt64
    public var byteCount: UInt64
    /// Reads go to RAM; otherwise to the ROM that lies there, or to nothing.
    public var readsRAM: Bool
    /// Writes go to RAM; otherwise they are lost.
    public var writesRAM: Bool

    /// Where a segment's two bits are.
    struct Place {
        var address: UInt64
        var byteCount: UInt64
        /// From PAM0.
        var register: Int
        var shift: UInt8
    }

    /// The segments of PAM0 to PAM6 (82G33 MCH data sheet, 5.1.16 to 5.1.22).
    static let all: [Place] = {
        var places = [Place(address: 0xf0000, byteCount: 0x10000, register: 0, shift: 4)]
        for index in 0..<12 {
            let address = 0xc0000 + UInt64(index) * 0x4000
            let shift = UInt8(index % 2 * 4)
            places.append(Place(address: address, byteCount: 0x4000, register: 1 + index / 2, shift: shift))
        }
        return places
    }()
}
