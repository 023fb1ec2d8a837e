import Linux
import Ports
import Switch
import Synchronization

/// Who listens to which ports of the data path: `Datapath.onCapture` is one for all.
final class PortCaptures: Sendable {
    typealias Listener = @Sendable (UnsafeRawBufferPointer) -> Void

    private struct State {
        var next = 0
        var listeners: [Int32: [Int: Listener]] = [:]
        var isInstalled = false
    }

    private let state = Mutex(State())

    /// Starts showing a port's packets to `listener`, on the poller's thread. Returns a number to end it by.
    func add(port: Int32, of fabric: Fabric, _ listener: @escaping Listener) -> Int {
        let (number, isFirst) = state.withLock { state in
            defer {
                state.next += 1
                state.isInstalled = true
            }
            state.listeners[port, default: [:]][state.next] = listener
            return (state.next, !state.isInstalled)
        }
        fabric.poller.run { [self] datapath, _ in
            if isFirst {
                datapath.onCapture = { [self] port, _, frame, _ in
                    let listeners = state.withLock { $0.listeners[port] } ?? [:]
                    for listener in listeners.values { listener(frame) }
                }
            }
            datapath.setCapture(port: port, true)
        }
        return number
    }

    func remove(_ number: Int, port: Int32, of fabric: Fabric) {
        let isLast = state.withLock { state in
            state.listeners[port]?[number] = nil
            return state.listeners[port]?.isEmpty ?? true
        }
        if isLast { fabric.poller.run { datapath, _ in datapath.setCapture(port: port, false) } }
    }
}
