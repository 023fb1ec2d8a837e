import Switch
import Wire

// The single steps of a packet's way.

func measurePool() {
    var pool = PacketPool()
    measure("pool, allocate and release", operations: 2_000_000) { count in
        for _ in 0..<count {
            if let packet = pool.allocate(frameByteCount: 64) { pool.release(packet) }
        }
    }
}

func measureSegmentation() {
    var pool = PacketPool()
    // 45 segments of 1,448 bytes.
    let bytes = frame(to: address(2), from: address(1), protocol: 6, payload: 45 * 1448)
    guard let large = bytes.withUnsafeBytes({ pool.allocate(copying: $0) }) else { return }
    large.pointee.offload = tcpOffload(segment: 1448)
    measure("64 KB into 45 segments, a segment", operations: 45 * 4_000) { count in
        for _ in 0..<count / 45 {
            guard var segmenter = try? Segmenter(large) else { return }
            while let segment = segmenter.next(from: &pool) { pool.release(segment) }
        }
    }
    measure("64 KB into 45 segments with checksums, a segment", operations: 45 * 4_000) { count in
        for _ in 0..<count / 45 {
            guard var segmenter = try? Segmenter(large, finishChecksums: true) else { return }
            while let segment = segmenter.next(from: &pool) { pool.release(segment) }
        }
    }
    measure("sanitize, super-packet", operations: 1_000_000) { count in
        for _ in 0..<count where !Segmentation.sanitize(large) { return }
    }
}

func measureEditing() {
    var pool = PacketPool()
    let bytes = frame(to: address(2), from: address(1))
    guard let small = bytes.withUnsafeBytes({ pool.allocate(copying: $0) }) else { return }
    measure("sanitize, plain packet", operations: 2_000_000) { count in
        for _ in 0..<count where !Segmentation.sanitize(small) { return }
    }
    var key = FlowKey()
    var layout = extract(frame: UnsafeRawBufferPointer(small.bytes), inPort: 1, into: &key)
    measure("set Ethernet destination", operations: 2_000_000) { count in
        for value in 0..<UInt64(count) {
            PacketEditing.set(.ethDestination, FieldValue(high: 0, low: value), in: small, &layout)
        }
    }
    measure("set IPv4 destination, checksums kept right", operations: 2_000_000) { count in
        for value in 0..<UInt64(count) {
            PacketEditing.set(.ipv4Destination, FieldValue(high: 0, low: value), in: small, &layout)
        }
    }
    measure("push and pop a VLAN tag", operations: 1_000_000) { count in
        for _ in 0..<count {
            _ = PacketEditing.pushVLAN(tpid: 0x8100, tci: 5, in: small, &layout)
            PacketEditing.popVLAN(small, &layout)
        }
    }
    measure("decrement the TTL", operations: 2_000_000) { count in
        for _ in 0..<count { _ = PacketEditing.decrementTTL(small, layout) }
    }
}

func measureTimerWheel() {
    var wheel = TimerWheel(now: 0)
    for index in 0..<1000 as Range<UInt64> { wheel.schedule(at: 1_000_000 + index * 1009, token: index) }
    var now: UInt64 = 0
    measure("timer wheel of 1,000, schedule and expire", operations: 1_000_000) { count in
        var left = count
        while left > 0 {
            now += 1000
            while let (deadline, token) = wheel.popExpired(now: now) {
                wheel.schedule(at: deadline + 1_000_000, token: token)
                left -= 1
            }
        }
    }
    measure("timer wheel, schedule and cancel", operations: 1_000_000) { count in
        for index in 0..<UInt64(count) { wheel.cancel(wheel.schedule(at: now + (index & 0xffff) << 8, token: 0)) }
    }
}
