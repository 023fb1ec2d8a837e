import Wire

// Packets through meters.

extension Datapath {
    /// Holds a packet against a meter, and does what the band says that acts on it.
    /// - Returns: whether the packet goes on; false: it has been given back.
    func admit(meter number: Int32, _ state: inout Performance, now: UInt64) -> Bool {
        let size = WireSize(of: state.packet)
        switch meters.pass(number, packets: size.packets, bytes: size.bytes, now: now) {
        case nil: return true
        case .drop?:
            discard(state.packet, .meter)
            return false
        case .remarkDSCP(let precedence)?:
            let layout = extract(
                frame: UnsafeRawBufferPointer(state.packet.bytes), inPort: 0, into: scratch)
            guard scratch.pointee.isIP else { return true }
            let before = UInt8(truncatingIfNeeded: scratch.pointee.value(.ipToS))
            let after = Self.remarked(before, by: precedence)
            guard after != before else { return true }
            guard own(&state.packet) else { return false }
            state.layout = layout
            PacketEditing.set(.ipToS, FieldValue(after), in: state.packet, &state.layout)
            return true
        }
    }
}
