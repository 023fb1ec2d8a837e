import Glibc
import Linux

/// A server of 9P2000.L for one directory of the host: what Linux's v9fs asks for.
///
/// The guest cannot leave the directory: every step of a walk opens one name without following symbolic links, ".." leads
/// nowhere, and no name is used twice without checking that it still is the same file. It gets no devices, and no
/// set-user-id files. Files belong to the user that the VMM runs as, unless that user may give them away.
///
/// Not thread-safe: one request after the other.
public final class NinePServer {
    private let rootDescriptor: OwnedDescriptor
    let isReadOnly: Bool
    var root: NinePNode?
    var handles: [UInt32: NinePHandle] = [:]
    /// The longest message, agreed on with the client.
    var messageByteCount = NinePServer.longestMessage

    public static let longestMessage = 512 << 10
    /// Numbers that a client may have at a time; each holds a descriptor.
    static let handleLimit = 16384

    /// - Parameter directory: opened with O_DIRECTORY; nothing outside of it is ever reached.
    public init(directory: OwnedDescriptor, isReadOnly: Bool = false) {
        rootDescriptor = directory
        self.isReadOnly = isReadOnly
    }

    /// Forgets the client.
    public func reset() {
        handles = [:]
        root = nil
        messageByteCount = Self.longestMessage
    }

    /// Why a request was not done: the number that the guest sees.
    enum Failure: Error {
        case errno(Errno)
        case cutOff

        var number: UInt32 {
            switch self {
            case .errno(let code): UInt32(code.rawValue)
            case .cutOff: UInt32(EPROTO)
            }
        }
    }

    /// Answers a request.
    /// - Parameters:
    ///   - request: a whole message.
    ///   - room: bytes that the answer may have.
    /// - Returns: the answer; nil when the request is no message at all.
    public func answer(_ request: [UInt8], room: Int) -> [UInt8]? {
        guard request.count >= NinePMessage.headerByteCount else { return nil }
        let type = request[4]
        let tag = UInt16(request[5]) | UInt16(request[6]) << 8
        var reader = NinePReader(request, from: NinePMessage.headerByteCount)
        var writer = NinePWriter(type: type &+ 1, tag: tag)
        do throws(Failure) {
            try perform(type, &reader, &writer, room: min(room, messageByteCount))
            let answer = writer.finished()
            if answer.count <= room { return answer }
            return failed(tag, UInt32(EMSGSIZE))
        } catch {
            return failed(tag, error.number)
        }
    }

    private func failed(_ tag: UInt16, _ number: UInt32) -> [UInt8] {
        var writer = NinePWriter(type: NinePMessage.errorAnswer, tag: tag)
        writer.append(number)
        return writer.finished()
    }

    private func perform(
        _ type: UInt8, _ reader: inout NinePReader, _ writer: inout NinePWriter, room: Int
    ) throws(Failure) {
        switch type {
        case NinePMessage.version: try agree(&reader, &writer)
        case NinePMessage.attach: try attach(&reader, &writer)
        case NinePMessage.walk: try walk(&reader, &writer)
        case NinePMessage.clunk: try clunk(&reader)
        case NinePMessage.remove: try remove(&reader)
        case NinePMessage.open: try open(&reader, &writer)
        case NinePMessage.create: try create(&reader, &writer)
        case NinePMessage.read: try read(&reader, &writer, room: room)
        case NinePMessage.write: try write(&reader, &writer)
        case NinePMessage.readDirectory: try readDirectory(&reader, &writer, room: room)
        case NinePMessage.getAttributes: try getAttributes(&reader, &writer)
        case NinePMessage.setAttributes: try setAttributes(&reader)
        case NinePMessage.statfs: try statfs(&reader, &writer)
        case NinePMessage.sync: try sync(&reader)
        case NinePMessage.makeDirectory: try makeDirectory(&reader, &writer)
        case NinePMessage.makeNode: try makeNode(&reader, &writer)
        case NinePMessage.symlink: try symlink(&reader, &writer)
        case NinePMessage.link: try link(&reader)
        case NinePMessage.readLink: try readLink(&reader, &writer)
        case NinePMessage.unlinkAt: try unlinkAt(&reader)
        case NinePMessage.rename: try rename(&reader)
        case NinePMessage.renameAt: try renameAt(&reader)
        // Requests are done one after the other: what is to be flushed has been answered.
        case NinePMessage.flush: break
        // One client: its kernel keeps its locks. So do other servers.
        case NinePMessage.lock: writer.append(UInt8(0))
        case NinePMessage.getLock: try getLock(&reader, &writer)
        default: throw .errno(.notSupported)
        }
    }

    // MARK: Pieces that requests share

    /// Runs what throws an errno.
    func system<T: ~Copyable>(_ body: () throws(Errno) -> T) throws(Failure) -> T {
        do throws(Errno) { return try body() } catch { throw .errno(error) }
    }

    func take<T: FixedWidthInteger>(_ type: T.Type, _ reader: inout NinePReader) throws(Failure) -> T {
        do throws(NinePReader.CutOff) { return try reader.next(type) } catch { throw .cutOff }
    }

    func takeString(_ reader: inout NinePReader) throws(Failure) -> [UInt8] {
        do throws(NinePReader.CutOff) { return try reader.string() } catch { throw .cutOff }
    }

    func takeData(_ count: Int, _ reader: inout NinePReader) throws(Failure) -> ArraySlice<UInt8> {
        do throws(NinePReader.CutOff) { return try reader.data(count) } catch { throw .cutOff }
    }

    /// A name of one component, for what is made, moved or removed.
    func takeName(_ reader: inout NinePReader) throws(Failure) -> [UInt8] {
        let name = try takeString(&reader)
        guard !name.isEmpty, name.count <= 255, !name.contains(UInt8(ascii: "/")), !name.contains(0),
            name != [UInt8(ascii: ".")], name != Array("..".utf8)
        else { throw .errno(.invalidArgument) }
        return name
    }

    func takeHandle(_ reader: inout NinePReader) throws(Failure) -> NinePHandle {
        guard let handle = handles[try take(UInt32.self, &reader)] else { throw .errno(.badDescriptor) }
        return handle
    }

    func takeDirectory(_ reader: inout NinePReader) throws(Failure) -> NinePNode {
        let node = try takeHandle(&reader).node
        guard node.isDirectory else { throw .errno(.notDirectory) }
        return node
    }

    func checkWritable() throws(Failure) {
        if isReadOnly { throw .errno(.readOnlyFileSystem) }
    }

    /// A name or target for a system call.
    static func path(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    /// Runs a system call that answers with a negative number where it fails.
    @discardableResult
    func call(_ body: () -> Int) throws(Failure) -> Int {
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR { throw .errno(.last) }
        }
    }

    func identity(_ status: stat) -> NinePIdentity {
        let type = status.st_mode & S_IFMT
        let time = status.st_mtim
        return NinePIdentity(
            kind: type == S_IFDIR ? NinePIdentity.directory : type == S_IFLNK ? NinePIdentity.symbolicLink : 0,
            version: UInt32(truncatingIfNeeded: time.tv_sec ^ status.st_size << 8 ^ time.tv_nsec),
            path: path(inode: UInt64(status.st_ino), device: UInt64(status.st_dev)))
    }

    /// Inode numbers are unique in a file system; what is mounted below the directory gets other high bits.
    func path(inode: UInt64, device: UInt64) -> UInt64 {
        guard let root, device != root.device else { return inode }
        return inode ^ (device &* 0x9e37_79b9_7f4a_7c15) << 32
    }

    func appendIdentity(of node: NinePNode, _ writer: inout NinePWriter) throws(Failure) {
        let status = try system { () throws(Errno) in try node.status() }
        writer.append(identity(status))
    }

    // MARK: Beginning and walking

    private func agree(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        let wanted = try take(UInt32.self, &reader)
        let version = try takeString(&reader)
        handles = [:]
        guard wanted >= 4096 else { throw .errno(Errno(rawValue: EMSGSIZE)) }
        messageByteCount = min(Int(wanted), Self.longestMessage)
        writer.append(UInt32(messageByteCount))
        writer.append(string: version == Array("9P2000.L".utf8) ? version : Array("unknown".utf8))
    }

    func add(_ node: NinePNode, as number: UInt32) throws(Failure) {
        guard number != .max else { throw .errno(.invalidArgument) }
        guard handles[number] == nil else { throw .errno(.busy) }
        guard handles.count < Self.handleLimit else { throw .errno(.tooManyOpenFiles) }
        handles[number] = NinePHandle(node)
    }

    private func attach(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        let number = try take(UInt32.self, &reader)
        _ = try take(UInt32.self, &reader)
        if root == nil {
            root = try system { () throws(Errno) in try NinePNode(rootDescriptor, parent: nil, name: []) }
        }
        guard let root else { return }
        try add(root, as: number)
        try appendIdentity(of: root, &writer)
    }

    private func walk(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        let handle = try takeHandle(&reader)
        let number = try take(UInt32.self, &reader)
        let count = try take(UInt16.self, &reader)
        // MAXWELEM of the protocol.
        guard count <= 16, !handle.isOpen else { throw .errno(.invalidArgument) }
        var names: [[UInt8]] = []
        for _ in 0..<count { names.append(try takeString(&reader)) }
        var node = handle.node
        var found: [NinePIdentity] = []
        for (index, name) in names.enumerated() {
            do throws(Failure) {
                node = try step(node, name)
                let status = try system { () throws(Errno) in try node.status() }
                found.append(identity(status))
            } catch {
                // The first step must work; later ones shorten the answer, and nothing is walked.
                if index == 0 { throw error }
                break
            }
        }
        if found.count == names.count {
            if handles[number] === handle { handles[number] = NinePHandle(node) } else { try add(node, as: number) }
        }
        writer.append(UInt16(found.count))
        for identity in found { writer.append(identity) }
    }

    private func step(_ node: NinePNode, _ name: [UInt8]) throws(Failure) -> NinePNode {
        // Above the root is the root; elsewhere the parent may not be below it any more.
        if name == Array("..".utf8) {
            if node === root { return node }
            throw .errno(.notSupported)
        }
        guard node.isDirectory else { throw .errno(.notDirectory) }
        return try system { () throws(Errno) in try node.child(name) }
    }

    private func clunk(_ reader: inout NinePReader) throws(Failure) {
        let number = try take(UInt32.self, &reader)
        guard handles.removeValue(forKey: number) != nil else { throw .errno(.badDescriptor) }
    }

    /// The number is gone, whether or not the file could be removed.
    private func remove(_ reader: inout NinePReader) throws(Failure) {
        let number = try take(UInt32.self, &reader)
        guard let handle = handles.removeValue(forKey: number) else { throw .errno(.badDescriptor) }
        try checkWritable()
        let node = handle.node
        try system { () throws(Errno) in try node.checkName() }
        let name = Self.path(node.name)
        try call { Int(unlinkat(node.parent!.descriptor.rawValue, name, node.isDirectory ? AT_REMOVEDIR : 0)) }
    }

    private func getLock(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        _ = try takeHandle(&reader)
        _ = try take(UInt8.self, &reader)
        let start = try take(UInt64.self, &reader)
        let length = try take(UInt64.self, &reader)
        let process = try take(UInt32.self, &reader)
        let client = try takeString(&reader)
        // Nobody else holds one (F_UNLCK).
        writer.append(UInt8(2))
        writer.append(start)
        writer.append(length)
        writer.append(process)
        writer.append(string: client)
    }
}
