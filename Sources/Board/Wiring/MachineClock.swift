/// A machine's time, and what shall happen at one. Handed in, so that tests own it.
/// Called with the device lock held.
public protocol MachineClock: AnyObject {
    /// Nanoseconds since the machine started. Stands still while the machine is paused.
    var now: UInt64 { get }
    /// Calls `timer.fire()` once, with the device lock held, when `now` has reached `deadline`.
    /// A timer has one deadline: the newest.
    func schedule(_ timer: DeviceTimer, at deadline: UInt64)
    func cancel(_ timer: DeviceTimer)
}

/// Something that a device wants to do later.
public final class DeviceTimer {
    /// When it is due, in the machine's nanoseconds; nil while it is not scheduled. Kept by the clock.
    public var deadline: UInt64?
    private let action: () -> Void

    public init(_ action: @escaping () -> Void) {
        self.action = action
    }

    /// For the clock.
    public func fire() {
        deadline = nil
        action()
    }
}
