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
            descriptor.notePacketTimes(buffer: 4 << 20)
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
        while true {
            let received = withUnsafeMutableBytes(of: &packet) { bytes in
                let (count, time) = descriptor.receivePacket(into: bytes)
                let reply = UnsafeRawBufferPointer(rebasing: bytes[..<max(0, count)])
                return (
                    count: count, time: time,
                    sequence: count > 0
                        ? EchoMessage.sequence(ofReply: reply, identifier: identifier, isIPv6: isIPv6) : nil
                )
            }
            if received.count < 0 { return nil }
            if let sequence = received.sequence { return (sequence, received.time) }
        }
    }
}
