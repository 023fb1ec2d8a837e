import Glibc
import Linux

/// A Unix socket that carries vhost-user messages and the descriptors beside them.
public final class VhostUserSocket {
    public let descriptor: OwnedDescriptor
    public var rawValue: Int32 { descriptor.rawValue }

    /// The time of the monotonic clock, in nanoseconds, up to which the other side is waited for; nil: for ever. What is there by
    /// then is taken later, too.
    public var deadline: UInt64?

    public init(_ descriptor: OwnedDescriptor) { self.descriptor = descriptor }

    public func send(_ message: VhostUserMessage, descriptors: [Int32] = []) throws(VhostUserError) {
        let bytes = message.bytes
        var done = 0
        while done < bytes.count {
            try wait(for: POLLOUT)
            do throws(SystemError) {
                done += try UnixSocket.send(
                    Array(bytes[done...]), descriptors: done == 0 ? descriptors : [], on: descriptor.descriptor)
            } catch {
                throw .system("\(error)")
            }
        }
    }

    /// Waits until the socket can be written to, or read.
    private func wait(for events: Int32) throws(VhostUserError) {
        guard let deadline else { return }
        var entry = pollfd(fd: rawValue, events: Int16(events), revents: 0)
        while true {
            let now = MonotonicClock.now()
            let left = now < deadline ? (deadline - now + 999_999) / 1_000_000 : 0
            let count = poll(&entry, 1, Int32(clamping: left))
            if count > 0 { return }
            if count < 0 && errno == EINTR { continue }
            throw .system("the other side does not answer in time")
        }
    }

    /// Waits for the next message, and the descriptors that came with it.
    /// - Returns: nil when the other side has gone.
    public func receive() throws(VhostUserError) -> (message: VhostUserMessage, descriptors: [OwnedDescriptor])? {
        var descriptors: [OwnedDescriptor] = []
        let header = try take(VhostUserMessage.headerByteCount, &descriptors)
        if header.isEmpty { return nil }
        guard let parsed = header.withUnsafeBytes({ VhostUserMessage.parseHeader($0) }) else {
            throw .badValue("header")
        }
        var message = parsed.message
        message.payload = try take(parsed.byteCount, &descriptors)
        guard message.payload.count == parsed.byteCount else { throw .badValue("message that ends in the middle") }
        return (message, descriptors)
    }

    /// Takes so many bytes; fewer at the end of the stream.
    private func take(_ count: Int, _ descriptors: inout [OwnedDescriptor]) throws(VhostUserError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { buffer.deallocate() }
        var done = 0
        while done < count {
            try wait(for: POLLIN)
            let received: (byteCount: Int, descriptors: [Int32])?
            do throws(SystemError) {
                received = try UnixSocket.receive(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), on: descriptor.descriptor)
            } catch {
                throw .system("\(error)")
            }
            guard let received else { throw .system("the socket does not wait") }
            descriptors += received.descriptors.map { OwnedDescriptor(FileDescriptor(owning: $0)) }
            guard descriptors.count <= VhostUserPayload.regionLimit else {
                throw .badValue("so many descriptors")
            }
            if received.byteCount == 0 { break }
            done += received.byteCount
        }
        return Array(buffer[..<done])
    }
}

extension OwnedDescriptor {
    /// Adds one to an eventfd that another process gave.
    func signalEvent() {
        var one: UInt64 = 1
        _ = Glibc.write(rawValue, &one, 8)
    }

    /// Takes an eventfd's count.
    func drainEvent() {
        var count: UInt64 = 0
        _ = Glibc.read(rawValue, &count, 8)
    }
}
