import Board
import Wire

// Reception (3.2): filters, and descriptors from head to tail.
extension E1000 {
    /// RCTL.
    private enum ReceiveControl {
        static let enable: UInt32 = 1 << 1
        static let unicastPromiscuous: UInt32 = 1 << 3
        static let multicastPromiscuous: UInt32 = 1 << 4
        static let longPackets: UInt32 = 1 << 5
        static let broadcast: UInt32 = 1 << 15
        static let vlanFilter: UInt32 = 1 << 18
        static let stripsCRC: UInt32 = 1 << 26
    }

    /// Status bits of a descriptor (3.2.3.1).
    private enum Status {
        static let done: UInt8 = 0x01
        static let endOfPacket: UInt8 = 0x02
        static let ignoreChecksum: UInt8 = 0x04
        static let vlan: UInt8 = 0x08
        static let checksumChecked: UInt8 = 0x20
        static let ipChecksumChecked: UInt8 = 0x40
    }

    /// RCTL's buffer size.
    private var bufferSize: Int {
        let control = self[Register.receiveControl]
        let size = 2048 >> Int(control >> 16 & 3)
        // The extension multiplies by 16; 32768 is not to be chosen.
        return control & 1 << 25 != 0 && control >> 16 & 3 != 0 ? size * 16 : size
    }

    /// Descriptors that the guest has given, of a ring of `count`.
    private func freeDescriptors(of count: UInt32) -> Int {
        let (head, tail) = (self[Register.receiveHead], self[Register.receiveTail])
        guard head < count, tail < count else { return 0 }
        return Int(tail >= head ? tail - head : count - head + tail)
    }

    /// Takes frames from the port as long as there are descriptors. Without, they wait outside.
    func receiveFrames() {
        let count = self[Register.receiveLength] / 16
        var causes: Interrupt = []
        while self[Register.receiveControl] & ReceiveControl.enable != 0, isLinkUp, function.isBusMaster, count > 0 {
            // Room for the longest frame, or it would have to be dropped when it is here.
            let free = freeDescriptors(of: count)
            let isLong = self[Register.receiveControl] & ReceiveControl.longPackets != 0
            let needed = (isLong ? Self.longestReceived : 1522) / bufferSize + 1
            guard free > 0, free >= min(needed, Int(count) - 1) else { break }
            let size = port.receive(into: receiveBuffer)
            guard size > 0 else { break }
            guard size > VirtioNetHeader.byteCount + 14, size <= receiveBuffer.count else { continue }
            if deliver(size - VirtioNetHeader.byteCount, ring: count) { causes.insert(.receiveTimer) }
        }
        guard !causes.isEmpty else { return }
        // RCTL.RDMTS: the ring runs low at a half, a quarter or an eighth.
        let threshold = Int(count) >> (1 + Int(min(self[Register.receiveControl] >> 8 & 3, 2)))
        if freeDescriptors(of: count) <= threshold { causes.insert(.receiveLow) }
        raise(causes)
    }

    /// - Returns: whether it went into the guest's memory.
    private func deliver(_ byteCount: Int, ring count: UInt32) -> Bool {
        guard let header = VirtioNetHeader(UnsafeRawBufferPointer(receiveBuffer)), header.segmentation == .none else {
            return false
        }
        var frame = UnsafeMutableRawBufferPointer(
            rebasing: receiveBuffer[VirtioNetHeader.byteCount..<VirtioNetHeader.byteCount + byteCount])
        // A frame and its check sequence: 1518 bytes, four more with a tag.
        let isLong = self[Register.receiveControl] & ReceiveControl.longPackets != 0
        guard isLong || byteCount <= 1518 else {
            self.count(0x40ac)
            return false
        }
        guard isAccepted(UnsafeRawBufferPointer(frame)) else { return false }
        if header.needsChecksum {
            let start = Int(header.checksumStart)
            InternetChecksum.finish(
                frame, start: start, end: frame.count, place: start + Int(header.checksumOffset))
        }
        countReceived(UnsafeRawBufferPointer(frame))
        var status: UInt8 = 0
        var tag: UInt16 = 0
        if self[Register.control] & Control.vlanMode != 0, let found = vlanTag(of: UnsafeRawBufferPointer(frame)) {
            // The addresses move up to what follows the tag.
            tag = found
            status |= Status.vlan
            (frame.baseAddress! + 4).copyMemory(from: frame.baseAddress!, byteCount: 12)
            frame = UnsafeMutableRawBufferPointer(rebasing: frame[4...])
        }
        // Only what somebody has vouched for is called checked.
        let offload = self[Register.receiveChecksum]
        if offload & 0x200 != 0, header.needsChecksum || header.isValid {
            status |= Status.checksumChecked
            if offload & 0x100 != 0, isIPv4(UnsafeRawBufferPointer(frame)) { status |= Status.ipChecksumChecked }
        } else {
            status |= Status.ignoreChecksum
        }
        return write(UnsafeRawBufferPointer(frame), status: status, tag: tag, ring: count)
    }

    /// IPv4 with a header that is right.
    private func isIPv4(_ frame: UnsafeRawBufferPointer) -> Bool {
        guard frame.count >= 34, frame[12] == 0x08, frame[13] == 0x00, frame[14] >> 4 == 4 else { return false }
        let end = 14 + 4 * Int(frame[14] & 15)
        return end >= 34 && end <= frame.count
            && InternetChecksum.checksum(of: UnsafeRawBufferPointer(rebasing: frame[14..<end])) == 0
    }

    /// Writes the frame to as many buffers as it needs. Short frames are padded, as they are on a wire; the check sequence
    /// is zeros, for no driver looks at it.
    private func write(_ frame: UnsafeRawBufferPointer, status: UInt8, tag: UInt16, ring count: UInt32) -> Bool {
        let padded = max(frame.count, 60)
        let total = padded + (self[Register.receiveControl] & ReceiveControl.stripsCRC == 0 ? 4 : 0)
        let size = bufferSize
        guard freeDescriptors(of: count) >= (total + size - 1) / size else {
            self.count(0x4010)
            raise(.receiveOverrun)
            return false
        }
        let base = UInt64(self[Register.receiveBaseHigh]) << 32 | UInt64(self[Register.receiveBase])
        var position = 0
        while position < total {
            let head = self[Register.receiveHead]
            let descriptor = base &+ 16 &* UInt64(head)
            let part = min(size, total - position)
            guard let buffer = try? memory.load(UInt64.self, at: descriptor) else { return false }
            // A descriptor without a buffer takes nothing (3.2.3).
            if buffer != 0 {
                if position < frame.count {
                    try? memory.write(
                        UnsafeRawBufferPointer(rebasing: frame[position..<min(frame.count, position + part)]),
                        at: buffer)
                }
                if position + part > frame.count {
                    let zeros = [UInt8](repeating: 0, count: position + part - max(frame.count, position))
                    try? memory.write(zeros, at: buffer &+ UInt64(max(frame.count, position) - position))
                }
            }
            position += part
            let isLast = position == total
            // Length, checksum, status, errors, tag.
            let bits = Status.done | (isLast ? Status.endOfPacket | status : 0)
            let word = UInt64(part) | UInt64(bits) << 32 | UInt64(isLast ? tag : 0) << 48
            try? memory.store(word, at: descriptor &+ 8)
            self[Register.receiveHead] = head + 1 == count ? 0 : head + 1
        }
        return true
    }

    // MARK: Filters (3.2.1)

    private func isAccepted(_ frame: UnsafeRawBufferPointer) -> Bool {
        let control = self[Register.receiveControl]
        if control & ReceiveControl.vlanFilter != 0, let tag = vlanTag(of: frame) {
            let id = Int(tag & 0xfff)
            guard self[Register.vlanTable.lowerBound + id / 32 * 4] & 1 << UInt32(id % 32) != 0 else { return false }
        }
        if frame[0] & 1 == 0 {
            if control & ReceiveControl.unicastPromiscuous != 0 { return true }
        } else {
            if control & ReceiveControl.multicastPromiscuous != 0 { return true }
            if frame.prefix(6).allSatisfy({ $0 == 0xff }) { return control & ReceiveControl.broadcast != 0 }
            if isInMulticastTable(frame) { return true }
        }
        return isExactMatch(frame)
    }

    private func vlanTag(of frame: UnsafeRawBufferPointer) -> UInt16? {
        guard frame.count >= 18 else { return nil }
        let type = UInt32(frame[12]) << 8 | UInt32(frame[13])
        return type == self[Register.vlanType] & 0xffff ? UInt16(frame[14]) << 8 | UInt16(frame[15]) : nil
    }

    /// One of sixteen addresses, the first of which is the card's own.
    private func isExactMatch(_ frame: UnsafeRawBufferPointer) -> Bool {
        let low = (0..<4).reduce(UInt32(0)) { $0 | UInt32(frame[$1]) << UInt32(8 * $1) }
        let high = UInt32(frame[4]) | UInt32(frame[5]) << 8
        for index in 0..<16 {
            let entry = self[Register.addresses + 8 * index + 4]
            if entry >> 31 != 0, entry & 0xffff == high, self[Register.addresses + 8 * index] == low { return true }
        }
        return false
    }

    /// Twelve bits of the address choose a bit of the table (RCTL.MO).
    private func isInMulticastTable(_ frame: UnsafeRawBufferPointer) -> Bool {
        let shift = [4, 3, 2, 0][Int(self[Register.receiveControl] >> 12 & 3)]
        let hash = (Int(frame[5]) << 8 | Int(frame[4])) >> shift & 0xfff
        return self[Register.multicastTable.lowerBound + hash / 32 * 4] & 1 << UInt32(hash % 32) != 0
    }

    private func countReceived(_ frame: UnsafeRawBufferPointer) {
        let byteCount = max(frame.count, 60) + 4
        count(0x4074)
        count(0x40d0)
        count64(0x4088, byteCount)
        count64(0x40c0, byteCount)
        count(0x405c + 4 * sizeClass(byteCount))
        if frame[0] & 1 != 0 { count(frame.prefix(6).allSatisfy { $0 == 0xff } ? 0x4078 : 0x407c) }
    }
}
