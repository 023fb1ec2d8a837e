import Linux
import Testbed
import Testing

/// `rookery vm image` on disk images, as users run it; QEMU's tools judge what it makes.
struct DiskImageVerbTests {
    @Test func fromMakingToChecking() throws {
        let program = Program()
        let disk = program.file("disk.qcow2")
        #expect(try program.run("vm", "image", "create", disk, "10M").status == 0)
        let again = try program.run("vm", "image", "create", disk, "10M")
        #expect(again.status == 1 && again.errors.contains("File exists"), "\(again.all)")
        #expect(try program.run("vm", "image", "create", program.file("top.qcow2"), "-b", "disk.qcow2").status == 0)
        let top = try program.run("vm", "image", "info", program.file("top.qcow2"))
        #expect(top.output.contains("backing    disk.qcow2 (qcow2)") && top.output.contains("10M (10485760 bytes)"))
        #expect(try program.run("vm", "image", "resize", disk, "20M").status == 0)
        let smaller = try program.run("vm", "image", "resize", disk, "1M")
        #expect(smaller.status == 1 && smaller.errors.contains("--shrink"), "\(smaller.all)")
        #expect(try program.run("vm", "image", "resize", disk, "+4M").status == 0)
        #expect(try program.run("vm", "image", "info", disk).output.contains("24M (25165824 bytes)"))
        #expect(try program.run("vm", "image", "resize", disk, "1M", "--shrink").status == 0)
        let json = try program.run("vm", "image", "info", "--json", disk)
        #expect(json.output.contains("\"byteCount\" : 1048576"), "\(json.all)")
        #expect(try program.run("vm", "image", "convert", disk, program.file("disk.raw")).status == 0)
        #expect(try File.read(program.file("disk.raw")) == [UInt8](repeating: 0, count: 1 << 20))
        let check = try program.run("vm", "image", "check", disk)
        #expect(check.status == 0 && check.output.hasPrefix("sound: 0 of 16 clusters"), "\(check.all)")
        if Machine.has("qemu-img") {
            #expect(try ProgramRun("qemu-img", "check", disk).status == 0)
            #expect(try ProgramRun("qemu-img", "compare", "-F", "raw", disk, program.file("disk.raw")).status == 0)
        }
    }

    /// The statuses are those of qemu-img check.
    @Test func damageAndLossesHaveTheirStatus() throws {
        let program = Program()
        let disk = program.file("disk.qcow2")
        try program.run("vm", "image", "create", disk, "10M")
        // The first refcount block counts clusters 0 to 3: header, table, itself, L1 table.
        var bytes = try File.read(disk)
        bytes[2 * 65536 + 9] = 1
        try File.writeAtomically(disk, bytes)
        #expect(try program.run("vm", "image", "check", disk).status == 3)
        bytes[2 * 65536 + 7] = 0
        try File.writeAtomically(disk, bytes)
        let damaged = try program.run("vm", "image", "check", disk)
        #expect(damaged.status == 2 && damaged.output.contains("fault: "), "\(damaged.all)")
        let mended = try program.run("vm", "image", "check", "--repair", disk)
        #expect(mended.status == 0 && mended.output.contains("mended: 2"), "\(mended.all)")
    }

    @Test func whatIsNoImage() throws {
        let program = Program()
        let missing = try program.run("vm", "image", "info", program.file("nothing"))
        #expect(missing.status == 1 && missing.errors.contains("No such file"), "\(missing.all)")
        try File.writeAtomically(program.file("short.qcow2"), [0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3])
        let short = try program.run("vm", "image", "info", program.file("short.qcow2"))
        #expect(short.status == 1 && short.errors.contains("too few for a header"), "\(short.all)")
        #expect(try program.run("vm", "image", "create", program.file("x"), "ten").status == 2)
        #expect(try program.run("vm", "image", "create", program.file("x"), "1M", "--preallocate").status == 2)
        #expect(!File.exists(program.file("x")))
    }
}
