// The counters that are paid late.

extension Datapath {
    /// Brings all counters up to date.
    public func payCredits() {
        for index in 0..<flows.used where flows.flows[index].isAlive { pay(Int32(index)) }
    }

    /// Adds what a megaflow has counted since the last time to everything it counts for.
    func pay(_ megaflow: Int32) {
        let flow = flows.flows + Int(megaflow)
        let packets = flow.pointee.packets &- flow.pointee.paidPackets
        guard packets > 0 else { return }
        let bytes = flow.pointee.bytes &- flow.pointee.paidBytes
        flow.pointee.paidPackets = flow.pointee.packets
        flow.pointee.paidBytes = flow.pointee.bytes
        for index in 0..<Int(flow.pointee.creditCount) {
            pay(
                flow.pointee.credits.unsafelyUnwrapped[index], packets: packets, bytes: bytes,
                at: flow.pointee.lastUsed)
        }
    }

    /// Takes back what a packet is going to count for behind a meter that has dropped it.
    /// - Parameter ordinal: how many meters of the megaflow it had passed before.
    @inline(never)
    func takeBack(_ megaflow: Int32, behindMeter ordinal: Int, bytes: Int) {
        let flow = flows.flows + Int(megaflow)
        let count = Int(flow.pointee.creditCount)
        var left = ordinal
        for index in 0..<count {
            guard case .metered(let length) = flow.pointee.credits.unsafelyUnwrapped[index] else { continue }
            guard left == 0 else {
                left -= 1
                continue
            }
            let end = length < 0 ? count : index + 1 + Int(length)
            for behind in index + 1..<max(index + 1, end) {
                pay(
                    flow.pointee.credits.unsafelyUnwrapped[behind], packets: 0 &- 1, bytes: 0 &- UInt64(bytes), at: 0)
            }
            return
        }
    }

    /// - Parameters:
    ///   - packets, bytes: what is added, wrapping.
    ///   - time: when the last of the packets came; 0: they are taken back.
    private func pay(_ credit: Credit, packets: UInt64, bytes: UInt64, at time: UInt64) {
        switch credit {
        case .rule(let number):
            guard let rule = rules[Int(number)] else { return }
            rule.packets &+= packets
            rule.bytes &+= bytes
            rule.lastUsed = max(rule.lastUsed, time)
            rule.home.lookups &+= packets
            rule.home.matches &+= packets
        case .lookup(let bridge, let table, let matched):
            let table = bridges[Int(bridge)].table(table)
            table.lookups &+= packets
            if matched { table.matches &+= packets }
        case .hiddenFlow(let bridge, let number):
            bridges[Int(bridge)].hiddenFlows?.count(number, packets: packets, bytes: bytes)
        case .bucket(let bridge, let id, let place):
            guard let group = bridges[Int(bridge)].groups[id] else { return }
            if place < 0 {
                group.packets &+= packets
                group.bytes &+= bytes
            } else if Int(place) < group.buckets.count {
                group.buckets[Int(place)].packets &+= packets
                group.buckets[Int(place)].bytes &+= bytes
            }
        case .received(let port):
            ports[Int(port)].receivedPackets &+= packets
            ports[Int(port)].receivedBytes &+= bytes
        case .sent(let port):
            ports[Int(port)].sentPackets &+= packets
            ports[Int(port)].sentBytes &+= bytes
        case .receiveDrop(let port): ports[Int(port)].receiveDrops &+= packets
        case .sendDrop(let port): ports[Int(port)].sendDrops &+= packets
        case .mirrored(let bridge, let place):
            let owner = bridges[Int(bridge)]
            guard Int(place) < owner.mirrors.count else { return }
            owner.mirrors[Int(place)].copied.packets &+= packets
            owner.mirrors[Int(place)].copied.bytes &+= bytes
        case .crossed(let direction):
            directions[Int(direction)].packets &+= packets
            directions[Int(direction)].bytes &+= bytes
            if case .port(let near) = directions[Int(direction ^ 1)].far {
                ports[Int(near)].sentPackets &+= packets
                ports[Int(near)].sentBytes &+= bytes
            }
            if case .port(let far) = directions[Int(direction)].far {
                ports[Int(far)].receivedPackets &+= packets
                ports[Int(far)].receivedBytes &+= bytes
            }
        case .address(let address, let port):
            bridges[Int(ports[Int(port)].bridge)].addresses.touch(
                vlan: UInt16(truncatingIfNeeded: address >> 48), mac: address & 0xffff_ffff_ffff, port: port, now: time)
        case .drop(let reason):
            drops[Int(reason.rawValue)] &+= packets
        case .learned(let number):
            if let learned = pipeline.learnings.find(number), time > 0 { refresh(learned, at: time) }
        case .finTimeout(let number, let idle, let hard):
            if let rule = rules[Int(number)], time > 0 { limitTimeouts(of: rule, idle: idle, hard: hard) }
        case .metered: break
        }
    }
}
