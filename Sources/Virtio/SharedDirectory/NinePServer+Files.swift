import Glibc
import Linux

/// Opening, reading and writing.
extension NinePServer {
    /// Flags that a client may choose; creation has its own request, and these are Linux's numbers on every machine.
    private static let openFlags = O_ACCMODE | O_TRUNC | O_APPEND | O_DSYNC | O_SYNC | O_DIRECTORY

    func open(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        let handle = try takeHandle(&reader)
        let flags = Int32(truncatingIfNeeded: try take(UInt32.self, &reader)) & Self.openFlags
        guard !handle.isOpen else { throw .errno(.busy) }
        if flags & O_ACCMODE != O_RDONLY || flags & O_TRUNC != 0 { try checkWritable() }
        let node = handle.node
        let opened = try system { () throws(Errno) in try node.open(flags) }
        if node.isDirectory {
            let number = opened.release()
            guard let entries = fdopendir(number) else {
                let code = Errno.last
                Glibc.close(number)
                throw .errno(code)
            }
            handle.entries = entries
        } else {
            handle.file = OwnedDescriptor(opened)
        }
        try appendIdentity(of: node, &writer)
        // No limit of its own: what a message holds.
        writer.append(UInt32(0))
    }

    /// Creates and opens a file; the directory's number then is the file's.
    func create(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        try checkWritable()
        let handle = try takeHandle(&reader)
        let name = try takeName(&reader)
        let flags = Int32(truncatingIfNeeded: try take(UInt32.self, &reader)) & (Self.openFlags | O_EXCL)
        let mode = try take(UInt32.self, &reader)
        guard !handle.isOpen, handle.node.isDirectory else { throw .errno(.invalidArgument) }
        let directory = handle.node
        let opened = try system { () throws(Errno) in
            try File.open(
                entry: name, of: directory.descriptor.rawValue, flags & ~O_DIRECTORY | O_CREAT | O_NONBLOCK,
                mode: mode & 0o777)
        }
        // It may have been there: then it must be a file.
        let status = try system { [number = opened.rawValue] () throws(Errno) in try NinePNode.status(number) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .errno(.noSuchAddress) }
        let node = try system { () throws(Errno) in try directory.child(name) }
        guard node.inode == UInt64(status.st_ino) else { throw .errno(Errno(rawValue: ESTALE)) }
        handle.node = node
        handle.file = OwnedDescriptor(opened)
        writer.append(identity(status))
        writer.append(UInt32(0))
    }

    func read(_ reader: inout NinePReader, _ writer: inout NinePWriter, room: Int) throws(Failure) {
        let handle = try takeHandle(&reader)
        let offset = try take(UInt64.self, &reader)
        let wanted = Int(try take(UInt32.self, &reader))
        guard let file = handle.file else { throw .errno(.badDescriptor) }
        guard offset <= UInt64(Int.max) else { throw .errno(.invalidArgument) }
        let limit = min(wanted, room - NinePMessage.dataOffset)
        guard limit >= 0 else { throw .errno(Errno(rawValue: EMSGSIZE)) }
        var data = [UInt8](repeating: 0, count: limit)
        let count = try call {
            data.withUnsafeMutableBytes { pread(file.rawValue, $0.baseAddress, $0.count, Int(offset)) }
        }
        writer.append(UInt32(count))
        writer.append(data: data[..<count])
    }

    func write(_ reader: inout NinePReader, _ writer: inout NinePWriter) throws(Failure) {
        try checkWritable()
        let handle = try takeHandle(&reader)
        let offset = try take(UInt64.self, &reader)
        let count = Int(try take(UInt32.self, &reader))
        let data = try takeData(count, &reader)
        guard let file = handle.file else { throw .errno(.badDescriptor) }
        guard offset <= UInt64(Int.max) else { throw .errno(.invalidArgument) }
        let written = try call {
            data.withUnsafeBytes { pwrite(file.rawValue, $0.baseAddress, $0.count, Int(offset)) }
        }
        writer.append(UInt32(written))
    }

    func sync(_ reader: inout NinePReader) throws(Failure) {
        let handle = try takeHandle(&reader)
        let dataOnly = try take(UInt32.self, &reader) != 0
        guard let number = handle.file?.rawValue ?? handle.entries.map({ dirfd($0) }) else {
            throw .errno(.badDescriptor)
        }
        try call { Int(dataOnly ? fdatasync(number) : fsync(number)) }
    }

    /// Entries from an offset on, as many as there is room for. The offset of each is where the next one is.
    func readDirectory(_ reader: inout NinePReader, _ writer: inout NinePWriter, room: Int) throws(Failure) {
        let handle = try takeHandle(&reader)
        let offset = try take(UInt64.self, &reader)
        let wanted = Int(try take(UInt32.self, &reader))
        guard let entries = handle.entries else { throw .errno(.badDescriptor) }
        if offset == 0 {
            rewinddir(entries)
        } else if offset != handle.entryOffset {
            seekdir(entries, Int(truncatingIfNeeded: offset))
        }
        handle.entryOffset = offset
        let limit = min(wanted, room - NinePMessage.dataOffset)
        writer.append(UInt32(0))
        let start = writer.bytes.count
        while true {
            errno = 0
            guard let entry = readdir(entries) else {
                if errno != 0, writer.bytes.count == start { throw .errno(.last) }
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                let bytes = UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
                return [UInt8](
                    UnsafeBufferPointer(
                        start: bytes, count: strlen(UnsafeRawPointer(bytes).assumingMemoryBound(to: CChar.self))))
            }
            guard writer.bytes.count - start + 24 + name.count <= limit else {
                // It is read again next time.
                seekdir(entries, Int(truncatingIfNeeded: handle.entryOffset))
                guard writer.bytes.count > start else { throw .errno(.invalidArgument) }
                break
            }
            writer.append(entryIdentity(name, entry.pointee, in: handle.node))
            handle.entryOffset = UInt64(bitPattern: Int64(entry.pointee.d_off))
            writer.append(handle.entryOffset)
            writer.append(entry.pointee.d_type)
            writer.append(string: name)
        }
        writer.store(UInt32(writer.bytes.count - start), at: NinePMessage.headerByteCount)
    }

    private func entryIdentity(_ name: [UInt8], _ entry: dirent, in directory: NinePNode) -> NinePIdentity {
        // What is above the root is nobody's business.
        if name == Array("..".utf8), directory === root, let status = try? directory.status() {
            return identity(status)
        }
        let kind: UInt8 =
            switch Int32(entry.d_type) {
            case 4: NinePIdentity.directory  // DT_DIR
            case 10: NinePIdentity.symbolicLink  // DT_LNK
            default: 0
            }
        return NinePIdentity(
            kind: kind, version: 0, path: path(inode: UInt64(entry.d_ino), device: directory.device))
    }
}
