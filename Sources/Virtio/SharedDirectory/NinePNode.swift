import Glibc
import Linux

/// A file of the shared directory that the guest has a number for. Held by a descriptor that is good for nothing but
/// naming it (O_PATH), so that it stays the same file whatever happens to its name.
final class NinePNode {
    let descriptor: OwnedDescriptor
    let device: UInt64
    let inode: UInt64
    let type: UInt32
    /// Where it was found. Opening and changing need the name; whether it is still this file is checked then.
    var parent: NinePNode?
    var name: [UInt8]

    init(_ descriptor: OwnedDescriptor, parent: NinePNode?, name: [UInt8]) throws(Errno) {
        self.descriptor = descriptor
        self.parent = parent
        self.name = name
        let status = try Self.status(descriptor.rawValue)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        type = status.st_mode & S_IFMT
    }

    var isDirectory: Bool { type == S_IFDIR }

    static func status(_ descriptor: Int32) throws(Errno) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last }
        return status
    }

    func status() throws(Errno) -> stat { try Self.status(descriptor.rawValue) }

    /// The entry of that name in this directory.
    func child(_ name: [UInt8]) throws(Errno) -> NinePNode {
        let found = try File.open(entry: name, of: descriptor.rawValue, File.pathOnly)
        return try NinePNode(OwnedDescriptor(found), parent: self, name: name)
    }

    /// Opens the file for reading or writing. Only files and directories: others would be the host's devices and pipes.
    func open(_ flags: Int32) throws(Errno) -> FileDescriptor {
        // Without waiting, should the name be a pipe by now.
        let flags = flags | O_NONBLOCK
        if isDirectory {
            return try File.open(entry: [UInt8(ascii: ".")], of: descriptor.rawValue, flags | O_DIRECTORY)
        }
        guard type == S_IFREG else { throw type == S_IFLNK ? Errno(rawValue: ELOOP) : .noSuchAddress }
        guard let parent else { throw .noSuchFile }
        // Truncating waits until it is known to be the same file.
        let opened = try File.open(entry: name, of: parent.descriptor.rawValue, flags & ~O_TRUNC)
        let status = try Self.status(opened.rawValue)
        guard UInt64(status.st_dev) == device, UInt64(status.st_ino) == inode else { throw Errno(rawValue: ESTALE) }
        if flags & O_TRUNC != 0, flags & O_ACCMODE != O_RDONLY, ftruncate(opened.rawValue, 0) < 0 { throw .last }
        return opened
    }

    /// Throws unless the name is still this file's.
    func checkName() throws(Errno) {
        guard let parent else { throw .busy }
        let now = try parent.child(name)
        guard now.device == device, now.inode == inode else { throw Errno(rawValue: ESTALE) }
    }
}

/// What the guest does with a number of its ("fid"): a file, and how it is open.
final class NinePHandle {
    var node: NinePNode
    var file: OwnedDescriptor?
    /// A directory that is read (DIR *), and where the next entry is.
    var entries: OpaquePointer?
    var entryOffset: UInt64 = 0

    init(_ node: NinePNode) { self.node = node }

    deinit {
        if let entries { closedir(entries) }
    }

    var isOpen: Bool { file != nil || entries != nil }
}
