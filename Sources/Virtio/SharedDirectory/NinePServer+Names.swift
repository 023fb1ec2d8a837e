import Glibc
import Linux

/// Making, moving and removing names.
extension NinePServer {
    func makeDirectory(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        try checkWritable()
        let directory = try takeDirectory(&reader)
        let name = try takeName(&reader)
        let mode = try take(UInt32.self, &reader)
        let path = Self.path(name)
        try call { Int(mkdirat(directory.descriptor.rawValue, path, mode & 0o1777)) }
        try appendChild(name, of: directory, &writer)
    }

    /// Files, pipes and sockets; no devices of the host.
    func makeNode(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        try checkWritable()
        let directory = try takeDirectory(&reader)
        let name = try takeName(&reader)
        let mode = try take(UInt32.self, &reader)
        let type = mode & S_IFMT
        guard type == S_IFREG || type == S_IFIFO || type == S_IFSOCK else { throw .errno(.notPermitted) }
        let path = Self.path(name)
        try call { Int(mknodat(directory.descriptor.rawValue, path, type | mode & 0o777, 0)) }
        try appendChild(name, of: directory, &writer)
    }

    /// The target is the guest's: nothing here ever follows it.
    func symlink(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        try checkWritable()
        let directory = try takeDirectory(&reader)
        let name = try takeName(&reader)
        let target = try takeString(&reader)
        guard !target.isEmpty, !target.contains(0) else { throw .errno(.invalidArgument) }
        let (path, targetPath) = (Self.path(name), Self.path(target))
        try call { Int(symlinkat(targetPath, directory.descriptor.rawValue, path)) }
        try appendChild(name, of: directory, &writer)
    }

    func readLink(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        let node = try takeHandle(&reader).node
        guard node.type == S_IFLNK else { throw .errno(.invalidArgument) }
        var target = [CChar](repeating: 0, count: 4096)
        let count = try call { readlinkat(node.descriptor.rawValue, "", &target, target.count) }
        writer.append(string: target[..<count].map { UInt8(bitPattern: $0) })
    }

    func link(_ reader: inout NinePReader) throws(Failure) {
        try checkWritable()
        let directory = try takeDirectory(&reader)
        let node = try takeHandle(&reader).node
        let name = try takeName(&reader)
        try system { () throws(Errno) in try node.checkName() }
        let (old, new) = (Self.path(node.name), Self.path(name))
        // Without AT_SYMLINK_FOLLOW: a symbolic link gets a second name, not its target.
        try call { Int(linkat(node.parent!.descriptor.rawValue, old, directory.descriptor.rawValue, new, 0)) }
    }

    func unlinkAt(_ reader: inout NinePReader) throws(Failure) {
        try checkWritable()
        let directory = try takeDirectory(&reader)
        let name = try takeName(&reader)
        let flags = try take(UInt32.self, &reader)
        let path = Self.path(name)
        try call {
            Int(unlinkat(directory.descriptor.rawValue, path, flags & UInt32(AT_REMOVEDIR) != 0 ? AT_REMOVEDIR : 0))
        }
    }

    func rename(_ reader: inout NinePReader) throws(Failure) {
        try checkWritable()
        let node = try takeHandle(&reader).node
        let directory = try takeDirectory(&reader)
        let name = try takeName(&reader)
        try system { () throws(Errno) in try node.checkName() }
        try move(node.name, of: node.parent!, to: name, in: directory)
    }

    func renameAt(_ reader: inout NinePReader) throws(Failure) {
        try checkWritable()
        let from = try takeDirectory(&reader)
        let oldName = try takeName(&reader)
        let to = try takeDirectory(&reader)
        let newName = try takeName(&reader)
        try move(oldName, of: from, to: newName, in: to)
    }

    /// Numbers that stand for the file go with it: they know it by its new name from now on.
    private func move(_ oldName: [UInt8], of from: NinePNode, to newName: [UInt8], in to: NinePNode) throws(Failure) {
        let (old, new) = (Self.path(oldName), Self.path(newName))
        try call { Int(Glibc.renameat(from.descriptor.rawValue, old, to.descriptor.rawValue, new)) }
        let moved = try? to.child(newName)
        for handle in handles.values {
            let node = handle.node
            guard let parent = node.parent, let moved, node.inode == moved.inode, node.device == moved.device,
                node.name == oldName, parent.inode == from.inode, parent.device == from.device
            else { continue }
            node.parent = to
            node.name = newName
        }
    }

    private func appendChild(
        _ name: [UInt8], of directory: NinePNode, _ writer: inout NinePWriter
    ) throws(Failure) {
        let node = try system { () throws(Errno) in try directory.child(name) }
        try appendIdentity(of: node, &writer)
    }
}
