import OpenFlow

/// Messages that came together from one peer, with their bytes, which errors quote.
public struct RequestBatch: Sendable {
    public struct Request: Sendable {
        public var content: Content
        /// Where the message is in the batch's bytes.
        public var offset: Int
        public var byteCount: Int

        public enum Content: Sendable {
            case message(Message)
            /// The codec refused it; `type` is the header's.
            case refused(OpenFlowError, xid: UInt32, type: UInt8)
        }
    }

    public private(set) var bytes: [UInt8] = []
    public private(set) var requests: [Request] = []

    public init() {}

    public var isEmpty: Bool { requests.isEmpty }

    /// Adds a message, with its header.
    /// - Parameter hasTableID: whether flow-mods of OpenFlow 1.0 name tables.
    public mutating func append(_ message: UnsafeRawBufferPointer, version: OpenFlowVersion, hasTableID: Bool = false) {
        let content: Request.Content
        do throws(OpenFlowError) {
            content = .message(try Message.decode(message, version: version, hasTableID: hasTableID))
        } catch {
            let xid = message.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian
            content = .refused(error, xid: xid, type: message[1])
        }
        requests.append(Request(content: content, offset: bytes.count, byteCount: message.count))
        bytes.append(contentsOf: message)
    }

    /// A request as an error quotes it: the specification asks for 64 bytes or more (OpenFlow 1.5, 7.5.4); as Open vSwitch,
    /// all that fits into an error.
    func quote(_ request: Request) -> [UInt8] {
        Array(bytes[request.offset..<request.offset + min(request.byteCount, Self.longestQuote)])
    }

    /// The whole message.
    func bytes(_ request: Request) -> ArraySlice<UInt8> {
        bytes[request.offset..<request.offset + request.byteCount]
    }

    /// A message's largest size without the header, type and code of an error, and an experimenter's number.
    static let longestQuote = 65535 - 16
}
