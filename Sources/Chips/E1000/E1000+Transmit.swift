import Board
import Wire

// Transmission (3.3 and 3.4): descriptors from head to tail, legacy, context and data.
extension E1000 {
    /// Bits of the command byte of a descriptor.
    private enum Command {
        static let endOfPacket: UInt64 = 1 << 24
        static let insertChecksum: UInt64 = 1 << 26  // Legacy.
        static let segments: UInt64 = 1 << 26  // Data and context.
        static let reportStatus: UInt64 = 1 << 27
        static let isExtended: UInt64 = 1 << 29
        static let insertTag: UInt64 = 1 << 30
    }

    func sendFrames() {
        guard self[Register.transmitControl] & 2 != 0, function.isBusMaster else { return }
        let count = self[Register.transmitLength] / 16
        guard count > 0 else { return }
        let base = UInt64(self[Register.transmitBaseHigh]) << 32 | UInt64(self[Register.transmitBase])
        var causes: Interrupt = []
        // Once around the ring is as much as there can be.
        for _ in 0..<count {
            if self[Register.transmitHead] >= count { self[Register.transmitHead] = 0 }
            let head = self[Register.transmitHead]
            guard head != self[Register.transmitTail] else { break }
            let address = base &+ 16 &* UInt64(head)
            guard let low = try? memory.load(UInt64.self, at: address),
                let high = try? memory.load(UInt64.self, at: address &+ 8)
            else { break }
            guard handle(low, high) else { break }
            if high & Command.reportStatus != 0 {
                // Descriptor done.
                try? memory.store(UInt8(truncatingIfNeeded: high >> 32) | 1, at: address &+ 12)
                causes.insert(.transmitWrittenBack)
            }
            self[Register.transmitHead] = head + 1 == count ? 0 : head + 1
        }
        if self[Register.transmitHead] == self[Register.transmitTail] { causes.insert(.transmitQueueEmpty) }
        if !causes.isEmpty { raise(causes) }
    }

    /// - Returns: false when the frame that ends here waits for room at the port.
    private func handle(_ low: UInt64, _ high: UInt64) -> Bool {
        if !transmit.isBlocked {
            let isExtended = high & Command.isExtended != 0
            if isExtended, high >> 20 & 15 == 0 {
                let context = E1000Transmission.Context(low: low, high: high)
                if high & Command.segments != 0 {
                    transmit.segmentationContext = context
                } else {
                    transmit.checksumContext = context
                }
                return true
            }
            gather(low, high, isExtended: isExtended)
        }
        guard high & Command.endOfPacket != 0 else { return true }
        return sendFrame()
    }

    /// Copies the data of a descriptor behind what is there already.
    private func gather(_ low: UInt64, _ high: UInt64, isExtended: Bool) {
        let count = Int(high & (isExtended ? 0xf_ffff : 0xffff))
        if transmit.byteCount == 0 {
            if isExtended {
                transmit.insertsIPChecksum = high >> 40 & 1 != 0
                transmit.insertsChecksum = high >> 41 & 1 != 0
                transmit.segments = high & Command.segments != 0
            } else if high & Command.insertChecksum != 0 {
                transmit.legacyChecksum = (Int(high >> 40 & 0xff), Int(high >> 16 & 0xff))
            }
        }
        if high & Command.insertTag != 0, self[Register.control] & Control.vlanMode != 0 {
            transmit.vlanTag = UInt16(truncatingIfNeeded: high >> 48)
        }
        guard count > 0 else { return }
        let start = VirtioNetHeader.byteCount + transmit.byteCount
        guard !transmit.isTooLong, transmit.byteCount + count <= Self.longestSent,
            (try? memory.read(
                at: low, into: UnsafeMutableRawBufferPointer(rebasing: transmitBuffer[start..<start + count]))) != nil
        else {
            transmit.isTooLong = true
            return
        }
        transmit.byteCount += count
    }

    /// Sends what was gathered.
    /// - Returns: false when there is no room; it is tried again later.
    private func sendFrame() -> Bool {
        // What is shorter than an Ethernet header, or longer than can be, is lost.
        guard !transmit.isTooLong, transmit.byteCount >= 14 else {
            transmit.endFrame()
            return true
        }
        if !transmit.isBlocked { finishFrame() }
        let byteCount = transmit.byteCount
        let frame = UnsafeRawBufferPointer(
            rebasing: transmitBuffer[..<(VirtioNetHeader.byteCount + byteCount)])
        if isLinkUp {
            guard port.send([frame]) else {
                transmit.isBlocked = true
                return false
            }
        }
        countSent(UnsafeRawBufferPointer(rebasing: frame[VirtioNetHeader.byteCount...]))
        transmit.endFrame()
        return true
    }

    /// Checksums, lengths, the tag, and the header that says what is left to do.
    private func finishFrame() {
        var header = VirtioNetHeader()
        let frame = UnsafeMutableRawBufferPointer(
            rebasing: transmitBuffer[VirtioNetHeader.byteCount..<(VirtioNetHeader.byteCount + transmit.byteCount)])
        if transmit.segments {
            segment(frame, &header)
        } else {
            let context = transmit.checksumContext
            if transmit.insertsIPChecksum {
                insertChecksum(frame, start: context.ipStart, end: context.ipEnd, place: context.ipPlace)
            }
            if transmit.insertsChecksum {
                offerChecksum(frame, start: context.start, end: context.end, place: context.place, &header)
            }
            if let (start, place) = transmit.legacyChecksum {
                offerChecksum(frame, start: start, end: 0, place: place, &header)
            }
        }
        if let tag = transmit.vlanTag { insertTag(tag, &header) }
        header.write(to: transmitBuffer)
    }

    /// The checksum from `start` to byte `end` (0: the last one) goes to `place`.
    private func insertChecksum(_ frame: UnsafeMutableRawBufferPointer, start: Int, end: Int, place: Int) {
        guard start < frame.count, place + 2 <= frame.count else { return }
        // The field itself does not count in the IP header's.
        frame[place] = 0
        frame[place + 1] = 0
        InternetChecksum.finish(
            frame, start: start, end: end == 0 ? frame.count : min(end + 1, frame.count), place: place)
    }

    /// Leaves the checksum to whoever takes the frame where the header can say so, and finishes it here otherwise.
    private func offerChecksum(
        _ frame: UnsafeMutableRawBufferPointer, start: Int, end: Int, place: Int, _ header: inout VirtioNetHeader
    ) {
        guard start < frame.count, place + 2 <= frame.count else { return }
        if place >= start, end == 0 || end + 1 >= frame.count {
            header.needsChecksum = true
            header.checksumStart = UInt16(start)
            header.checksumOffset = UInt16(place - start)
        } else {
            InternetChecksum.finish(
                frame, start: start, end: end == 0 ? frame.count : min(end + 1, frame.count), place: place)
        }
    }

    /// TCP segmentation (3.5): the frame stays whole; lengths and checksums are those of the whole.
    private func segment(_ frame: UnsafeMutableRawBufferPointer, _ header: inout VirtioNetHeader) {
        let context = transmit.segmentationContext
        let ip = context.ipStart
        guard context.segmentSize > 0, context.headerLength < frame.count, context.start >= ip + 20,
            context.start + 20 <= frame.count, context.place >= context.start, context.place + 2 <= frame.count
        else { return }
        let store = { (value: Int, offset: Int) in
            frame[offset] = UInt8(truncatingIfNeeded: value >> 8)
            frame[offset + 1] = UInt8(truncatingIfNeeded: value)
        }
        if context.isIPv4 {
            store(min(frame.count - ip, 0xffff), ip + 2)
            if transmit.insertsIPChecksum {
                insertChecksum(frame, start: ip, end: context.ipEnd, place: context.ipPlace)
            }
        } else {
            guard context.start >= ip + 40 else { return }
            store(min(frame.count - ip - 40, 0xffff), ip + 4)
        }
        // The driver's pseudo-header has no length; one that is sent on has the whole's.
        let place = context.place
        var sum = InternetChecksum(continuing: UInt16(frame[place]) << 8 | UInt16(frame[place + 1]))
        sum.add(UInt32(frame.count - context.start))
        store(Int(sum.folded), place)
        header.needsChecksum = true
        header.checksumStart = UInt16(context.start)
        header.checksumOffset = UInt16(place - context.start)
        guard context.isTCP, frame.count - context.headerLength > context.segmentSize else { return }
        header.segmentation = context.isIPv4 ? .tcp4 : .tcp6
        header.headerLength = UInt16(context.headerLength)
        header.segmentSize = UInt16(context.segmentSize)
        count(0x40f8)
    }

    /// A tag behind the addresses (3.3.5): the rest moves by four bytes.
    private func insertTag(_ tag: UInt16, _ header: inout VirtioNetHeader) {
        let first = VirtioNetHeader.byteCount + 12
        let rest = transmit.byteCount - 12
        let source = transmitBuffer.baseAddress! + first
        (source + 4).copyMemory(from: source, byteCount: rest)
        let type = UInt16(truncatingIfNeeded: self[Register.vlanType])
        for (index, byte) in [UInt8(type >> 8), UInt8(truncatingIfNeeded: type), UInt8(tag >> 8), UInt8(tag & 0xff)]
            .enumerated()
        {
            transmitBuffer[first + index] = byte
        }
        transmit.byteCount += 4
        if header.needsChecksum { header.checksumStart += 4 }
        if header.segmentation != .none { header.headerLength += 4 }
    }

    private func countSent(_ frame: UnsafeRawBufferPointer) {
        let byteCount = frame.count + 4
        count(0x4080)
        count(0x40d4)
        count64(0x4090, byteCount)
        count64(0x40c8, byteCount)
        count(0x40d8 + 4 * sizeClass(byteCount))
        if frame[0] & 1 != 0 { count(frame.prefix(6).allSatisfy { $0 == 0xff } ? 0x40f4 : 0x40f0) }
    }
}
