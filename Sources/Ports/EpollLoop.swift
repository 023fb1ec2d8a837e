import Glibc
import HostNetwork
import Linux
import Switch
import Synchronization
import Wire

/// The poller's loop on epoll, for kernels without io_uring or where it is forbidden.
struct EpollLoop: ~Copyable {
    private let poller: Poller
    private let datapath: Datapath
    private let epoll: Epoll

    private static let header = VirtioNetHeader.byteCount
    private static let wakeToken = UInt64.max
    private static let kickToken: UInt64 = 1 << 32
    /// Packets read from one device before the others have their turn.
    private static let burst = 32

    init(poller: Poller) {
        self.poller = poller
        datapath = poller.datapath
        do {
            epoll = try Epoll()
            try epoll.add(poller.wakeUp.rawValue, .readable, token: Self.wakeToken)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    mutating func run() {
        while true {
            if poller.hasCalls.load(ordering: .relaxed) {
                guard poller.runCalls() else { return }
                for device in poller.newPorts where poller.ports[Int(device)].descriptor >= 0 {
                    do {
                        try epoll.add(poller.ports[Int(device)].descriptor, .readable, token: UInt64(device))
                    } catch {
                        poller.ports[Int(device)].isOpen = false
                    }
                }
                poller.newPorts.removeAll()
                for device in poller.leavingPorts { try? epoll.remove(poller.ports[Int(device)].descriptor) }
                poller.leavingPorts.removeAll()
            }
            if poller.ringChanges { waitForKicks() }
            if poller.hasPendingRings { _ = poller.receiveFromRings(now: MonotonicClock.now(), all: false) }
            datapath.run(now: MonotonicClock.now())
            poller.giveTurns()
            flush()
            if !poller.hasPendingRings { wait() }
            epoll.wait(timeoutMilliseconds: 0) { ready in
                if ready.token == Self.wakeToken {
                    poller.wakeUp.drain()
                } else if ready.token & Self.kickToken != 0 {
                    poller.kicked(Int32(truncatingIfNeeded: ready.token))
                } else {
                    read(Int32(truncatingIfNeeded: ready.token))
                }
            }
            flush()
        }
    }

    private mutating func waitForKicks() {
        let change = poller.changeKicks()
        for kick in change.gone { try? epoll.remove(kick) }
        for kick in change.new {
            try? epoll.add(kick, .readable, token: Self.kickToken | UInt64(UInt32(bitPattern: kick)))
        }
    }

    private func wait() {
        if poller.restRings() { return }
        guard let deadline = poller.nextDeadline() else {
            _ = epoll.waitReady(timeout: -1)
            return
        }
        let now = MonotonicClock.now()
        let sleep = poller.sleepTime(until: deadline, now: now)
        if !epoll.waitReady(timeout: sleep) && sleep > 0 {
            poller.learnLateness(wanted: now &+ UInt64(sleep), now: MonotonicClock.now())
        }
    }

    private func read(_ device: Int32) {
        let port = poller.ports[Int(device)]
        let now = MonotonicClock.now()
        for _ in 0..<Self.burst {
            guard let packet = datapath.pool.allocate(frameByteCount: PacketPool.largestFrame) else { return }
            let start = packet.pointee.data - Self.header
            let room = PacketPool.largestFrame + Self.header
            let (count, tag) =
                port.capabilities.separateTag
                ? PacketSocket.read(port.descriptor, into: start, count: room)
                : (Glibc.read(port.descriptor, start, room), nil)
            guard count > Self.header else {
                let code = errno
                datapath.pool.release(packet)
                if count < 0 && code != EAGAIN && code != EINTR {
                    poller.ports[Int(device)].isOpen = false
                    try? epoll.remove(port.descriptor)
                }
                return
            }
            packet.pointee.offload = VirtioNetHeader(reading: start)
            packet.pointee.length = count - Self.header
            if let tag { packet.putBack(tag) }
            datapath.receive(packet, from: device, now: now)
        }
    }

    private func flush() {
        for index in 0..<datapath.outbox.count {
            let item = datapath.outbox[index]
            let port = poller.ports[Int(item.device)]
            if !port.isOpen {
                datapath.noteDeviceDrop()
                datapath.pool.release(item.packet)
            } else if port.ringIndex >= 0 {
                poller.putIntoRing(item.packet, port)
            } else if item.packet.pointee.offload.isSuperPacket && !port.takesWhole(item.packet) {
                poller.segments(of: item.packet) { segment in write(segment, to: port) }
            } else {
                write(item.packet, to: port)
            }
        }
        datapath.emptyOutbox()
        if !poller.ringDevices.isEmpty { poller.publishRings() }
    }

    private func write(_ packet: PacketRef, to port: Poller.Port) {
        let start = packet.pointee.data - Self.header
        packet.pointee.offload.write(to: start)
        if Glibc.write(port.descriptor, start, packet.pointee.length + Self.header) < 0 { datapath.noteDeviceDrop() }
        datapath.pool.release(packet)
    }
}
