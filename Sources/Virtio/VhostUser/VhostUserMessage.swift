/// The requests of vhost-user (QEMU's docs/interop/vhost-user.rst), as far as network devices use them.
public enum VhostUserRequest: UInt32, Sendable {
    case getFeatures = 1
    case setFeatures = 2
    case setOwner = 3
    case resetOwner = 4
    case setMemoryTable = 5
    case setRingSize = 8
    case setRingAddresses = 9
    case setRingBase = 10
    case getRingBase = 11
    case setRingKick = 12
    case setRingCall = 13
    case setRingError = 14
    case getProtocolFeatures = 15
    case setProtocolFeatures = 16
    case getQueueCount = 17
    case setRingEnabled = 18
    case setMTU = 20
    case resetDevice = 34
    case setStatus = 39
    case getStatus = 40
}

/// A message: what is asked for, and its payload. Descriptors travel beside it (SCM_RIGHTS). Little-endian, as both ends
/// are one machine.
public struct VhostUserMessage: Equatable, Sendable {
    /// Request, flags, byte count of the payload: 12 bytes.
    public static let headerByteCount = 12
    /// More than any message of ours needs: 8 regions of memory.
    public static let payloadLimit = 4096

    public var request: UInt32
    public var isReply = false
    /// The sender waits for an answer to a request that has none of its own.
    public var needsReply = false
    public var payload: [UInt8] = []

    public init(_ request: UInt32, payload: [UInt8] = []) {
        self.request = request
        self.payload = payload
    }

    public init(_ request: VhostUserRequest, payload: [UInt8] = []) {
        self.init(request.rawValue, payload: payload)
    }

    public static func number(_ value: UInt64) -> [UInt8] { VhostUserPayload.bytes(of: value) }

    /// Reads a header.
    /// - Returns: the message without its payload, and the payload's size; nil: not a header of version 1, or too large.
    public static func parseHeader(_ bytes: UnsafeRawBufferPointer) -> (message: VhostUserMessage, byteCount: Int)? {
        guard bytes.count >= headerByteCount else { return nil }
        let flags = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        let byteCount = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        guard flags & 3 == 1, byteCount <= UInt32(payloadLimit) else { return nil }
        var message = VhostUserMessage(bytes.loadUnaligned(as: UInt32.self))
        message.isReply = flags & 4 != 0
        message.needsReply = flags & 8 != 0
        return (message, Int(byteCount))
    }

    /// Header and payload.
    public var bytes: [UInt8] {
        VhostUserPayload.bytes(of: request) + VhostUserPayload.bytes(of: flags)
            + VhostUserPayload.bytes(of: UInt32(payload.count)) + payload
    }

    private var flags: UInt32 { 1 | (isReply ? 4 : 0) | (needsReply ? 8 : 0) }
}

/// What payloads hold.
public enum VhostUserPayload {
    static func bytes<T: FixedWidthInteger>(of value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
    }

    static func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ payload: [UInt8], at offset: Int) -> T? {
        guard offset >= 0, offset + MemoryLayout<T>.size <= payload.count else { return nil }
        return T(littleEndian: payload.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) })
    }

    /// A run of the guest's memory: a descriptor goes with each.
    public struct Region: Equatable, Sendable {
        public var guestAddress: UInt64
        public var byteCount: UInt64
        /// Where the other end has it mapped: ring addresses are given so.
        public var userAddress: UInt64
        public var fileOffset: UInt64

        public init(guestAddress: UInt64, byteCount: UInt64, userAddress: UInt64, fileOffset: UInt64) {
            self.guestAddress = guestAddress
            self.byteCount = byteCount
            self.userAddress = userAddress
            self.fileOffset = fileOffset
        }
    }

    public static let regionLimit = 8

    public static func memoryTable(_ regions: [Region]) -> [UInt8] {
        bytes(of: UInt32(regions.count)) + bytes(of: UInt32(0))
            + regions.flatMap {
                bytes(of: $0.guestAddress) + bytes(of: $0.byteCount) + bytes(of: $0.userAddress)
                    + bytes(of: $0.fileOffset)
            }
    }

    /// Nil: too short, or more regions than there may be.
    public static func parseMemoryTable(_ payload: [UInt8]) -> [Region]? {
        guard let count = load(UInt32.self, payload, at: 0), count >= 1, count <= UInt32(regionLimit) else {
            return nil
        }
        var regions: [Region] = []
        for index in 0..<Int(count) {
            let offset = 8 + 32 * index
            guard let guest = load(UInt64.self, payload, at: offset),
                let size = load(UInt64.self, payload, at: offset + 8),
                let user = load(UInt64.self, payload, at: offset + 16),
                let file = load(UInt64.self, payload, at: offset + 24)
            else { return nil }
            regions.append(Region(guestAddress: guest, byteCount: size, userAddress: user, fileOffset: file))
        }
        return regions
    }

    /// A ring's number and a value: size, base, enabled.
    public struct RingState: Equatable, Sendable {
        public var ring: UInt32
        public var value: UInt32

        public init(ring: UInt32, value: UInt32) {
            self.ring = ring
            self.value = value
        }

        public init?(_ payload: [UInt8]) {
            guard let ring = load(UInt32.self, payload, at: 0), let value = load(UInt32.self, payload, at: 4) else {
                return nil
            }
            self.init(ring: ring, value: value)
        }

        public var bytes: [UInt8] { VhostUserPayload.bytes(of: ring) + VhostUserPayload.bytes(of: value) }
    }

    /// Where a ring's parts lie, as addresses of the other end.
    public struct RingAddresses: Equatable, Sendable {
        public var ring: UInt32
        public var descriptors: UInt64
        public var used: UInt64
        public var available: UInt64

        public init(ring: UInt32, descriptors: UInt64, used: UInt64, available: UInt64) {
            self.ring = ring
            self.descriptors = descriptors
            self.used = used
            self.available = available
        }

        public init?(_ payload: [UInt8]) {
            guard let ring = load(UInt32.self, payload, at: 0), let descriptors = load(UInt64.self, payload, at: 8),
                let used = load(UInt64.self, payload, at: 16), let available = load(UInt64.self, payload, at: 24)
            else { return nil }
            self.init(ring: ring, descriptors: descriptors, used: used, available: available)
        }

        public var bytes: [UInt8] {
            VhostUserPayload.bytes(of: ring) + VhostUserPayload.bytes(of: UInt32(0))
                + VhostUserPayload.bytes(of: descriptors) + VhostUserPayload.bytes(of: used)
                + VhostUserPayload.bytes(of: available) + VhostUserPayload.bytes(of: UInt64(0))
        }
    }

    /// The number of a ring that a descriptor is for.
    public static func descriptorNumber(ring: Int, hasDescriptor: Bool) -> [UInt8] {
        bytes(of: UInt64(ring) | (hasDescriptor ? 0 : 1 << 8))
    }
}

/// Bits of the protocol's own features.
public enum VhostUserFeature {
    /// Among the device's features: the protocol's features can be asked for.
    public static let protocolFeatures: UInt64 = 1 << 30
    public static let multiQueue: UInt64 = 1 << 0
    public static let replyAcknowledge: UInt64 = 1 << 3
    public static let mtu: UInt64 = 1 << 4
    public static let resetDevice: UInt64 = 1 << 13
    public static let status: UInt64 = 1 << 16
}
