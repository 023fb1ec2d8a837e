import Glibc
import Linux
import Testbed
import Testing
import Virtio
import VirtioMock

@Suite("9P server")
struct NinePServerTests {
    let client = NinePClient()
    var path: String { client.directory.path }

    private func octets<T: FixedWidthInteger>(_ value: T) -> [UInt8] { NinePClient.octets(value) }
    private func string(_ text: String) -> [UInt8] { NinePClient.string(text) }

    private func failure(_ body: () throws -> Void) -> UInt32? {
        do { try body() } catch { return (error as? NinePClient.Failure)?.number }
        return nil
    }

    @Test("a file is created, written, read, and is there on the host")
    func files() throws {
        try client.mount()
        try client.walk(0, 1, [])
        try client.create(1, "notes.txt", mode: 0o6755)
        let data = (0..<10000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try client.write(1, 0, data) == 10000)
        #expect(try client.write(1, 20000, [1]) == 1)
        #expect(try client.read(1, 9990, 100) == Array(data[9990...]) + [UInt8](repeating: 0, count: 90))
        #expect(try client.read(1, 30000, 5) == [])
        try client.call(50, octets(UInt32(1)) + octets(UInt32(0)))
        try client.clunk(1)
        #expect(try File.read(path + "/notes.txt").count == 20001)
        var status = stat()
        // No set-user-id programs for the host.
        #expect(stat(path + "/notes.txt", &status) == 0 && status.st_mode & 0o7777 & ~0o22 == 0o755)
        #expect(try client.walk(0, 1, ["notes.txt"]) == 1)
        #expect(failure { _ = try client.read(1, 0, 1) } == UInt32(EBADF))
        try client.open(1, UInt32(O_RDONLY))
        #expect(failure { _ = try client.write(1, 0, [1]) } == UInt32(EBADF))
        // An answer never has more than there is room for.
        #expect(try client.read(1, 0, 5000, room: 111).count == 100)
    }

    @Test("attributes are those of the host, and can be changed")
    func attributes() throws {
        try client.mount()
        try File.write(path + "/f", "hello")
        try client.walk(0, 1, ["f"])
        func attributes() throws -> (mode: UInt32, size: UInt64, modified: UInt64) {
            var answer = try client.call(24, octets(UInt32(1)) + octets(UInt64(0x7ff)))
            #expect(answer.next(UInt64.self) == 0x7ff && answer.identity().kind == 0)
            let mode = answer.next(UInt32.self)
            _ = answer.next(UInt64.self)
            #expect(answer.next(UInt64.self) == 1)
            _ = answer.next(UInt64.self)
            let size = answer.next(UInt64.self)
            for _ in 0..<4 { _ = answer.next(UInt64.self) }
            let modified = answer.next(UInt64.self)
            #expect(answer.bytes.count == 153)
            return (mode, size, modified)
        }
        #expect(try attributes().size == 5 && attributes().mode & UInt32(S_IFMT) == UInt32(S_IFREG))
        try client.setAttributes(1, 1 | 8 | 0x20 | 0x100, mode: 0o4600, size: 3, modified: 1_000_000_000)
        let now = try attributes()
        #expect(now.mode & 0o7777 == 0o600 && now.size == 3 && now.modified == 1_000_000_000)
        #expect(try File.readText(path + "/f") == "hel")
        try client.setAttributes(1, 0x20)
        #expect(try attributes().modified > 1_600_000_000)
        var answer = try client.call(8, octets(UInt32(0)))
        #expect(answer.next(UInt32.self) == 0x0102_1997 && answer.next(UInt32.self) > 0 && answer.bytes.count == 60)
    }

    @Test("directories are read in pieces, each entry once, from any offset")
    func directories() throws {
        try client.mount()
        try client.call(72, octets(UInt32(0)) + string("sub") + octets(UInt32(0o755)) + octets(UInt32(0)))
        let names = (0..<200).map { "file-with-a-rather-long-name-\($0)" }
        for name in names { try File.write(path + "/sub/" + name, "") }
        try client.walk(0, 1, ["sub"])
        try client.open(1, UInt32(O_RDONLY | O_DIRECTORY))
        var all: [NinePClient.Entry] = []
        while case let some = try client.entries(1, from: all.last?.offset ?? 0, count: 500), !some.isEmpty {
            all += some
        }
        #expect(all.map(\.name).sorted() == ([".", ".."] + names).sorted())
        #expect(all.first { $0.name == "." }?.kind == 0x80)
        // Back to the middle.
        let again = try client.entries(1, from: all[49].offset, count: 300)
        #expect(again.first?.name == all[50].name)
        var status = stat()
        #expect(stat(path + "/sub/" + names[7], &status) == 0)
        #expect(all.first { $0.name == names[7] }?.path == UInt64(status.st_ino))
        #expect(failure { _ = try client.entries(1, count: 10) } == UInt32(EINVAL))
        // Above the root is the root.
        try client.walk(0, 2, [])
        try client.open(2, UInt32(O_RDONLY))
        let top = try client.entries(2)
        #expect(top.first { $0.name == ".." }?.path == top.first { $0.name == "." }?.path)
    }

    @Test("names are made, linked, moved and removed; numbers follow their file")
    func names() throws {
        try client.mount()
        try client.call(72, octets(UInt32(0)) + string("a") + octets(UInt32(0o755)) + octets(UInt32(0)))
        try client.call(72, octets(UInt32(0)) + string("b") + octets(UInt32(0o755)) + octets(UInt32(0)))
        try client.walk(0, 1, ["a"])
        try client.walk(0, 2, ["b"])
        try client.walk(1, 3, [])
        try client.create(3, "x")
        _ = try client.write(3, 0, Array("data".utf8))
        try client.walk(0, 4, ["a", "x"])
        // Moved while it is known: it can still be opened by its number.
        try client.call(74, octets(UInt32(1)) + string("x") + octets(UInt32(2)) + string("y"))
        try client.open(4, 0)
        #expect(try client.read(4, 0, 10) == Array("data".utf8))
        #expect(failure { try client.walk(0, 9, ["a", "x"]) } == nil)
        #expect(try client.walk(0, 9, ["a", "x"]) == 1)
        try client.walk(0, 5, ["b", "y"])
        try client.call(20, octets(UInt32(5)) + octets(UInt32(1)) + string("z"))
        #expect(try File.readText(path + "/a/z") == "data")
        try client.call(70, octets(UInt32(2)) + octets(UInt32(5)) + string("hard"))
        #expect(try File.readText(path + "/b/hard") == "data")
        try client.call(16, octets(UInt32(2)) + string("soft") + string("/etc/passwd") + octets(UInt32(0)))
        try client.walk(0, 6, ["b", "soft"])
        var target = try client.call(22, octets(UInt32(6)))
        #expect(target.string() == "/etc/passwd")
        try client.call(76, octets(UInt32(2)) + string("soft") + octets(UInt32(0)))
        #expect(
            failure { try client.call(76, octets(UInt32(0)) + string("b") + octets(UInt32(0x200))) }
                == UInt32(ENOTEMPTY))
        try client.call(122, octets(UInt32(5)))
        #expect(failure { try client.clunk(5) } == UInt32(EBADF) && !File.exists(path + "/a/z"))
        try client.call(76, octets(UInt32(0)) + string("a") + octets(UInt32(0x200)))
        #expect(client.directory.names == ["b"])
        try client.call(
            18,
            octets(UInt32(2)) + string("pipe") + octets(UInt32(S_IFIFO | 0o600)) + octets(UInt64(0)) + octets(UInt32(0))
        )
        try client.walk(2, 7, ["pipe"])
        #expect(failure { try client.open(7, 0) } == UInt32(ENXIO))
    }

    @Test("nothing outside of the directory is reached")
    func prison() throws {
        let outside = NinePClient()
        try File.write(outside.directory.path + "/secret", "secret", mode: 0o600)
        symlink(outside.directory.path, path + "/way")
        symlink(outside.directory.path + "/secret", path + "/link")
        try File.write(path + "/victim", "mine")
        try client.mount()
        // Names that are no names.
        for name in ["", "..", ".", "a/b", "/etc", "way/secret", "x\0y"] {
            #expect(
                failure {
                    try client.call(72, octets(UInt32(0)) + string(name) + octets(UInt32(0o755)) + octets(UInt32(0)))
                } == UInt32(EINVAL))
        }
        for names in [["way", "secret"], ["..", "etc"]] { #expect(try client.walk(0, 9, names) < 2) }
        for name in ["way/secret", "../etc", ""] {
            #expect(failure { try client.walk(0, 9, [name]) } == UInt32(EINVAL))
        }
        #expect(try client.walk(0, 9, [".."]) == 1)
        try client.clunk(9)
        // A symbolic link is itself: it is not opened, and nothing is changed through it.
        try client.walk(0, 1, ["link"])
        #expect(failure { try client.open(1, 0) } == UInt32(ELOOP))
        #expect(failure { try client.setAttributes(1, 1, mode: 0o777) } == UInt32(EOPNOTSUPP))
        #expect(failure { try client.setAttributes(1, 8, size: 0) } == UInt32(ELOOP))
        try client.walk(0, 2, [])
        #expect(failure { try client.create(2, "link") } == UInt32(ELOOP))
        // A name that becomes a link while a number stands for the file.
        try client.walk(0, 3, ["victim"])
        try client.walk(0, 4, ["victim"])
        try client.call(74, octets(UInt32(0)) + string("link") + octets(UInt32(0)) + string("victim"))
        #expect(failure { try client.open(3, 1) } == UInt32(ELOOP))
        #expect(failure { try client.setAttributes(3, 1, mode: 0o777) } == UInt32(ELOOP))
        #expect(failure { try client.call(122, octets(UInt32(3))) } == UInt32(ESTALE))
        #expect(
            failure { try client.call(70, octets(UInt32(0)) + octets(UInt32(4)) + string("again")) } == UInt32(ESTALE))
        // No devices.
        #expect(
            failure {
                try client.call(
                    18,
                    octets(UInt32(0)) + string("null") + octets(UInt32(S_IFCHR | 0o666)) + octets(UInt32(1))
                        + octets(UInt32(3)) + octets(UInt32(0)))
            } == UInt32(EPERM))
        #expect(try File.readText(outside.directory.path + "/secret") == "secret")
        var status = stat()
        #expect(stat(outside.directory.path + "/secret", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("a read-only share refuses every change")
    func readOnly() throws {
        let client = NinePClient(isReadOnly: true)
        try File.write(client.directory.path + "/f", "x")
        try client.mount()
        try client.walk(0, 1, ["f"])
        try client.walk(0, 2, ["f"])
        try client.walk(0, 3, [])
        let refusals = [
            failure { try client.open(1, UInt32(O_RDWR)) }, failure { try client.open(1, UInt32(O_TRUNC)) },
            failure { try client.create(3, "g") }, failure { try client.setAttributes(1, 1) },
            failure { try client.call(72, octets(UInt32(0)) + string("d") + octets(UInt64(0))) },
            failure { try client.call(76, octets(UInt32(0)) + string("f") + octets(UInt32(0))) },
            failure { try client.call(122, octets(UInt32(2))) },
            failure { try client.call(74, octets(UInt32(0)) + string("f") + octets(UInt32(0)) + string("g")) },
        ]
        #expect(refusals.allSatisfy { $0 == UInt32(EROFS) })
        try client.open(1, 0)
        #expect(try client.read(1, 0, 9) == [0x78] && client.directory.names == ["f"])
    }

    @Test("numbers, messages cut off and unknown requests are errors and no more")
    func errors() throws {
        #expect(failure { _ = try client.walk(0, 1, []) } == UInt32(EBADF))
        try client.mount()
        #expect(failure { try client.clunk(7) } == UInt32(EBADF))
        try client.walk(0, 1, [])
        #expect(failure { try client.walk(0, 1, []) } == UInt32(EBUSY))
        #expect(failure { try client.walk(0, .max, []) } == UInt32(EINVAL))
        #expect(failure { try client.walk(0, 2, [String](repeating: "a", count: 17)) } == UInt32(EINVAL))
        #expect(failure { try client.walk(0, 2, ["absent"]) } == UInt32(ENOENT))
        for type in UInt8(0)...127 where type % 2 == 0 && type != 108 && type != 52 {
            let number = failure { try client.call(type, [1, 2]) }
            #expect(number == UInt32(EPROTO) || number == UInt32(EOPNOTSUPP) || number == UInt32(EROFS))
        }
        #expect(
            failure { try client.call(30, octets(UInt32(0)) + octets(UInt32(9)) + string("user.a")) }
                == UInt32(EOPNOTSUPP))
        try client.call(108, octets(UInt16(1)))
        var lock = try client.call(52, octets(UInt32(1)) + [1] + octets(UInt32(0)) + octets(UInt64(0)))
        #expect(lock.next(UInt8.self) == 0)
        var held = try client.call(
            54, octets(UInt32(1)) + [1] + octets(UInt64(3)) + octets(UInt64(4)) + octets(UInt32(5)) + string("me"))
        #expect(held.next(UInt8.self) == 2 && held.next(UInt64.self) == 3)
        var other = try client.call(100, octets(UInt32(8192)) + string("9P2000"))
        #expect(other.next(UInt32.self) == 8192 && other.string() == "unknown")
        // A new version forgets all numbers.
        #expect(failure { try client.clunk(1) } == UInt32(EBADF))
        #expect(client.server.answer([1, 2, 3], room: 100) == nil)
    }

    @Test("the device: the tag, an answer in the guest's buffers, a reset that waits, and forgets")
    func device() throws {
        let executor = SteppedExecutor()
        let driver = MockDriver(VirtioSharedDirectory(tag: "host", server: client.server, executor: executor))
        driver.start()
        #expect(driver.configuration(0, count: 6) == [4, 0] + Array("host".utf8))
        let version = octets(UInt32(21)) + [100] + octets(UInt16(0xffff)) + octets(UInt32(8192)) + string("9P2000.L")
        let answer = try #require(
            driver.queues[0].request([Array(version[..<9]), Array(version[9...])], room: [7, 100]))
        #expect(answer.bytes == octets(UInt32(21)) + [101] + Array(version[5...]))
        let attach = octets(UInt32(23)) + [104, 1, 0] + octets(UInt32(0)) + octets(UInt32.max) + octets(UInt64(0))
        #expect(try #require(driver.queues[0].request([attach], room: [100])).bytes[4] == 105)
        executor.isHeld = true
        let old = driver.queues[0]
        old.add(readable: [version], writable: [100])
        old.kick()
        driver.transport.status = 0
        #expect(driver.transport.status != 0)
        executor.run()
        #expect(driver.transport.status == 0 && old.take() == nil)
        executor.isHeld = false
        driver.start()
        let walk = octets(UInt32(17)) + [110, 1, 0] + octets(UInt32(0)) + octets(UInt32(1)) + [0, 0]
        #expect(try #require(driver.queues[0].request([walk], room: [100])).bytes[4] == 7)
        driver.queues[0].add(readable: [[200, 0, 0, 0, 100, 0, 0]], writable: [100])
        driver.queues[0].kick()
        #expect(driver.needsReset)
    }
}
