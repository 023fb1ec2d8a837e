import Board
import Driver
import Glibc
import Linux
import Virtio
import VirtioScript

// The monitor as the driver of a switch that does anything: it answers the set-up as the script says, and then writes the script's
// bytes to the rings and the buffers, gives back what it has and what it has not, and calls, while frames go both ways.

/// `main` is an alias of this.
@_cdecl("VirtioUserPort_main")
public func virtioUserPortMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

private final class Watcher: DescriptorWatcher {
    var watched: [Int32: (DescriptorEvents) -> Void] = [:]

    func watch(_ descriptor: Int32, for events: DescriptorEvents, onReady: @escaping (DescriptorEvents) -> Void) {
        watched[descriptor] = onReady
    }
    func change(_ descriptor: Int32, to events: DescriptorEvents) {}
    func unwatch(_ descriptor: Int32) { watched[descriptor] = nil }

    /// Those with something to read, a few times over. What is signalled in a round waits for the next.
    func pump() {
        for _ in 0..<4 {
            for (descriptor, handler) in watched where watched[descriptor] != nil {
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&entry, 1, 0) > 0 { handler(.readable) }
            }
        }
    }
}

/// What the other side has of the port: its memory and its eventfds, as they came with the messages.
private final class Switch {
    let socket: VhostUserSocket
    private var memory: MappedMemoryOwner?
    private var events: [(request: UInt32, ring: Int, descriptor: OwnedDescriptor)] = []
    /// By ring: descriptor table, available ring, used ring, as offsets in the memory; used index; entries taken.
    private var rings: [(parts: [Int], size: Int, used: UInt16, taken: UInt16)] = [([], 0, 0, 0), ([], 0, 0, 0)]
    private var userAddress: UInt64 = 0

    private final class MappedMemoryOwner {
        let map: MappedMemory
        init(_ file: OwnedDescriptor, _ byteCount: Int) throws {
            map = try MappedMemory(file: file.descriptor, byteCount: byteCount)
        }
    }

    init(_ socket: OwnedDescriptor) {
        self.socket = VhostUserSocket(socket)
        self.socket.deadline = 0
    }

    /// Takes what the port has sent, all of it.
    func listen() {
        while let (message, descriptors) = try? socket.receive() {
            func number(_ offset: Int) -> UInt64 {
                guard offset + 8 <= message.payload.count else { return 0 }
                return message.payload.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
            }
            switch VhostUserRequest(rawValue: message.request) {
            case .setMemoryTable:
                userAddress = number(24)
                let byteCount = Int(number(16))
                memory = descriptors.first.flatMap { try? MappedMemoryOwner($0, byteCount) }
            case .setRingSize:
                rings[Int(number(0) & 1)].size = Int(number(0) >> 32)
            case .setRingAddresses:
                // Descriptors, used ring, available ring.
                let places = [8, 24, 16].map { Int(truncatingIfNeeded: number($0) &- userAddress) }
                rings[Int(number(0) & 1)].parts = places
            case .setRingKick, .setRingCall:
                if let event = descriptors.first { events.append((message.request, Int(number(0) & 1), event)) }
            default: break
            }
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) {
        guard let memory, !bytes.isEmpty else { return }
        let target = memory.map.bytes
        let start = offset % (target.count - bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyBytes(from: bytes)
    }

    func call(_ ring: Int) {
        for event in events where event.ring == ring && event.request == VhostUserRequest.setRingCall.rawValue {
            var one: UInt64 = 1
            _ = Glibc.write(event.descriptor.rawValue, &one, 8)
        }
    }

    /// Gives the next buffer back that the port has made available, as an honest switch does, with `bytes` in it and any length.
    func giveBack(_ ring: Int, _ bytes: [UInt8], length: UInt32) {
        guard let memory, rings[ring].parts.count == 3, rings[ring].size > 0 else { return }
        let (base, size) = (memory.map.base, rings[ring].size)
        let (table, available) = (rings[ring].parts[0], rings[ring].parts[1])
        guard (base + available + 2).load(as: UInt16.self) != rings[ring].taken else { return }
        let head = (base + available + 4 + 2 * (Int(rings[ring].taken) % size)).load(as: UInt16.self)
        rings[ring].taken &+= 1
        if Int(head) < size {
            let address = (base + table + 16 * Int(head)).load(as: UInt64.self)
            if address < UInt64(memory.map.byteCount - bytes.count) {
                (base + Int(address)).copyMemory(from: bytes, byteCount: bytes.count)
            }
        }
        putUsed(ring, UInt32(head), length)
    }

    func putUsed(_ ring: Int, _ head: UInt32, _ length: UInt32) {
        guard let memory, rings[ring].parts.count == 3, rings[ring].size > 0 else { return }
        let entry = memory.map.base + rings[ring].parts[2] + 4 + 8 * (Int(rings[ring].used) % rings[ring].size)
        entry.storeBytes(of: head, as: UInt32.self)
        entry.storeBytes(of: length, toByteOffset: 4, as: UInt32.self)
        rings[ring].used &+= 1
        (memory.map.base + rings[ring].parts[2] + 2).storeBytes(of: rings[ring].used, as: UInt16.self)
    }

    /// Where the parts of a ring lie, in which the script's bytes do most.
    func offset(_ ring: Int, part: Int) -> Int { rings[ring].parts.isEmpty ? 0 : rings[ring].parts[part % 3] }
}

/// The answers to the set-up, right in their form or nearly so, put in the socket before they are asked for.
private func answers(_ script: inout Script) -> [UInt8] {
    // With a chance of more than a half all is well: the rings are what is looked for.
    let isHonest = script.next(UInt8.self) & 3 != 0
    // Virtio 1, checksums, segmentation; merged buffers, the event index and the other offloads as the script wants.
    let needed: UInt64 = 1 << 32 | 1 << 0 | 1 << 11 | 1 << 12
    let optional = UInt64(script.next(UInt32.self)) & (isHonest ? 0x3000_ffff : 0xffff_ffff)
    let features = (isHonest || script.next(UInt8.self) & 7 != 0 ? needed : 0) | optional | 1 << 30
    func answer(_ request: VhostUserRequest, _ value: UInt64) -> [UInt8] {
        var message = VhostUserMessage(request, payload: VhostUserMessage.number(value))
        message.isReply = true
        var bytes = message.bytes
        guard !isHonest else { return bytes }
        if script.next(UInt8.self) & 15 == 0 {
            bytes[Int(script.next(UInt8.self)) % bytes.count] = script.next(UInt8.self)
        }
        if script.next(UInt8.self) & 31 == 0 { bytes.removeLast(Int(script.next(UInt8.self)) % bytes.count) }
        return bytes
    }
    let acknowledges = script.next(UInt8.self) & 1 != 0
    var said = answer(.getFeatures, features)
    said += answer(.getProtocolFeatures, acknowledges ? VhostUserFeature.replyAcknowledge : 0)
    guard acknowledges else { return said }
    said += answer(.setFeatures, 0) + answer(.setMemoryTable, 0)
    for _ in 0..<2 {
        for request: VhostUserRequest in [
            .setRingSize, .setRingBase, .setRingAddresses, .setRingCall, .setRingKick, .setRingEnabled,
        ] { said += answer(request, isHonest ? 0 : UInt64(script.next(UInt8.self) & 15 == 0 ? 1 : 0)) }
    }
    return said
}

/// A frame for the port's buffers: a header that asks for anything, and a body that may be TCP.
private func frame(_ script: inout Script) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 12 + 54)
    bytes[0] = script.next(UInt8.self)
    bytes[1] = script.next(UInt8.self)
    bytes[2] = 54
    bytes[4] = script.next(UInt8.self)
    bytes[6] = 34
    bytes[8] = 16
    bytes[10] = script.next(UInt8.self)
    bytes[12 + 12] = 0x08
    bytes[12 + 14] = 0x45
    bytes[12 + 23] = 6
    bytes[12 + 46] = 0x50
    bytes += script.some()
    // A few of them changed.
    for _ in 0..<Int(script.next(UInt8.self) & 3) {
        bytes[Int(script.next(UInt8.self)) % bytes.count] = script.next(UInt8.self)
    }
    return bytes
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    var ends: (OwnedDescriptor, OwnedDescriptor)?
    try! UnixSocket.pair { ends = (OwnedDescriptor($0), OwnedDescriptor($1)) }
    let (ours, theirs) = ends!
    let said = answers(&script)
    said.withUnsafeBytes { _ = try? theirs.descriptor.writeAll($0) }
    let watcher = Watcher()
    let other = Switch(theirs)
    // What does not come is not waited for.
    guard let port = try? VhostUserPort(socket: ours, watcher: watcher, patience: .zero) else { return 0 }
    other.listen()
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 16)
    defer { room.deallocate() }
    port.onReadable = { [unowned port] in take(port, room) }
    port.onWritable = {}
    var steps = 0
    while !script.isAtEnd, steps < 300 {
        steps += 1
        let step = script.next(UInt8.self)
        let ring = Int(step >> 7)
        switch step % 10 {
        case 0: other.write(script.some(), at: Int(script.next(UInt32.self)))
        case 1:
            let place = other.offset(ring, part: Int(step >> 4)) + Int(script.next(UInt8.self))
            other.write(script.some(limit: 16), at: place)
        case 2:
            let bytes = frame(&script)
            let honest = script.next(UInt8.self) & 3 != 0
            other.giveBack(0, bytes, length: honest ? UInt32(bytes.count) : script.next(UInt32.self))
        case 3: for _ in 0..<Int(step >> 4) { other.giveBack(1, [], length: 0) }
        case 4: other.putUsed(ring, UInt32(script.next(UInt16.self)), UInt32(script.next(UInt16.self)))
        case 5: other.call(ring)
        case 6:
            let bytes = script.some()
            bytes.withUnsafeBytes { all in
                let half = all.count / 2
                for _ in 0..<1 + Int(step >> 4) * 6 {
                    _ = port.send([
                        UnsafeRawBufferPointer(rebasing: all[..<half]), UnsafeRawBufferPointer(rebasing: all[half...]),
                    ])
                }
            }
        case 7: take(port, room)
        case 8: port.setOffloads(UInt32(script.next(UInt8.self)))
        default:
            if step == 0xf9 {
                _ = try? other.socket.send(VhostUserMessage(.getFeatures))
            } else {
                watcher.pump()
            }
        }
    }
    take(port, room)
    return 0
}

/// Takes what is there. That it ends is the port's duty.
private func take(_ port: VhostUserPort, _ room: UnsafeMutableRawBufferPointer) {
    var count = 0
    while case let size = port.receive(into: room), size > 0 {
        precondition(size <= room.count)
        count += 1
        precondition(count <= 256, "others have no turn")
    }
}
