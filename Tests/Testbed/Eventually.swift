import Glibc
import Linux

/// Waits for something that happens soon; it is asked for every millisecond.
/// - Returns: false where it has not happened within the time.
public func eventually(within seconds: Double = 10, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
    while try !condition() {
        if MonotonicClock.now() > deadline { return false }
        usleep(1000)
    }
    return true
}
