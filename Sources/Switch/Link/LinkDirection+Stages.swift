import Wire

// The stages that a packet passes, in order.

extension LinkDirection {
    // MARK: - Loss, duplication, corruption, MTU

    /// The way of a packet that is a super-packet or meets an effect.
    mutating func sendImpaired(
        _ packet: PacketRef, now: UInt64, pool: inout PacketPool, delivered: inout PacketList
    ) {
        let size = WireSize(of: packet)
        guard isUp else {
            countArrival(size)
            drop(packet, size, .down, &pool)
            return
        }
        if packet.pointee.offload.isSuperPacket, mustSegment(size) {
            segment(packet, size, now: now, pool: &pool, delivered: &delivered)
            return
        }
        countArrival(size)
        impair(packet, size, now: now, pool: &pool, delivered: &delivered)
    }

    /// How many segments of a super-packet of `size` may stay together.
    ///
    /// One where something is decided for each packet. Otherwise as many as occupy the transmitter for no longer than
    /// `longestTransmission`, and no more than a sixteenth of the queue, so that its limit keeps its meaning: at
    /// 1 Gbit/s four full frames, which quarters what the packets cost on the rest of their way.
    private func segmentsTogether(_ size: WireSize) -> Int {
        if isPerPacket || profile.aqm != .dropTail { return 1 }
        let each = size.bytes / size.packets + 1
        let byTime = Int(min(Self.longestTransmission / (Double(each) * nanosecondsPerByte), 0x1p20))
        return max(1, min(byTime, queuePacketLimit / 16, queueByteLimit / 16 / each))
    }

    /// Cuts a super-packet and sends the pieces one by one. Their checksums stay to be finished by whoever needs them.
    private mutating func segment(
        _ packet: PacketRef, _ size: WireSize, now: UInt64, pool: inout PacketPool, delivered: inout PacketList
    ) {
        var segmenter: Segmenter
        do throws(OffloadFault) {
            segmenter = try Segmenter(packet, together: segmentsTogether(size))
        } catch {
            let size = WireSize(frame: packet.pointee.length)
            countArrival(size)
            drop(packet, size, .malformed, &pool)
            return
        }
        counters.segmented &+= 1
        var sent = 0
        while let piece = segmenter.next(from: &pool) {
            let size = WireSize(of: piece)
            countArrival(size)
            sent += size.packets
            impair(piece, size, now: now, pool: &pool, delivered: &delivered)
        }
        if !segmenter.isFinished {
            // At the pool's limit: what was not cut is lost.
            let missing = UInt64(max(0, size.packets - sent))
            counters.packetsIn &+= missing
            counters[.memory] &+= missing
        }
        pool.release(packet)
    }

    /// Whether a super-packet of `size` would get something wrong that its segments get right.
    private func mustSegment(_ size: WireSize) -> Bool {
        if isPerPacket { return true }
        guard rate != 0 else { return false }
        return Double(size.bytes) * nanosecondsPerByte > Self.longestTransmission
            || size.packets > queuePacketLimit || size.bytes > queueByteLimit
    }

    private mutating func impair(
        _ packet: PacketRef, _ size: WireSize, now: UInt64, pool: inout PacketPool, delivered: inout PacketList
    ) {
        if isLost() {
            drop(packet, size, .loss, &pool)
            return
        }
        if duplication?.next(&random) == true {
            // Each copy goes its own way from here.
            if let twin = pool.copy(packet) {
                counters.duplicates &+= UInt64(size.packets)
                corruptAndAdmit(twin, size, now: now, pool: &pool, delivered: &delivered)
            }
        }
        corruptAndAdmit(packet, size, now: now, pool: &pool, delivered: &delivered)
    }

    private mutating func isLost() -> Bool {
        if let lost = randomLoss?.next(&random) { return lost }
        return burstLoss?.next(&random) ?? false
    }

    private mutating func corruptAndAdmit(
        _ packet: PacketRef, _ size: WireSize, now: UInt64, pool: inout PacketPool, delivered: inout PacketList
    ) {
        if corruption?.next(&random) == true { corrupt(packet) }
        // Segments that do not fit are dropped as the single frames that they stand for would be.
        if mtu != .max, packet.wireLargestPayload > mtu {
            drop(packet, size, .mtu, &pool)
            return
        }
        admit(packet, size, now: now, pool: &pool, delivered: &delivered)
    }

    /// Flips one bit behind the Ethernet addresses and type.
    private mutating func corrupt(_ packet: PacketRef) {
        let bitCount = (packet.pointee.length - 14) * 8
        guard bitCount > 0 else { return }
        // A receiver finishes an unfinished checksum over whatever the packet holds, and takes a verified one on trust:
        // either way it would not see the error that a wire would have shown it.
        Segmentation.finishChecksum(packet)
        packet.pointee.offload.flags &= ~VirtioNetHeader.dataValid
        let bit = random.integer(below: bitCount)
        let byte = packet.pointee.data + (14 + bit / 8)
        byte.storeBytes(of: byte.load(as: UInt8.self) ^ (1 << UInt8(bit % 8)), as: UInt8.self)
        counters.corruptions &+= 1
    }

    // MARK: - Queue and transmitter

    /// The packet comes to the transmitter.
    mutating func admit(
        _ packet: PacketRef, _ size: WireSize, now: UInt64, pool: inout PacketPool, delivered: inout PacketList
    ) {
        guard rate != 0 || scheduler.isClassful else {
            fly(packet, size, departure: now, now: now, pool: &pool, delivered: &delivered)
            return
        }
        runTransmitter(until: now, pool: &pool)
        let queue = scheduler.queue(for: packet.pointee.queue)
        let isFree = queuedPackets == 0 && transmitterFree <= now
        if queue.pointee.earlyDetection != nil,
            !passesEarlyDetection(packet, size, queue, isFree: isFree, now: now, pool: &pool)
        {
            return
        }
        if isFree, !scheduler.isClassful {
            transmit(packet, size, start: now, now: now, pool: &pool)
            return
        }
        let fits =
            queue.pointee.packets &+ size.packets <= queuePacketLimit
            && queue.pointee.bytes &+ size.bytes <= queueByteLimit
        guard fits || (isFree && queue.pointee.allowed.next <= now) else {
            queue.pointee.drops &+= UInt64(size.packets)
            drop(packet, size, .queueFull, &pool)
            return
        }
        if queue.pointee.list.isEmpty { scheduler.wake(queue) }
        queue.pointee.append(pool.compacted(packet), size)
        queuedPackets &+= size.packets
        queuedBytes &+= size.bytes
        if scheduler.isClassful { runTransmitter(until: now, pool: &pool) }
        counters.queuedPacketsMaximum = max(counters.queuedPacketsMaximum, UInt64(queuedPackets))
        counters.queuedBytesMaximum = max(counters.queuedBytesMaximum, UInt64(queuedBytes))
    }

    private mutating func passesEarlyDetection(
        _ packet: PacketRef, _ size: WireSize, _ queue: UnsafeMutablePointer<LinkQueueState>, isFree: Bool,
        now: UInt64, pool: inout PacketPool
    ) -> Bool {
        let verdict = queue.pointee.earlyDetection?.judge(
            backlog: queue.pointee.bytes, now: now, idle: isFree ? transmitterFree : nil,
            nanosecondsPerByte: nanosecondsPerByte, random: &random)
        switch verdict {
        case .pass?, nil:
            return true
        case .markOrDrop? where queue.pointee.earlyDetection?.ecn == true && CongestionMark.apply(to: packet):
            counters.marks &+= UInt64(size.packets)
            return true
        case .markOrDrop?, .drop?:
            drop(packet, size, .aqm, &pool)
            return false
        }
    }

    /// Starts every transmission that was to start by `now`, each at its own time.
    mutating func runTransmitter(until now: UInt64, pool: inout PacketPool) {
        if scheduler.isClassful {
            runSchedule(until: now, pool: &pool)
            return
        }
        while queuedPackets > 0, transmitterFree <= now {
            guard let (packet, size) = dequeue(scheduler.queues, at: transmitterFree, pool: &pool) else { return }
            transmit(
                packet, size, start: max(transmitterFree, packet.pointee.stamp), now: now, pool: &pool)
        }
    }

    /// The same with several queues. Before each arrival the schedule is worked through up to it, so whatever waits
    /// now has waited since `schedulerClock`.
    private mutating func runSchedule(until now: UInt64, pool: inout PacketPool) {
        while queuedPackets > 0, transmitterFree <= now {
            let time = max(transmitterFree, schedulerClock)
            guard let (queue, start) = scheduler.pick(at: time, until: max(now, time)) else { break }
            guard let (packet, size) = dequeue(queue, at: start, pool: &pool) else { continue }
            scheduler.charge(queue, byteCount: size.bytes, at: start)
            queue.pointee.sentPackets &+= UInt64(size.packets)
            queue.pointee.sentBytes &+= UInt64(size.bytes)
            transmit(packet, size, start: start, now: now, pool: &pool)
        }
        schedulerClock = max(schedulerClock, now)
    }

    /// Takes the packet out of `queue` that its discipline lets pass.
    private mutating func dequeue(
        _ queue: UnsafeMutablePointer<LinkQueueState>, at time: UInt64, pool: inout PacketPool
    ) -> (packet: PacketRef, size: WireSize)? {
        var isFirst = true
        while let (packet, size) = queue.pointee.popFirst() {
            queuedPackets &-= size.packets
            queuedBytes &-= size.bytes
            let arrival = packet.pointee.stamp
            let verdict = queue.pointee.controlledDelay?.judge(
                sojourn: time > arrival ? time &- arrival : 0, backlog: queue.pointee.bytes, now: time,
                isFirst: isFirst)
            guard verdict == .drop else { return (packet, size) }
            if queue.pointee.controlledDelay?.ecn == true, CongestionMark.apply(to: packet) {
                counters.marks &+= UInt64(size.packets)
                return (packet, size)
            }
            queue.pointee.drops &+= UInt64(size.packets)
            drop(packet, size, .aqm, &pool)
            isFirst = false
        }
        return nil
    }

    private mutating func transmit(
        _ packet: PacketRef, _ size: WireSize, start: UInt64, now: UInt64, pool: inout PacketPool
    ) {
        var departure = start
        if rate != 0 {
            let work = UInt64(truncatingIfNeeded: size.bytes) &* 8_000_000_000 &+ transmitterRemainder
            departure &+= work / rate
            transmitterRemainder = work % rate
            if !keepsOrder {
                rateMeter.record(
                    byteCount: size.bytes, due: departure, now: max(now, departure),
                    nanosecondsPerByte: nanosecondsPerByte)
            }
        }
        transmitterFree = departure
        setDue(packet, departure: departure)
        flight.insert(pool.compacted(packet))
        counters.flyingPackets &+= UInt64(size.packets)
    }

    // MARK: - Propagation and delivery

    /// The way past a transmitter without a rate.
    private mutating func fly(
        _ packet: PacketRef, _ size: WireSize, departure: UInt64, now: UInt64, pool: inout PacketPool,
        delivered: inout PacketList
    ) {
        setDue(packet, departure: departure)
        if packet.pointee.due <= now, flight.isEmpty {
            flight.passAtOnce()
            deliver(packet, size, &delivered)
            return
        }
        flight.insert(pool.compacted(packet))
        counters.flyingPackets &+= UInt64(size.packets)
    }

    @inline(__always)
    private mutating func setDue(_ packet: PacketRef, departure: UInt64) {
        if keepsOrder {
            packet.pointee.due = departure &+ delay
        } else {
            packet.pointee.due = departure &+ drawnDelay()
        }
    }

    private mutating func drawnDelay() -> UInt64 {
        expeditable &+= 1
        if reordering?.next(&random) == true {
            counters.expedited &+= 1
            return 0
        }
        guard let offset = jitter?.next(&random) else { return delay }
        return UInt64(min(max(0, Double(delay) + offset), 0x1p62))
    }

    mutating func deliver(_ packet: PacketRef, _ size: WireSize, _ delivered: inout PacketList) {
        counters.packetsDelivered &+= UInt64(size.packets)
        counters.bytesDelivered &+= UInt64(size.bytes)
        delivered.append(packet)
    }

    // MARK: - Counting and dropping

    @inline(__always)
    mutating func countArrival(_ size: WireSize) {
        counters.packetsIn &+= UInt64(size.packets)
        counters.bytesIn &+= UInt64(size.bytes)
    }

    mutating func drop(_ packet: PacketRef, _ size: WireSize, _ reason: LinkDrop, _ pool: inout PacketPool) {
        counters[reason] &+= UInt64(size.packets)
        pool.release(packet)
    }

    /// Drops the tail of each queue that is longer than its limit.
    mutating func trimQueues(_ pool: inout PacketPool) {
        for index in 0..<scheduler.count {
            let queue = scheduler.queues + index
            guard queue.pointee.packets > queuePacketLimit || queue.pointee.bytes > queueByteLimit else { continue }
            var old = queue.pointee.list
            queue.pointee.list = PacketList()
            queuedPackets -= queue.pointee.packets
            queuedBytes -= queue.pointee.bytes
            queue.pointee.packets = 0
            queue.pointee.bytes = 0
            while let packet = old.popFirst() {
                let size = WireSize(of: packet)
                if queue.pointee.packets + size.packets <= queuePacketLimit,
                    queue.pointee.bytes + size.bytes <= queueByteLimit
                {
                    queue.pointee.append(packet, size)
                    queuedPackets += size.packets
                    queuedBytes += size.bytes
                } else {
                    queue.pointee.drops &+= UInt64(size.packets)
                    drop(packet, size, .queueFull, &pool)
                }
            }
        }
    }

    mutating func dropEverything(_ pool: inout PacketPool) {
        for index in 0..<scheduler.count {
            while let (packet, size) = scheduler.queues[index].popFirst() { drop(packet, size, .down, &pool) }
        }
        queuedPackets = 0
        queuedBytes = 0
        while let packet = flight.popAny() {
            drop(packet, WireSize(of: packet), .down, &pool)
        }
        counters.flyingPackets = 0
    }
}
