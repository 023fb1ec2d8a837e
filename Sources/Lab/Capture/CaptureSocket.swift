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
        descriptor.notePacketTimes(buffer: 16 << 20)
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
        let (count, time) = descriptor.receivePacket(into: buffer, flags: Int32(MSG_TRUNC) | Int32(MSG_DONTWAIT))
        guard count > 0 else { return nil }
        return (min(count, buffer.count), count, time)
    }
}
