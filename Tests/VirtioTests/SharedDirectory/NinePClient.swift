import Linux
import Testbed
import Virtio

/// A client of 9P2000.L: puts requests together, takes answers apart.
final class NinePClient {
    let directory = TemporaryDirectory()
    let server: NinePServer
    private var tag: UInt16 = 0

    struct Failure: Error, Equatable {
        let number: UInt32
        init(_ number: Int32) { self.number = UInt32(number) }
    }

    init(isReadOnly: Bool = false) {
        server = NinePServer(
            directory: OwnedDescriptor(try! File.open(directory.path, 0o200000)), isReadOnly: isReadOnly)
    }

    static func octets<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
    }

    static func string(_ text: String) -> [UInt8] { octets(UInt16(text.utf8.count)) + Array(text.utf8) }

    /// An answer's body, behind its header.
    struct Answer {
        var bytes: [UInt8]
        private var offset = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func next<T: FixedWidthInteger>(_ type: T.Type) -> T {
            defer { offset += MemoryLayout<T>.size }
            return (0..<MemoryLayout<T>.size).reduce(0) { $0 | T(bytes[offset + $1]) << T(8 * $1) }
        }

        mutating func string() -> String {
            let count = Int(next(UInt16.self))
            defer { offset += count }
            return String(decoding: bytes[offset..<offset + count], as: UTF8.self)
        }

        mutating func identity() -> (kind: UInt8, path: UInt64) {
            let kind = next(UInt8.self)
            _ = next(UInt32.self)
            return (kind, next(UInt64.self))
        }

        var isAtEnd: Bool { offset == bytes.count }
    }

    @discardableResult
    func call(_ type: UInt8, _ body: [UInt8], room: Int = 1 << 20) throws -> Answer {
        tag &+= 1
        let request = Self.octets(UInt32(7 + body.count)) + [type] + Self.octets(tag) + body
        let answer = server.answer(request, room: room)!
        precondition(answer.prefix(4) == Self.octets(UInt32(answer.count))[...], "the size is wrong")
        precondition(answer[5..<7] == Self.octets(tag)[...], "the tag is wrong")
        if answer[4] == 7 {
            var body = Answer(Array(answer[7...]))
            throw Failure(Int32(body.next(UInt32.self)))
        }
        precondition(answer[4] == type + 1, "another request's answer")
        return Answer(Array(answer[7...]))
    }

    /// Version and attach: number 0 is the root.
    func mount(messageByteCount: UInt32 = 65536) throws {
        var version = try call(100, Self.octets(messageByteCount) + Self.string("9P2000.L"))
        precondition(version.next(UInt32.self) == min(messageByteCount, 512 << 10) && version.string() == "9P2000.L")
        try call(
            104,
            Self.octets(UInt32(0)) + Self.octets(UInt32.max) + Self.string("root") + Self.string("")
                + Self.octets(UInt32(0)))
    }

    /// Walks from a number to a new one; the count of names that were found.
    @discardableResult
    func walk(_ from: UInt32, _ to: UInt32, _ names: [String]) throws -> Int {
        var answer = try call(
            110, Self.octets(from) + Self.octets(to) + Self.octets(UInt16(names.count)) + names.flatMap(Self.string))
        return Int(answer.next(UInt16.self))
    }

    func open(_ number: UInt32, _ flags: UInt32) throws {
        try call(12, Self.octets(number) + Self.octets(flags))
    }

    func create(_ number: UInt32, _ name: String, flags: UInt32 = 0o102, mode: UInt32 = 0o644) throws {
        try call(
            14,
            Self.octets(number) + Self.string(name) + Self.octets(flags) + Self.octets(mode)
                + Self.octets(UInt32(0)))
    }

    func write(_ number: UInt32, _ offset: UInt64, _ data: [UInt8]) throws -> Int {
        var answer = try call(
            118, Self.octets(number) + Self.octets(offset) + Self.octets(UInt32(data.count)) + data)
        return Int(answer.next(UInt32.self))
    }

    func read(_ number: UInt32, _ offset: UInt64, _ count: UInt32, room: Int = 1 << 20) throws -> [UInt8] {
        var answer = try call(116, Self.octets(number) + Self.octets(offset) + Self.octets(count), room: room)
        let size = Int(answer.next(UInt32.self))
        precondition(answer.bytes.count == 4 + size)
        return Array(answer.bytes[4...])
    }

    func clunk(_ number: UInt32) throws { try call(120, Self.octets(number)) }

    struct Entry {
        let name: String
        let kind: UInt8
        let path: UInt64
        let offset: UInt64
    }

    func entries(_ number: UInt32, from offset: UInt64 = 0, count: UInt32 = 8192) throws -> [Entry] {
        var answer = try call(40, Self.octets(number) + Self.octets(offset) + Self.octets(count))
        precondition(answer.next(UInt32.self) == UInt32(answer.bytes.count - 4))
        var entries: [Entry] = []
        while !answer.isAtEnd {
            let identity = answer.identity()
            let offset = answer.next(UInt64.self)
            _ = answer.next(UInt8.self)
            entries.append(Entry(name: answer.string(), kind: identity.kind, path: identity.path, offset: offset))
        }
        return entries
    }

    func setAttributes(
        _ number: UInt32, _ changes: UInt32, mode: UInt32 = 0, size: UInt64 = 0, modified: UInt64 = 0
    ) throws {
        var body = Self.octets(number) + Self.octets(changes) + Self.octets(mode)
        body += Self.octets(UInt32(0)) + Self.octets(UInt32(0)) + Self.octets(size)
        for value in [0, 0, modified, 0] as [UInt64] { body += Self.octets(value) }
        try call(26, body)
    }
}
