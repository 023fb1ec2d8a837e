import Linux
import Ports
import Switch
import Synchronization
import Testing

@Suite struct AttendantTests {
    /// Asks for a turn every millisecond until it has had five.
    final class Ticker: PollerAttendant, Sendable {
        let turns = Mutex<[UInt64]>([])
        let done = Gate()

        func turn(now: UInt64) {
            let count = turns.withLock { turns in
                if now >= (turns.last ?? 0) + 1_000_000 { turns.append(now) }
                return turns.count
            }
            if count == 5 { done.open() }
        }

        var nextDeadline: UInt64? {
            turns.withLock { $0.count < 5 ? ($0.last ?? 0) + 1_000_000 : nil }
        }
    }

    @Test(arguments: PollerMechanism.allCases)
    func anAttendantHasItsTurnsWithoutPackets(mechanism: PollerMechanism) throws {
        let poller = try Poller(datapath: Datapath(now: MonotonicClock.now()), mechanism: mechanism)
        poller.start()
        defer { poller.stop() }
        let ticker = Ticker()
        poller.attend(ticker)
        ticker.done.wait()
        let turns = ticker.turns.withLock { $0 }
        #expect(zip(turns, turns.dropFirst()).allSatisfy { $1 - $0 >= 1_000_000 })
    }

    @Test(arguments: PollerMechanism.allCases)
    func postedCallsRunAllAndInOrder(mechanism: PollerMechanism) throws {
        let poller = try Poller(datapath: Datapath(now: MonotonicClock.now()), mechanism: mechanism)
        poller.start()
        defer { poller.stop() }
        final class Log: Sendable { let numbers = Mutex<[Int]>([]) }
        let log = Log()
        for round in 0..<200 {
            for number in 0..<10 {
                poller.post { _, _ in log.numbers.withLock { $0.append(round * 10 + number) } }
            }
            // A call that waits: would hang if a wake-up were lost.
            if round % 10 == 0 { poller.run { _, _ in } }
        }
        poller.run { _, _ in }
        #expect(log.numbers.withLock { $0 } == Array(0..<2000))
    }
}
