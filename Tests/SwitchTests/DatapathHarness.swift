import Wire

@testable import Switch

/// A data path with hosts' devices, for tests: frames go in by device, and come out as (device, bytes).
final class DatapathHarness {
    let datapath: Datapath
    var now: UInt64 = 1_000_000_000
    private(set) var bridges: [String: Int32] = [:]
    private(set) var nextPort: [Int32: UInt32] = [:]

    init(seed: UInt64 = 1) {
        datapath = Datapath(seed: seed, now: 1_000_000_000)
        // Tests run on small stacks.
        datapath.depthLimit = 128
    }

    @discardableResult
    func bridge(_ name: String, _ settings: BridgeSettings = BridgeSettings()) -> Int32 {
        let index = datapath.addBridge(
            name: name, address: 0x0200_0000_0000 | UInt64(bridges.count + 1), settings: settings)
        bridges[name] = index
        nextPort[index] = 1
        return index
    }

    func port(_ bridge: Int32, vlan: VLANMode = .trunk(nil)) -> Int32 {
        let number = nextPort[bridge, default: 1]
        nextPort[bridge] = number + 1
        return datapath.addPort(bridge: bridge, number: number, name: "p\(number)", vlan: vlan)
    }

    /// A host on a bridge: the device's number.
    func host(on bridge: Int32, vlan: VLANMode = .trunk(nil), _ profile: LinkProfile = LinkProfile()) -> Int32 {
        let device = datapath.addDevice(name: "h\(datapath.deviceCount + 1)")
        _ = datapath.addLink(
            .device(device), .port(port(bridge, vlan: vlan)), forward: profile, reverse: profile, now: now)
        return device
    }

    @discardableResult
    func join(_ a: Int32, _ b: Int32, _ profile: LinkProfile = LinkProfile()) -> Int32 {
        datapath.addLink(.port(port(a)), .port(port(b)), forward: profile, reverse: profile, now: now)
    }

    /// A bridge without flows, and so many hosts on its ports from 1 on.
    static func star(_ count: Int) -> (lab: DatapathHarness, bridge: Int32, hosts: [Int32]) {
        let lab = DatapathHarness()
        let bridge = lab.bridge("s", BridgeSettings(standalone: false))
        return (lab, bridge, (0..<count).map { _ in lab.host(on: bridge) })
    }

    /// Adds a flow, match and instructions as ovs-ofctl writes them.
    func flow(
        _ bridge: Int32, _ match: String, _ actions: String, table: UInt8 = 0, priority: UInt16 = 10, cookie: UInt64 = 0
    ) throws {
        try datapath.modify(
            bridge: bridge,
            FlowModification(
                .add, table: table, priority: priority, match: try Match(parsing: match), cookie: cookie,
                instructions: try Instructions(parsing: Substring(actions))), now: now)
    }

    /// Sends a frame from a device and returns what comes out at once.
    func send(_ frame: [UInt8], from device: Int32) -> [(device: Int32, frame: [UInt8])] {
        let packet = frame.withUnsafeBytes { datapath.pool.allocate(copying: $0) }!
        datapath.receive(packet, from: device, now: now)
        return drain()
    }

    /// Lets time pass and returns what comes out.
    func advance(by nanoseconds: UInt64) -> [(device: Int32, frame: [UInt8])] {
        let end = now + nanoseconds
        var out: [(device: Int32, frame: [UInt8])] = []
        while let deadline = datapath.nextDeadline, deadline <= end {
            now = max(now, deadline)
            datapath.run(now: now)
            out += drain()
        }
        now = end
        datapath.run(now: now)
        return out + drain()
    }

    func drain() -> [(device: Int32, frame: [UInt8])] {
        var out: [(device: Int32, frame: [UInt8])] = []
        for index in 0..<datapath.outbox.count {
            let item = datapath.outbox[index]
            out.append((item.device, Array(item.packet.bytes)))
            datapath.pool.release(item.packet)
        }
        datapath.emptyOutbox()
        return out
    }

    static let broadcast: UInt64 = 0xffff_ffff_ffff

    static func mac(_ device: Int32) -> UInt64 { 0x0200_0000_0100 + UInt64(device) }

    static func macBytes(_ mac: UInt64) -> [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: mac >> UInt64(40 - 8 * $0)) }
    }

    /// An Ethernet frame with a payload of 46 bytes, with tags where given.
    static func frame(to: UInt64, from: UInt64, tags: [UInt16] = [], type: UInt16 = 0x88b5, payload: UInt8 = 0)
        -> [UInt8]
    {
        var bytes = macBytes(to) + macBytes(from)
        for tag in tags { bytes += [0x81, 0x00, UInt8(tag >> 8), UInt8(tag & 0xff)] }
        return bytes + [UInt8(type >> 8), UInt8(type & 0xff)] + [UInt8](repeating: payload, count: 46)
    }

    /// A UDP over IPv4 frame with right checksums.
    static func udp(
        to: UInt64, from: UInt64, source: UInt32 = 0x0a00_0001, destination: UInt32 = 0x0a00_0002,
        sourcePort: UInt16 = 1000, destinationPort: UInt16 = 2000, ttl: UInt8 = 64
    ) -> [UInt8] {
        var model = FrameModel()
        model.destination = MACAddress(rawValue: to)
        model.source = MACAddress(rawValue: from)
        model.source4 = IPv4Address(rawValue: source)
        model.destination4 = IPv4Address(rawValue: destination)
        model.timeToLive = ttl
        model.transport = .udp
        model.sourcePort = sourcePort
        model.destinationPort = destinationPort
        model.payload = Array("rookery!".utf8)
        return model.bytes()
    }
}

extension PackedFlowModification {
    init(_ change: FlowModification) { self = withUnsafePointer(to: change) { PackedFlowModification($0) } }
}
