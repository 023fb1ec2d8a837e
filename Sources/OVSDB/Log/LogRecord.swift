/// A record of a database file, in the form of ovsdb-server's (ovsdb(5), "Database Durability"; the tools of Open
/// vSwitch read our files and we theirs):
///
///     OVSDB JSON <length> <SHA-1 of the data>\n
///     <data: length bytes, JSON text with a newline at its end>
///
/// The first record holds the schema, each other one a transaction.
enum LogRecord {
    /// What stands at a place of the file.
    enum Reading: Equatable {
        /// A whole record: where its data is; the record ends with it.
        case record(data: Range<Int>)
        /// Nothing: the file ends here.
        case end
        /// No record, or not all of one.
        case damaged(String)
    }

    private static let magic = Array("OVSDB JSON ".utf8)

    /// Appends a record.
    /// - Parameter data: JSON text, without the newline.
    static func append(_ data: [UInt8], to bytes: inout [UInt8]) {
        var data = data
        data.append(UInt8(ascii: "\n"))
        let digest = data.withUnsafeBytes { SHA1.digest($0) }
        bytes += magic
        bytes += Array("\(data.count) \(digest)\n".utf8)
        bytes += data
    }

    /// Looks at what stands at `offset`.
    static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Reading {
        if offset == bytes.count { return .end }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        guard rest.starts(with: magic) else { return .damaged("no record begins here") }
        guard let newline = rest.prefix(128).firstIndex(of: UInt8(ascii: "\n")) else {
            return .damaged("the record's head is cut short")
        }
        let head = String(decoding: rest[magic.count..<newline], as: UTF8.self)
        let parts = head.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[0]), count >= 0 else {
            return .damaged("the record's head is malformed")
        }
        let start = newline + 1
        guard rest.count - start >= count else { return .damaged("the record is cut short") }
        let data = UnsafeRawBufferPointer(rebasing: rest[start..<start + count])
        guard SHA1.digest(data) == parts[1] else { return .damaged("the record's checksum is wrong") }
        return .record(data: offset + start..<offset + start + count)
    }

    /// Whether a whole record stands anywhere in the bytes.
    static func exists(in bytes: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if case .record = read(bytes, at: newline + 1) { return true }
            start = newline + 1
        }
        return false
    }
}
