import Testbed
import Testing

@testable import GuestImages

struct CPIOArchiveTests {
    @Test(.enabled(if: Machine.has("busybox"), "busybox is not installed"))
    func unpackedByBusybox() throws {
        let directory = TemporaryDirectory()
        var archive = CPIOArchive()
        archive.add(file: "a/b/text", "hello\n", mode: 0o750)
        archive.add(file: "empty", "")
        archive.add(link: "a/link", to: "b/text")
        archive.add(device: "dev/null", major: 1, minor: 3, mode: 0o666)
        try ProgramRun(
            ["tee", "\(directory.path)/archive"], input: String(decoding: archive.finished(), as: UTF8.self))
        let listed = try ProgramRun("sh", "-c", "busybox cpio -tv < \(directory.path)/archive")
        #expect(listed.status == 0)
        let names = listed.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(names.map { String($0.last!) } == ["a", "a/b", "a/b/text", "empty", "b/text", "dev", "dev/null"])
        #expect(
            names.map { String($0[0]) }.prefix(5) == [
                "drwxr-xr-x", "drwxr-xr-x", "-rwxr-x---", "-rw-r--r--", "lrwxrwxrwx",
            ])
        #expect(listed.output.contains("crw-rw-rw-"))
        let run = try ProgramRun(
            ["sh", "-c", "busybox cpio -id a/b/text a/link < archive && cat a/link"], directory: directory.path)
        #expect(run.output == "hello\n", "\(run.all)")
    }
}
