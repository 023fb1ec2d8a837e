/// Tells devices when their descriptors can be read or written: a machine's I/O thread.
public protocol DescriptorWatcher: AnyObject {
    /// Calls `onReady` with the device lock held, again and again as long as a descriptor is ready for one of `events`
    /// (level-triggered). No events: only the end and errors of the other side may be told.
    func watch(
        _ descriptor: Int32, for events: DescriptorEvents, onReady: @escaping (DescriptorEvents) -> Void)
    /// Waits for other events from now on. Of a descriptor that is watched.
    func change(_ descriptor: Int32, to events: DescriptorEvents)
    /// After this returns `onReady` is not called any more. Before the descriptor is closed.
    func unwatch(_ descriptor: Int32)
}

/// What a descriptor is ready for.
public struct DescriptorEvents: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let readable = DescriptorEvents(rawValue: 1)
    public static let writable = DescriptorEvents(rawValue: 2)
    /// The other side is gone, or there was an error: reading will say which.
    public static let ended = DescriptorEvents(rawValue: 4)
}
