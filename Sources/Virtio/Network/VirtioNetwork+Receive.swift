import Board

extension VirtioNetwork {
    /// Takes frames from the port into the guest's buffers, until one of both has no more.
    func receiveFrames() {
        guard let session, !session.isOver else { return }
        var touched: UInt64 = 0
        defer {
            for pair in 0..<pairCount where touched & (1 << UInt64(pair)) != 0 { session.publish(2 * pair) }
        }
        while !session.isOver {
            if waitingByteCount == 0 {
                waitingByteCount = port.receive(into: frame)
                if waitingByteCount == 0 { return }
                guard isWanted else {
                    waitingByteCount = 0
                    continue
                }
            }
            let bytes = UnsafeMutableRawBufferPointer(rebasing: frame[..<waitingByteCount])
            let pair =
                activePairCount == 1
                ? 0
                : steering.pair(
                    UnsafeRawBufferPointer(rebasing: bytes[NetworkHeader.byteCount...]), of: activePairCount)
            guard let queue = session.queue(2 * pair) else {
                waitingByteCount = 0
                drops.noBuffer += 1
                continue
            }
            do throws(VirtqueueError) {
                switch try deliver(bytes, to: queue, session) {
                case .delivered:
                    touched |= 1 << UInt64(pair)
                    receivedCount &+= 1
                    waitingByteCount = 0
                case .tooLarge:
                    drops.noBuffer += 1
                    waitingByteCount = 0
                case .noBuffer:
                    // A driver that adds buffers meanwhile may not notify: look once more.
                    if queue.enableNotifications(), try hasRoomNow(queue) { continue }
                    // With several pairs a frame must not wait for one queue and stop the others.
                    if activePairCount == 1 { return }
                    drops.noBuffer += 1
                    waitingByteCount = 0
                }
            } catch {
                session.publish(2 * pair)
                session.fail(error)
                return
            }
        }
    }

    /// More is available than the last attempt has seen, so that it is worth another.
    private func hasRoomNow(_ queue: Virtqueue) throws(VirtqueueError) -> Bool {
        let waiting = queue.waitingCount
        guard waiting <= Int(queue.size) else { throw .tooManyAvailable(UInt16(truncatingIfNeeded: waiting)) }
        return waiting > lastSeenBufferCount
    }

    /// The frame in `frame` is for this guest, and it can take it as it is.
    private var isWanted: Bool {
        guard isLinkUp else {
            drops.linkDown += 1
            return false
        }
        guard waitingByteCount >= NetworkHeader.byteCount + 14,
            filter.accepts(UnsafeRawBufferPointer(rebasing: frame[NetworkHeader.byteCount..<waitingByteCount]))
        else {
            drops.filtered += 1
            return false
        }
        frame[0] &= NetworkHeader.needsChecksum | NetworkHeader.isValid
        if guestOffloads & NetworkFeature.guestChecksum == 0 { frame[0] &= ~NetworkHeader.isValid }
        guard NetworkHeader.isAllowed(flags: frame[0], kind: frame[1], guestOffloads, NetworkHeader.toGuest) else {
            drops.offloadReceived += 1
            return false
        }
        return true
    }

    private enum Delivery {
        case delivered, noBuffer, tooLarge
    }

    /// Copies a frame to the next buffers of a queue: one, or as many as it takes where the driver merges them.
    private func deliver(
        _ bytes: UnsafeMutableRawBufferPointer, to queue: Virtqueue, _ session: VirtioSession
    ) throws(VirtqueueError) -> Delivery {
        let merges = session.has(NetworkFeature.mergeableBuffers)
        var done = 0
        var bufferCount = 0
        // Where the two bytes are that say how many buffers it took.
        var countPlaces: (GuestSegment?, GuestSegment?) = (nil, nil)
        bytes[NetworkHeader.bufferCount] = 1
        bytes[NetworkHeader.bufferCount + 1] = 0
        while done < bytes.count {
            lastSeenBufferCount = queue.waitingCount + bufferCount
            guard let chain = try queue.next() else {
                queue.undo(bufferCount)
                return .noBuffer
            }
            let room = chain.writableByteCount
            guard room >= (bufferCount == 0 ? NetworkHeader.byteCount : 1) else {
                throw .badRequest("a receive buffer of \(room) bytes")
            }
            if !merges, room < bytes.count {
                queue.putBack()
                return .tooLarge
            }
            if bufferCount == 0 {
                countPlaces = (
                    chain.writablePlace(NetworkHeader.bufferCount), chain.writablePlace(NetworkHeader.bufferCount + 1)
                )
            }
            let written = chain.write(UnsafeRawBufferPointer(rebasing: bytes[done...]))
            queue.giveBack(chain.head, written: written)
            done += written
            bufferCount += 1
        }
        if bufferCount > 1, let low = countPlaces.0, let high = countPlaces.1 {
            low.host.storeBytes(of: UInt8(truncatingIfNeeded: bufferCount), as: UInt8.self)
            high.host.storeBytes(of: UInt8(truncatingIfNeeded: bufferCount >> 8), as: UInt8.self)
        }
        return .delivered
    }
}
