/// The numbers of 9P2000.L's requests (diod's protocol.md; Linux, include/net/9p/9p.h); an answer has its request's plus one.
enum NinePMessage {
    static let errorAnswer: UInt8 = 7
    static let statfs: UInt8 = 8
    static let open: UInt8 = 12
    static let create: UInt8 = 14
    static let symlink: UInt8 = 16
    static let makeNode: UInt8 = 18
    static let rename: UInt8 = 20
    static let readLink: UInt8 = 22
    static let getAttributes: UInt8 = 24
    static let setAttributes: UInt8 = 26
    static let readDirectory: UInt8 = 40
    static let sync: UInt8 = 50
    static let lock: UInt8 = 52
    static let getLock: UInt8 = 54
    static let link: UInt8 = 70
    static let makeDirectory: UInt8 = 72
    static let renameAt: UInt8 = 74
    static let unlinkAt: UInt8 = 76
    static let version: UInt8 = 100
    static let attach: UInt8 = 104
    static let flush: UInt8 = 108
    static let walk: UInt8 = 110
    static let read: UInt8 = 116
    static let write: UInt8 = 118
    static let clunk: UInt8 = 120
    static let remove: UInt8 = 122

    /// Size (4), type (1), tag (2).
    static let headerByteCount = 7
    /// Before the data of an answer to read or readdir: the header and a count.
    static let dataOffset = 11
}

/// Takes a request's fields one after the other.
struct NinePReader {
    private let bytes: [UInt8]
    private var offset: Int

    /// The request ended before its fields did.
    struct CutOff: Error {}

    init(_ bytes: [UInt8], from offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    mutating func next<T: FixedWidthInteger>(_ type: T.Type) throws(CutOff) -> T {
        guard bytes.count - offset >= MemoryLayout<T>.size else { throw CutOff() }
        var value: T = 0
        for index in 0..<MemoryLayout<T>.size { value |= T(bytes[offset + index]) << T(8 * index) }
        offset += MemoryLayout<T>.size
        return value
    }

    /// A length of 16 bits and that many bytes.
    mutating func string() throws(CutOff) -> [UInt8] {
        let count = Int(try next(UInt16.self))
        return Array(try data(count))
    }

    mutating func data(_ count: Int) throws(CutOff) -> ArraySlice<UInt8> {
        guard bytes.count - offset >= count else { throw CutOff() }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }
}

/// Puts an answer together.
struct NinePWriter {
    private(set) var bytes: [UInt8]

    init(type: UInt8, tag: UInt16) {
        bytes = [0, 0, 0, 0, type, UInt8(truncatingIfNeeded: tag), UInt8(tag >> 8)]
    }

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        for index in 0..<MemoryLayout<T>.size { bytes.append(UInt8(truncatingIfNeeded: value >> T(8 * index))) }
    }

    mutating func append(string: some Collection<UInt8>) {
        append(UInt16(clamping: string.count))
        bytes += string.prefix(65535)
    }

    mutating func append(_ identity: NinePIdentity) {
        append(identity.kind)
        append(identity.version)
        append(identity.path)
    }

    mutating func append(data: some Collection<UInt8>) { bytes += data }

    mutating func store(_ value: UInt32, at offset: Int) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }

    mutating func finished() -> [UInt8] {
        store(UInt32(bytes.count), at: 0)
        return bytes
    }
}

/// A file's identity for the client ("qid").
struct NinePIdentity {
    var kind: UInt8
    var version: UInt32
    var path: UInt64

    static let directory: UInt8 = 0x80
    static let symbolicLink: UInt8 = 0x02
}
