import Board
import Linux

extension EventLoop: DescriptorWatcher {
    public func watch(
        _ descriptor: Int32, for events: DescriptorEvents, onReady: @escaping (DescriptorEvents) -> Void
    ) {
        // A descriptor that epoll does not take is always ready (regular files); devices have none of these.
        try? watch(descriptor, Epoll.Events(events)) { ready in onReady(DescriptorEvents(ready)) }
    }

    public func change(_ descriptor: Int32, to events: DescriptorEvents) {
        change(descriptor, Epoll.Events(events))
    }
}

extension Epoll.Events {
    fileprivate init(_ events: DescriptorEvents) {
        self = []
        if events.contains(.readable) { insert(.readable) }
        if events.contains(.writable) { insert(.writable) }
    }
}

extension DescriptorEvents {
    fileprivate init(_ events: Epoll.Events) {
        self = []
        if events.contains(.readable) { insert(.readable) }
        if events.contains(.writable) { insert(.writable) }
        if !events.isDisjoint(with: [.hangUp, .error, .peerClosed]) { insert(.ended) }
    }
}
