import Glibc
import Linux
import Ports
import Switch
import Testing

/// Real stacks, real TAPs, both mechanisms.
@Suite(.serialized, .enabled(if: Means.arePresent, "\(Means.absence)"))
struct PollerTests {
    /// Sends `count` bytes over TCP from host 1 to host 2 and checks each of them.
    private func transfer(_ lab: PollerHarness, bytes count: Int) throws {
        let listener = try lab.socket(host: 2, Int32(SOCK_STREAM.rawValue))
        let sender = try lab.socket(host: 1, Int32(SOCK_STREAM.rawValue))
        defer {
            close(listener)
            close(sender)
        }
        let address = PollerHarness.address(host: 2, port: 5000)
        #expect(withAddress(address) { bind(listener, $0, $1) } == 0)
        #expect(listen(listener, 1) == 0)
        #expect(withAddress(address) { connect(sender, $0, $1) } == 0)
        let receiver = accept(listener, nil, nil)
        #expect(receiver >= 0)
        defer { close(receiver) }
        func pattern(_ position: Int) -> UInt8 { UInt8(truncatingIfNeeded: position &* 2_654_435_761 >> 13) }
        // One thread sends and reads in turn: the socket buffers hold what is under way.
        _ = fcntl(sender, F_SETFL, O_NONBLOCK)
        var sent = 0
        var received = 0
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        var errors = 0
        while received < count {
            if sent < count {
                let length = min(chunk.count, count - sent)
                for offset in 0..<length { chunk[offset] = pattern(sent + offset) }
                let done = chunk.withUnsafeBytes { write(sender, $0.baseAddress, length) }
                if done > 0 { sent += done }
            }
            if received < sent {
                let done = chunk.withUnsafeMutableBytes { recv(receiver, $0.baseAddress, $0.count, 0) }
                guard done > 0 else {
                    Issue.record("only \(received) of \(count) bytes came")
                    return
                }
                for offset in 0..<done where chunk[offset] != pattern(received + offset) { errors += 1 }
                received += done
            }
        }
        #expect(errors == 0)
    }

    @Test(arguments: PollerMechanism.allCases) func bytesArriveWhole(mechanism: PollerMechanism) throws {
        let lab = try PollerHarness(hosts: 2, mechanism: mechanism)
        defer { lab.stop() }
        #expect(lab.poller.mechanism == mechanism)
        lab.joinBySwitch()
        try transfer(lab, bytes: 8 << 20)
        let status = lab.poller.run { datapath, _ in datapath.status }
        #expect(status.drops["badOffload"] == nil)
    }

    @Test(arguments: PollerMechanism.allCases) func bytesArriveWholeThroughModelledLinks(mechanism: PollerMechanism)
        throws
    {
        let lab = try PollerHarness(hosts: 2, mechanism: mechanism)
        defer { lab.stop() }
        lab.joinBySwitch(LinkProfile(rate: 400_000_000, delay: 500_000))
        try transfer(lab, bytes: 2 << 20)
        let statistics = lab.poller.run { datapath, _ in datapath.linkStatistics(direction: 0) }
        // Super-packets were cut: at 400 Mbit/s one would hold the link for more than a millisecond.
        #expect((statistics?.segmented ?? 0) > 0)
        #expect((statistics?.bytesDelivered ?? 0) > 2 << 20)
    }

    @Test(arguments: PollerMechanism.allCases) func aSmallerMTUOnTheLinkSegmentsSuperPackets(mechanism: PollerMechanism)
        throws
    {
        let lab = try PollerHarness(hosts: 2, mechanism: mechanism, mtu: 9000)
        defer { lab.stop() }
        lab.joinBySwitch(LinkProfile(mtu: 9000))
        try transfer(lab, bytes: 1 << 20)
    }

    @Test(arguments: PollerMechanism.allCases) func datagramsReachEveryoneByBroadcast(mechanism: PollerMechanism) throws
    {
        let lab = try PollerHarness(hosts: 5, mechanism: mechanism)
        defer { lab.stop() }
        lab.joinBySwitch()
        let receivers = try (2...5).map { host in
            let number = try lab.socket(host: host, Int32(SOCK_DGRAM.rawValue))
            var any = PollerHarness.address(host: host, port: 6000)
            any.sin_addr.s_addr = 0
            #expect(withAddress(any) { bind(number, $0, $1) } == 0)
            return number
        }
        let sender = try lab.socket(host: 1, Int32(SOCK_DGRAM.rawValue))
        defer { for number in receivers + [sender] { close(number) } }
        var on: Int32 = 1
        setsockopt(sender, SOL_SOCKET, SO_BROADCAST, &on, 4)
        var to = PollerHarness.address(host: 255, port: 6000)
        to.sin_addr.s_addr = UInt32(0x0a00_00ff).bigEndian
        let message = Array("to all".utf8)
        #expect(
            withAddress(to) { address, length in sendto(sender, message, message.count, 0, address, length) }
                == message.count)
        for receiver in receivers {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = recv(receiver, &buffer, buffer.count, 0)
            #expect(count == message.count && Array(buffer[..<max(0, count)]) == message)
        }
    }

    @Test func callsFromManyThreadsRunOneByOne() throws {
        let lab = try PollerHarness(hosts: 2, mechanism: .ioUring)
        defer { lab.stop() }
        lab.joinBySwitch()
        let total = 4 * 500
        var threads: [pthread_t] = []
        final class Counter: @unchecked Sendable {
            var value = 0
            let poller: Poller
            init(_ poller: Poller) { self.poller = poller }
        }
        let counter = Counter(lab.poller)
        for _ in 0..<4 {
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { argument in
                    let counter = Unmanaged<Counter>.fromOpaque(argument!).takeUnretainedValue()
                    for _ in 0..<500 { counter.poller.run { _, _ in counter.value += 1 } }
                    return nil
                }, Unmanaged.passUnretained(counter).toOpaque())
            threads.append(thread)
        }
        for thread in threads { pthread_join(thread, nil) }
        #expect(counter.value == total)
    }
}
