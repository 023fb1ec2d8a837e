import Glibc
import Linux

/// A packet socket that hears everything on one interface, in both directions (packet(7)), each packet with the time
/// at which the kernel had it.
struct CaptureSocket: ~Copyable, Sendable {
    let descriptor: FileDescriptor

    /// In the calling thread's network namespace. - Parameter interface: the interface's number there.
    init(interface: Int32) throws(SystemError) {
        let everything = UInt16(0x0003).bigEndian  // ETH_P_ALL, linux/if_ether.h
        // Protocol 0 hears nothing: not a packet of another interface before the socket is bound to this one.
        let number = socket(AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("open a packet socket") }
        let descriptor = FileDescriptor(owning: number)
        var on: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_TIMESTAMPNS, &on, 4)
        var bytes: Int32 = 16 << 20
        setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, 4)
        // struct sockaddr_ll: family, protocol, interface, and what only matters for sending.
        var address: [20 of UInt8] = .init(repeating: 0)
        let result = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: UInt16(AF_PACKET), toByteOffset: 0, as: UInt16.self)
            bytes.storeBytes(of: everything, toByteOffset: 2, as: UInt16.self)
            bytes.storeBytes(of: interface, toByteOffset: 4, as: Int32.self)
            return bytes.withMemoryRebound(to: sockaddr.self) { bind(number, $0.baseAddress, 20) }
        }
        if result < 0 { throw SystemError("listen at interface", "\(interface)") }
        self.descriptor = descriptor
    }

    /// The next packet, as much of it as fits.
    /// - Returns: its bytes in `buffer`, its whole length and its time in nanoseconds since 1970; nil on an error.
    borrowing func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) -> (byteCount: Int, length: Int, time: UInt64)? {
        var control: [8 of UInt64] = .init(repeating: 0)
        let number = descriptor.rawValue
        let count = withUnsafeMutableBytes(of: &control) { control in
            var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
            return withUnsafeMutablePointer(to: &vector) { vector in
                var message = msghdr()
                message.msg_iov = vector
                message.msg_iovlen = 1
                message.msg_control = control.baseAddress
                message.msg_controllen = control.count
                return recvmsg(number, &message, Int32(MSG_TRUNC) | Int32(MSG_DONTWAIT))
            }
        }
        guard count > 0 else { return nil }
        let isStamp =
            UInt32(truncatingIfNeeded: control[1]) == UInt32(SOL_SOCKET) && control[1] >> 32 == UInt64(SO_TIMESTAMPNS)
        let time = isStamp ? control[2] &* 1_000_000_000 &+ control[3] : EchoSocket.now()
        return (min(count, buffer.count), count, time)
    }
}
