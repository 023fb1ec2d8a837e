import Driver
import Glibc
import Linux
import Virtio
import VirtioScript

// 9P requests of a hostile guest, on a real directory. Beside the shared directory lie a file and a directory that must
// stay as they are, and in it symbolic links that lead to them.

/// `main` is an alias of this.
@_cdecl("VirtioSharedDirectoryServer_main")
public func virtioSharedDirectoryServerMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

/// The directories of the run.
final class Ground {
    let path: String
    let shared: OwnedDescriptor

    init() {
        // libFuzzer ends without a word: what earlier runs have left is removed here.
        for name in (try? File.list("/tmp")) ?? [] where name.hasPrefix("rookery-fuzz.") {
            if !File.exists("/proc/" + name.dropFirst("rookery-fuzz.".count)) { Self.remove("/tmp/" + name) }
        }
        path = "/tmp/rookery-fuzz.\(getpid())"
        Self.remove(path)
        try! File.makeDirectory(path)
        try! File.makeDirectory(path + "/shared")
        try! File.makeDirectory(path + "/beside")
        try! File.write(path + "/beside/secret", "secret", mode: 0o600)
        shared = OwnedDescriptor(try! File.open(path + "/shared", 0o200000))
        fill()
    }

    func fill() {
        // Emptied, and kept: the server has it open.
        Self.remove(path + "/shared/.")
        symlink("../beside", path + "/shared/w")
        symlink("../beside/secret", path + "/shared/l")
        try! File.write(path + "/shared/f", "file")
        try! File.makeDirectory(path + "/shared/d")
    }

    func check() {
        precondition((try? File.readText(path + "/beside/secret")) == "secret", "a file outside was changed")
        precondition(
            (try? File.list(path)) == ["beside", "shared"] && (try? File.list(path + "/beside")) == ["secret"])
        var status = stat()
        precondition(stat(path + "/beside/secret", &status) == 0 && status.st_mode & 0o7777 == 0o600)
    }

    static func remove(_ path: String) { remove(Array(path.utf8CString)) }

    /// The guest's names are any bytes, and no strings.
    private static func remove(_ path: [CChar]) {
        if unlink(path) == 0 { return }
        if let directory = opendir(path) {
            var names: [[CChar]] = []
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
                if name != Array(".".utf8), name != Array("..".utf8) {
                    names.append(name.map { CChar(bitPattern: $0) })
                }
            }
            closedir(directory)
            for name in names { remove(path.dropLast() + [CChar(UInt8(ascii: "/"))] + name + [0]) }
        }
        rmdir(path)
    }
}
nonisolated(unsafe) let ground = Ground()
nonisolated(unsafe) var runs = 0

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    let server = NinePServer(directory: ground.shared)
    var steps = 0
    // The beginning that every client has, then messages: a type, and bytes for the rest.
    _ = server.answer([0, 0, 0, 0, 104, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0], room: 200)
    while !script.isAtEnd, steps < 64 {
        steps += 1
        let type = script.next(UInt8.self)
        let body = script.some()
        let room = 11 + Int(script.next(UInt8.self)) * 16
        // Lengths of gigabytes are cut by the room, so that files stay small: so must offsets be.
        if type == 118, body.count > 12, body[6] | body[7] | body[8] | body[9] | body[10] | body[11] != 0 { continue }
        if type == 26, body.count > 31, body[22..<28].contains(where: { $0 != 0 }) { continue }
        if let answer = server.answer([0, 0, 0, 0, type, 1, 0] + body, room: room) {
            precondition(answer.count <= max(room, 11) && answer.count >= 7)
        }
    }
    runs += 1
    ground.check()
    if runs % 64 == 0 { ground.fill() }
    return 0
}
