import Linux
import Testbed
import Testing

@testable import GuestImages

/// The file system that hands a guest its configuration, read by others' tools.
struct ISO9660Tests {
    private static let long = String(repeating: "0123456789abcde\n", count: 300)

    private func written() throws -> (TemporaryDirectory, String) {
        var disk = ISO9660(label: "cidata")
        disk.add(file: "user-data", "#cloud-config\n")
        disk.add(file: "meta-data", Self.long)
        disk.add(file: "empty", "")
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/seed.iso"
        let bytes = disk.image()
        #expect(bytes.count % 2048 == 0)
        try File.writeAtomically(path, bytes)
        return (directory, path)
    }

    @Test(.enabled(if: Machine.has("blkid"), "blkid is not installed"))
    func labelAsTheSystemFindsIt() throws {
        let (directory, path) = try written()
        let run = try ProgramRun(["blkid", "-p", path])
        #expect(run.output.contains("LABEL=\"cidata\"") && run.output.contains("TYPE=\"iso9660\""), "\(run)")
        withExtendedLifetime(directory) {}
    }

    @Test(.enabled(if: Machine.has("isoinfo"), "isoinfo (genisoimage) is not installed"))
    func filesByBothNames() throws {
        let (directory, path) = try written()
        for (options, name) in [(["-J"], "/meta-data"), ([], "/META-DATA;1")] {
            #expect(try ProgramRun(["isoinfo", "-i", path] + options + ["-x", name]).output == Self.long)
        }
        let list = try ProgramRun(["isoinfo", "-i", path, "-J", "-f"]).output.split(separator: "\n")
        #expect(list == ["/empty", "/meta-data", "/user-data"])
        withExtendedLifetime(directory) {}
    }
}
