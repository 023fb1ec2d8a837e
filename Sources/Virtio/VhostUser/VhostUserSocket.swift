import Glibc
import Linux

/// A Unix socket that carries vhost-user messages and the descriptors beside them.
public final class VhostUserSocket {
    public let descriptor: OwnedDescriptor
    public var rawValue: Int32 { descriptor.rawValue }

    /// - Parameter timeoutSeconds: how long a message may take to come; 0: for ever.
    public init(_ descriptor: OwnedDescriptor, timeoutSeconds: Int = 10) {
        self.descriptor = descriptor
        var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor.rawValue, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    public func send(_ message: VhostUserMessage, descriptors: [Int32] = []) throws(VhostUserError) {
        let bytes = message.bytes
        do throws(SystemError) {
            var rest = try UnixSocket.send(bytes, descriptors: descriptors, on: descriptor.descriptor)
            while rest < bytes.count {
                rest += try UnixSocket.send(Array(bytes[rest...]), on: descriptor.descriptor)
            }
        } catch {
            throw .system("\(error)")
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
            let received: (byteCount: Int, descriptors: [Int32])?
            do throws(SystemError) {
                received = try UnixSocket.receive(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), on: descriptor.descriptor)
            } catch {
                throw .system("\(error)")
            }
            guard let received else { throw .system("nothing came in time") }
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
