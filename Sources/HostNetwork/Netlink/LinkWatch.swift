import CLinux
import Glibc
import Linux

/// Tells when links of the calling thread's network namespace come, go or change (rtnetlink(7), RTMGRP_LINK).
public final class LinkWatch: Sendable {
    private let descriptor: FileDescriptor

    /// - Parameter changed: is called on a thread of the watch's own after each change, once for several that come together.
    public init(_ changed: @escaping @Sendable () -> Void) throws(SystemError) {
        let fd = rk_netlink_open(Int32(NETLINK_ROUTE), 1 << 20)
        guard fd >= 0 else { throw SystemError("open a netlink socket") }
        descriptor = FileDescriptor(owning: fd)
        var group: UInt32 = 1  // RTNLGRP_LINK
        guard setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4) == 0 else {
            throw SystemError("watch the links of the machine")
        }
        try BackgroundThread.start("rookery-links") {
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while true {
                let count = buffer.withUnsafeMutableBytes { recv(fd, $0.baseAddress, $0.count, 0) }
                // A full queue (ENOBUFS) is news too: something has changed.
                if count < 0 && errno != EINTR && errno != ENOBUFS { return }
                // What else is there belongs to the same change.
                while buffer.withUnsafeMutableBytes({ recv(fd, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) })
                    > 0
                {}
                changed()
            }
        }
    }
}
