import CLinux
import Glibc
import Wire
import Linux

// What: requests to rtnetlink, collected and sent in one go.
// An acknowledgement costs a message from the kernel and a read; a refusal comes back in any case. So only the last
// request of a batch asks for one: when it has come, everything before it is done or has been refused.

/// An interface, by name or by the kernel's number.
public enum InterfaceReference: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    case name(String)
    case index(Int32)
    public init(stringLiteral value: String) { self = .name(value) }
    public var description: String {
        switch self {
        case .name(let name): name
        case .index(let index): "interface \(index)"
        }
    }
}

/// Requests to the kernel's network configuration, for one sendmsg (`RouteSocket.run`).
public struct RouteBatch: Sendable {
    struct Request: Sendable {
        let description: String
        /// Errors that are as good as done, such as EEXIST.
        let tolerated: [Errno]
    }

    var encoder = NetlinkEncoder()
    var requests: [Request] = []
    /// Where the last message starts, whose flags get NLM_F_ACK.
    var lastStart = 0

    public init() {}

    public var isEmpty: Bool { requests.isEmpty }
    public var count: Int { requests.count }

    /// What the kernel will be sent.
    public var bytes: [UInt8] { encoder.bytes }

    mutating func add(
        _ description: String, type: Int, flags: Int = 0, tolerating tolerated: [Errno] = [],
        _ body: (inout NetlinkEncoder) -> Void
    ) {
        lastStart = encoder.bytes.count
        encoder.begin(type: UInt16(type), flags: UInt16(flags), sequence: UInt32(requests.count + 1))
        body(&encoder)
        encoder.end()
        requests.append(Request(description: description, tolerated: tolerated))
    }
}

// Message types are an enumeration in C; these are their numbers (linux/rtnetlink.h).
enum MessageType {
    static let newLink = 16, deleteLink = 17, getLink = 18
    static let newAddress = 20, deleteAddress = 21, getAddress = 22
    static let newRoute = 24, deleteRoute = 25, getRoute = 26
    static let newNeighbour = 28, deleteNeighbour = 29, getNeighbour = 30
}
