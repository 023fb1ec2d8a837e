import Board
import Glibc

/// Watches descriptors when the test says so.
final class PollingWatcher: DescriptorWatcher {
    private var watched: [Int32: (events: DescriptorEvents, onReady: (DescriptorEvents) -> Void)] = [:]

    var count: Int { watched.count }

    func watch(_ descriptor: Int32, for events: DescriptorEvents, onReady: @escaping (DescriptorEvents) -> Void) {
        precondition(watched[descriptor] == nil)
        watched[descriptor] = (events, onReady)
    }

    func change(_ descriptor: Int32, to events: DescriptorEvents) { watched[descriptor]!.events = events }

    func unwatch(_ descriptor: Int32) {
        precondition(watched[descriptor] != nil)
        watched[descriptor] = nil
    }

    /// Tells what is ready, until nothing is, or so often as it is said.
    func pump(rounds: Int = .max) {
        for round in 0..<1000 {
            if round == rounds { return }
            var polls = watched.map { descriptor, entry in
                var events: Int32 = 0
                if entry.events.contains(.readable) { events |= POLLIN }
                if entry.events.contains(.writable) { events |= POLLOUT }
                return pollfd(fd: descriptor, events: Int16(events), revents: 0)
            }
            guard poll(&polls, UInt(polls.count), 0) > 0 else { return }
            for entry in polls where entry.revents != 0 {
                var ready: DescriptorEvents = []
                if Int32(entry.revents) & POLLIN != 0 { ready.insert(.readable) }
                if Int32(entry.revents) & POLLOUT != 0 { ready.insert(.writable) }
                if Int32(entry.revents) & (POLLHUP | POLLERR) != 0 { ready.insert(.ended) }
                watched[entry.fd]?.onReady(ready)
            }
        }
        preconditionFailure("descriptors stay ready: something is told again and again")
    }
}
