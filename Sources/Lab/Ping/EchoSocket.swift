import Glibc
import HostNetwork
import Linux
import Wire

/// A raw ICMP or ICMPv6 socket in a host's network namespace, non-blocking, that hears echo replies only and has the
/// kernel note when they came.
final class EchoSocket: Sendable {
    let descriptor: FileDescriptor
    private let isIPv6: Bool
    private let identifier: UInt16

    init(in host: Host, isIPv6: Bool, identifier: UInt16) throws(LabError) {
        self.isIPv6 = isIPv6
        self.identifier = identifier
        descriptor = try host.inNetwork { () throws(SystemError) in
            let type = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let number = socket(
                isIPv6 ? AF_INET6 : AF_INET, type, Int32(isIPv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
            guard number >= 0 else { throw SystemError("open an ICMP socket") }
            let descriptor = FileDescriptor(owning: number)
            var on: Int32 = 1
            setsockopt(number, SOL_SOCKET, SO_TIMESTAMPNS, &on, 4)
            var bytes: Int32 = 4 << 20
            setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, 4)
            Self.hearRepliesOnly(number, isIPv6: isIPv6)
            return descriptor
        }
    }

    /// A bit that is set blocks the type with its number: ICMP_FILTER (linux/icmp.h) has 32 of them, ICMPV6_FILTER
    /// (linux/icmpv6.h) 256. A kernel that refuses costs time, not correctness.
    private static func hearRepliesOnly(_ number: Int32, isIPv6: Bool) {
        let optionFilter: Int32 = 1
        if isIPv6 {
            var mask = [UInt32](repeating: .max, count: 8)
            mask[129 / 32] &= ~(1 << (129 % 32))
            setsockopt(number, Int32(IPPROTO_ICMPV6), optionFilter, &mask, 32)
        } else {
            var mask: UInt32 = ~1
            let levelRaw: Int32 = 255
            setsockopt(number, levelRaw, optionFilter, &mask, 4)
        }
    }

    /// The clock that the kernel stamps packets with, in nanoseconds.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Sends a request; returns why it could not be sent, if it could not.
    func send(to address: HostAddress, sequence: UInt16) -> Errno? {
        var message: [64 of UInt8] = .init(repeating: 0)
        let number = descriptor.rawValue
        let sent = withUnsafeMutableBytes(of: &message) { bytes in
            EchoMessage.emit(identifier: identifier, sequence: sequence, isIPv6: isIPv6, into: bytes)
            switch address {
            case .v4(let address):
                var target = sockaddr_in()
                target.sin_family = sa_family_t(AF_INET)
                target.sin_addr.s_addr = address.rawValue.bigEndian
                return withUnsafePointer(to: target) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        sendto(
                            number, bytes.baseAddress, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            case .v6(let address):
                var target = sockaddr_in6()
                target.sin6_family = sa_family_t(AF_INET6)
                withUnsafeMutableBytes(of: &target.sin6_addr) { address.write(to: $0.baseAddress!) }
                return withUnsafePointer(to: target) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        sendto(
                            number, bytes.baseAddress, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                    }
                }
            }
        }
        return sent < 0 ? Errno.last : nil
    }

    /// The next reply to one of our requests and when the kernel had it; nil where there is none.
    func receive() -> (sequence: UInt16, at: UInt64)? {
        var packet: [512 of UInt8] = .init(repeating: 0)
        // One control message, with a timespec (cmsg(3)): length, level, type, data, aligned to 8 bytes.
        var control: [8 of UInt64] = .init(repeating: 0)
        let number = descriptor.rawValue
        let (identifier, isIPv6) = (identifier, isIPv6)
        while true {
            var count = 0
            let sequence: UInt16? = withUnsafeMutableBytes(of: &packet) { bytes in
                withUnsafeMutableBytes(of: &control) { control in
                    var vector = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                    return withUnsafeMutablePointer(to: &vector) { vector in
                        var message = msghdr()
                        message.msg_iov = vector
                        message.msg_iovlen = 1
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                        count = recvmsg(number, &message, 0)
                        guard count > 0 else { return nil }
                        return EchoMessage.sequence(
                            ofReply: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]),
                            identifier: identifier, isIPv6: isIPv6)
                    }
                }
            }
            if count < 0 { return nil }
            guard let sequence else { continue }
            let (kind, seconds, fraction) = (control[1], control[2], control[3])
            let isStamp =
                UInt32(truncatingIfNeeded: kind) == UInt32(SOL_SOCKET) && kind >> 32 == UInt64(SO_TIMESTAMPNS)
            return (sequence, isStamp ? seconds &* 1_000_000_000 &+ fraction : Self.now())
        }
    }
}
