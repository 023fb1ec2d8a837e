import Board

extension VirtioNetwork {
    /// Sends what waits in a queue, until the port has no more room.
    func send(_ index: Int) {
        guard let session else { return }
        waitingSenders.remove(index)
        // The header is copied and checked; with it what names the flow.
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { head in
            session.drain(index) { queue, chain in
                let headCount = chain.read(into: head)
                if let buffers = checked(chain, UnsafeMutableRawBufferPointer(rebasing: head[..<headCount]), session) {
                    guard port.send(buffers) else {
                        waitingSenders.insert(index)
                        return false
                    }
                    sentCount &+= 1
                    if activePairCount > 1 {
                        steering.sent(
                            UnsafeRawBufferPointer(rebasing: head[NetworkHeader.byteCount..<headCount]),
                            from: index / 2)
                    }
                }
                queue.giveBack(chain.head, written: 0)
                return true
            }
        }
    }

    /// The frame's parts with the copied header; nil: dropped and counted.
    private func checked(
        _ chain: DescriptorChain, _ head: UnsafeMutableRawBufferPointer, _ session: VirtioSession
    ) -> [UnsafeRawBufferPointer]? {
        let byteCount = chain.readableByteCount
        guard head.count >= NetworkHeader.byteCount + 14, byteCount <= NetworkHeader.longestFrame else {
            drops.malformedSent += 1
            return nil
        }
        guard isLinkUp else {
            drops.linkDown += 1
            return nil
        }
        head[0] &= NetworkHeader.needsChecksum
        guard NetworkHeader.isAllowed(flags: head[0], kind: head[1], session.features, NetworkHeader.fromGuest) else {
            drops.offloadSent += 1
            return nil
        }
        // The number of buffers is the receiver's to say.
        head[NetworkHeader.bufferCount] = 0
        head[NetworkHeader.bufferCount + 1] = 0
        var buffers = chain.readableBuffers(from: NetworkHeader.byteCount)
        buffers.insert(
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(head)[..<NetworkHeader.byteCount]), at: 0)
        return buffers
    }

    /// The port has room again.
    func sendAgain() {
        for index in waitingSenders.sorted() where waitingSenders.contains(index) { send(index) }
    }
}
