import Switch

extension Poller {
    /// Cuts a super-packet for a device that does not take it whole, and gives the packet back.
    func segments(of packet: PacketRef, _ body: (PacketRef) -> Void) {
        defer { datapath.pool.release(packet) }
        guard var segmenter = try? Segmenter(packet) else { return datapath.noteDeviceDrop() }
        while !segmenter.isFinished {
            guard let segment = segmenter.next(from: &datapath.pool) else { return datapath.noteDeviceDrop() }
            body(segment)
        }
    }
}
