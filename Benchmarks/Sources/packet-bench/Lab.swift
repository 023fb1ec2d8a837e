import Switch

/// A data path with a chain of learning switches and a host at each end, and time that goes 100 ns a packet.
final class Chain {
    let datapath: Datapath
    private let source: Int32
    private let frames: [[UInt8]]
    private var now: UInt64 = 1_000_000_000

    /// - Parameters:
    ///   - profile: of the link from the last switch to the host behind it.
    ///   - listeners: hosts on the last switch.
    init(
        switches: Int, profile: LinkProfile = LinkProfile(), listeners: Int = 1, flows: Int = 1, broadcast: Bool = false
    ) {
        let now = now
        let datapath = Datapath(now: now)
        self.datapath = datapath
        let bridges = (0..<switches).map { datapath.addBridge(name: "s\($0)", address: address(0x10000 + $0)) }
        var nextPort = [UInt32](repeating: 1, count: switches)
        func port(_ index: Int) -> LinkEnd {
            defer { nextPort[index] += 1 }
            return .port(datapath.addPort(bridge: bridges[index], number: nextPort[index], name: "p\(nextPort[index])"))
        }
        let source = datapath.addDevice(name: "source")
        _ = datapath.addLink(.device(source), port(0), now: now)
        for index in 1..<max(switches, 1) where switches > 1 {
            _ = datapath.addLink(port(index - 1), port(index), now: now)
        }
        var sinks: [Int32] = []
        for index in 0..<listeners {
            let sink = datapath.addDevice(name: "sink\(index)")
            _ = datapath.addLink(port(switches - 1), .device(sink), forward: profile, reverse: LinkProfile(), now: now)
            sinks.append(sink)
        }
        self.source = source
        frames = (0..<flows).map {
            frame(
                to: broadcast ? 0xffff_ffff_ffff : address(2), from: address(1),
                ports: (UInt16(1000 + $0), 2000))
        }
        // Every switch learns where both ends are.
        send(frame(to: 0xffff_ffff_ffff, from: address(2)), from: sinks[0])
        for frame in frames { send(frame, from: source) }
        settle()
    }

    private func send(_ frame: [UInt8], from device: Int32) {
        let packet = frame.withUnsafeBytes { datapath.pool.allocate(copying: $0) }!
        datapath.receive(packet, from: device, now: now)
        drain()
    }

    private func drain() {
        for index in 0..<datapath.outbox.count { datapath.pool.release(datapath.outbox[index].packet) }
        datapath.emptyOutbox()
    }

    private func settle() {
        now += 1_000_000_000
        datapath.run(now: now)
        drain()
    }

    /// Packets that the exact-match cache knew, of all that were looked up.
    var hits: String { "\(datapath.exactMatchHits) hits, \(datapath.misses) misses" }

    /// Sends `count` packets in batches of 32, as the poller does. The frames lie in the packets already, as they do
    /// when the kernel has filled them, so that only what the data path does is measured.
    func run(packets count: Int) {
        let datapath = datapath
        let bytes = UnsafeMutablePointer<UnsafeMutableRawBufferPointer>.allocate(capacity: frames.count)
        for (index, frame) in frames.enumerated() {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
            frame.withUnsafeBytes { copy.copyMemory(from: $0) }
            (bytes + index).initialize(to: copy)
        }
        let flowMask = frames.count - 1
        var sent = 0
        while sent < count {
            for _ in 0..<32 {
                guard let packet = datapath.pool.allocate(frameByteCount: 64) else { return }
                packet.pointee.data.copyMemory(
                    from: bytes[sent & flowMask].baseAddress.unsafelyUnwrapped, byteCount: 64)
                packet.pointee.length = 64
                datapath.receive(packet, from: source, now: now)
                sent += 1
                now += 100
            }
            datapath.run(now: now)
            drain()
        }
        for index in 0..<frames.count { bytes[index].deallocate() }
        bytes.deallocate()
        settle()
    }
}
