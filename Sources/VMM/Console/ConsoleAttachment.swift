import Glibc
import Linux

/// One reader and typist of a console: descriptors of a terminal, a file or a socket. Used with the device lock held.
final class ConsoleAttachment {
    private let input: OwnedDescriptor?
    private let output: OwnedDescriptor
    private let loop: EventLoop
    private let onInput: ([UInt8]) -> Void
    private let onClose: () -> Void
    private var pending: [UInt8] = []
    private var isOpen = true
    private var isReading = true
    /// A reader who has gone may have typed before.
    private var isOutputGone = false
    /// Regular files are always ready, and epoll does not take them.
    private var isFile = false

    init(
        input: OwnedDescriptor?, output: OwnedDescriptor, loop: EventLoop, onInput: @escaping ([UInt8]) -> Void,
        onClose: @escaping () -> Void
    ) {
        self.input = input
        self.output = output
        self.loop = loop
        self.onInput = onInput
        self.onClose = onClose
    }

    func start() {
        if let input { try? loop.watch(input.rawValue, .readable) { [unowned self] in ready($0) } }
    }

    private var isOneDescriptor: Bool { input?.rawValue == output.rawValue }

    func write(_ bytes: [UInt8]) {
        guard isOpen, !isOutputGone else { return }
        pending += bytes
        if pending.count > Console.readerLimit { pending.removeFirst(pending.count - Console.readerLimit) }
        send()
    }

    func flush() { if isOpen { send() } }

    func setReading(_ on: Bool) {
        guard isOpen, on != isReading else { return }
        isReading = on
        updateEvents()
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        if let input { loop.unwatch(input.rawValue) }
        if !isOneDescriptor { loop.unwatch(output.rawValue) }
    }

    private func ready(_ events: Epoll.Events) {
        if events.contains(.readable), let input {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(input.rawValue, &buffer, buffer.count)
            if count > 0 { onInput(Array(buffer[..<count])) }
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return inputEnded() }
        } else if !events.isDisjoint(with: [.hangUp, .error]) {
            return inputEnded()
        }
        if events.contains(.writable) { send() }
    }

    /// The end of what somebody types is not the end of what they want to read, but for a socket that is closed.
    private func inputEnded() {
        guard let input else { return }
        if isOneDescriptor {
            close()
            onClose()
        } else {
            loop.unwatch(input.rawValue)
        }
    }

    private func send() {
        while !pending.isEmpty {
            // Not more than a pipe takes at once when it says that it has room, so that no write waits (pipe(7), PIPE_BUF).
            var probe = pollfd(fd: output.rawValue, events: Int16(POLLOUT), revents: 0)
            guard poll(&probe, 1, 0) == 1 else { break }
            let count = pending.withUnsafeBytes { Glibc.write(output.rawValue, $0.baseAddress, min($0.count, 4096)) }
            if count > 0 {
                pending.removeFirst(count)
            } else if count < 0, errno == EAGAIN || errno == EINTR {
                break
            } else if isOneDescriptor {
                // What was typed is still read, up to its end.
                isOutputGone = true
                pending = []
            } else {
                close()
                return onClose()
            }
        }
        updateEvents()
    }

    private func updateEvents() {
        let reading: Epoll.Events = isReading ? .readable : []
        let writing: Epoll.Events = pending.isEmpty ? [] : .writable
        if isOneDescriptor {
            loop.change(output.rawValue, reading.union(writing))
            return
        }
        if let input { loop.change(input.rawValue, reading) }
        if pending.isEmpty {
            loop.unwatch(output.rawValue)
        } else {
            try? loop.watch(output.rawValue, .writable) { [unowned self] _ in send() }
        }
    }
}
