// Packets that controllers were asked about, back from there (`NXT_RESUME`).

extension Datapath {
    /// Lets a packet go on where its packet-in stopped it.
    /// - Parameters:
    ///   - continuation: of the packet-in.
    ///   - frame, fields: the packet and its pipeline fields as the controller gives them back.
    /// - Returns: whether the continuation was known; otherwise nothing happens.
    @discardableResult
    public func resume(bridge: Int32, continuation: UInt64, frame: [UInt8], fields: Match, now: UInt64) -> Bool {
        guard frame.count >= 14 else { return false }
        guard let packet = frame.withUnsafeBytes({ pool.allocate(copying: $0) }) else {
            noteMemoryDrop()
            return true
        }
        return perform(continuation: continuation, packet, fields: fields, now: now)
    }
}
