import CLinux
import Glibc

// When a packet came: the kernel's own note (SO_TIMESTAMPNS, socket(7)), which no delay of the reader's falsifies.

extension FileDescriptor {
    /// Has the kernel note of every packet when it came, and keep up to `buffer` bytes of packets that wait. A kernel
    /// that refuses costs precision, not correctness.
    public borrowing func notePacketTimes(buffer: Int32) {
        let number = rawValue
        var on: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_TIMESTAMPNS, &on, socklen_t(MemoryLayout<Int32>.size))
        var bytes = buffer
        setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Receives one packet, as much of it as fits.
    /// - Parameter flags: recv(2)'s.
    /// - Returns: what recvmsg(2) returns, 0 or -1 included, and when the packet came in nanoseconds of `WallClock`: the
    ///   kernel's note, or now where there is none.
    public borrowing func receivePacket(
        into buffer: UnsafeMutableRawBufferPointer, flags: Int32 = 0
    ) -> (count: Int, time: UInt64) {
        // One control message, with a timespec (cmsg(3)): length, level, type, data, aligned to 8 bytes.
        var control: [8 of UInt64] = .init(repeating: 0)
        let number = rawValue
        let count = withUnsafeMutableBytes(of: &control) { control in
            var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
            return withUnsafeMutablePointer(to: &vector) { vector in
                var message = msghdr()
                message.msg_iov = vector
                message.msg_iovlen = 1
                message.msg_control = control.baseAddress
                message.msg_controllen = control.count
                return recvmsg(number, &message, flags)
            }
        }
        guard count > 0 else { return (count, 0) }
        let isNoted =
            UInt32(truncatingIfNeeded: control[1]) == UInt32(SOL_SOCKET) && control[1] >> 32 == UInt64(SO_TIMESTAMPNS)
        return (count, isNoted ? control[2] &* 1_000_000_000 &+ control[3] : WallClock.now())
    }
}
