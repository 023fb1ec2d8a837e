import CLinux
import Glibc
import Linux

/// A conversation with the kernel about links, addresses and routes of the network namespace that the calling thread was
/// in when it opened the socket (rtnetlink(7)). One thread at a time.
public struct RouteSocket: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    private static let bufferSize = 64 * 1024

    public init() throws(SystemError) {
        let fd = rk_netlink_open(Int32(NETLINK_ROUTE), 1 << 20)
        guard fd >= 0 else { throw SystemError("open a netlink socket") }
        descriptor = FileDescriptor(owning: fd)
    }

    /// Sends the requests and waits until the kernel has worked through them. Those that fail do not stop the others.
    /// - Throws: the first refusal.
    public borrowing func run(_ batch: RouteBatch) throws(NetlinkError) {
        if let first = try runAll(batch).first { throw first }
    }

    /// Sends the requests, and returns all refusals.
    public borrowing func runAll(_ batch: RouteBatch) throws(NetlinkError) -> [NetlinkError] {
        guard !batch.isEmpty else { return [] }
        var bytes = batch.bytes
        let flagsOffset = batch.lastStart + 6
        bytes.withUnsafeMutableBytes { buffer in
            let flags = buffer.loadUnaligned(fromByteOffset: flagsOffset, as: UInt16.self)
            buffer.storeBytes(of: flags | UInt16(NLM_F_ACK), toByteOffset: flagsOffset, as: UInt16.self)
        }
        try send(bytes)
        var refusals: [NetlinkError] = []
        var answered = false
        while !answered {
            for message in try receive() where message.type == NLMSG_ERROR {
                let index = Int(message.sequence) - 1
                guard batch.requests.indices.contains(index) else { continue }
                let code = -message.payload.number(at: 0, as: Int32.self)
                let request = batch.requests[index]
                if code != 0, !request.tolerated.contains(Errno(rawValue: code)) {
                    refusals.append(
                        NetlinkError(
                            request: request.description, index: index, code: Errno(rawValue: code),
                            explanation: Self.explanation(message)))
                }
                if index == batch.requests.count - 1 { answered = true }
            }
        }
        return refusals
    }

    /// All links.
    public borrowing func links() throws(NetlinkError) -> [LinkRecord] {
        try dump("list links", MessageType.getLink, headerLength: 16).compactMap(LinkRecord.init)
    }

    /// All addresses.
    public borrowing func addresses() throws(NetlinkError) -> [AddressRecord] {
        try dump("list addresses", MessageType.getAddress, headerLength: 8).compactMap(AddressRecord.init)
    }

    /// All IPv4 and IPv6 routes of all tables; those of the main table have `table` 254.
    public borrowing func routes() throws(NetlinkError) -> [RouteRecord] {
        var records: [RouteRecord] = []
        for family in [AF_INET, AF_INET6] {
            records += try dump("list routes", MessageType.getRoute, headerLength: 12, family: UInt8(family))
                .compactMap(RouteRecord.init)
        }
        return records
    }

    /// All neighbours.
    public borrowing func neighbours() throws(NetlinkError) -> [NeighbourRecord] {
        try dump("list neighbours", MessageType.getNeighbour, headerLength: 12).compactMap(NeighbourRecord.init)
    }

    private borrowing func dump(
        _ request: String, _ type: Int, headerLength: Int, family: UInt8 = 0
    ) throws(NetlinkError) -> [NetlinkMessage] {
        var attempts = 0
        while true {
            var encoder = NetlinkEncoder()
            encoder.begin(type: UInt16(type), flags: UInt16(NLM_F_DUMP), sequence: 1)
            encoder.append(family)
            for _ in 1..<headerLength { encoder.append(UInt8(0)) }
            encoder.end()
            try send(encoder.bytes)
            var found: [NetlinkMessage] = []
            var interrupted = false
            var done = false
            while !done {
                for message in try receive() {
                    if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { interrupted = true }
                    if message.type == NLMSG_DONE { done = true }
                    if message.type == NLMSG_ERROR {
                        let code = -message.payload.number(at: 0, as: Int32.self)
                        throw NetlinkError(
                            request: request, code: Errno(rawValue: code), explanation: Self.explanation(message))
                    }
                    found.append(message)
                }
            }
            // Something changed under the dump: what was read may miss an entry.
            attempts += 1
            if !interrupted || attempts == 10 { return found }
        }
    }

    private borrowing func send(_ bytes: [UInt8]) throws(NetlinkError) {
        let sent = bytes.withUnsafeBytes { Glibc.send(descriptor.rawValue, $0.baseAddress, $0.count, 0) }
        if sent != bytes.count { throw NetlinkError(request: "send to the kernel", code: .last) }
    }

    private borrowing func receive() throws(NetlinkError) -> [NetlinkMessage] {
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor.rawValue, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return NetlinkMessage.parse(buffer, count: count) }
            if errno != EINTR { throw NetlinkError(request: "read the kernel's answer", code: .last) }
        }
    }

    /// The text of an extended acknowledgement: behind the error number and the request's header, and behind the rest
    /// of the request where it was not capped (NETLINK_CAP_ACK).
    static func explanation(_ message: NetlinkMessage) -> String? {
        guard message.flags & UInt16(NLM_F_ACK_TLVS) != 0 else { return nil }
        var offset = 20
        if message.flags & UInt16(NLM_F_CAPPED) == 0 {
            offset = 4 + Int(message.payload.number(at: 4, as: UInt32.self))
        }
        guard offset <= message.payload.count else { return nil }
        let attributes = message.attributes(after: offset)
        return attributes.first { $0.type == Int(NLMSGERR_ATTR_MSG.rawValue) }?.string
    }
}
