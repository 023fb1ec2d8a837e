import Glibc
import Linux
import Testbed
import Testing

@testable import GuestImages

@Suite("sets of kernel modules")
struct ModuleSetTests {
    /// A module's file that says this of itself.
    static func module(_ information: [String]) -> [UInt8] {
        let names = Array("\0.modinfo\0".utf8)
        let content = Array(information.map { "\($0)\0" }.joined().utf8)
        func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
        func section(name: UInt32, type: UInt32, offset: Int, size: Int) -> [UInt8] {
            bytes(name) + bytes(type) + [UInt8](repeating: 0, count: 16) + bytes(UInt64(offset)) + bytes(UInt64(size))
                + [UInt8](repeating: 0, count: 24)
        }
        var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1] + [UInt8](repeating: 0, count: 34) + bytes(UInt64(64))
        file += [UInt8](repeating: 0, count: 12) + bytes(UInt16(2)) + bytes(UInt16(0))
        file += section(name: 0, type: 3, offset: 64 + 128, size: names.count)
        file += section(name: 1, type: 1, offset: 64 + 128 + names.count, size: content.count)
        return file + names + content
    }

    private func set(_ names: [String], _ files: [String: [String]]) throws -> ModuleSet {
        try ModuleSet(names, among: files.keys.sorted()) { (path) throws(GuestImageError) in
            Self.module(files[path] ?? [])
        }
    }

    @Test("each comes after those it needs; circles and what is not there do no harm")
    func order() throws {
        let set = try set(
            ["a-b", "none", "circle1"],
            [
                "k/a_b.ko": ["depends=c-d,e,builtin", "alias=pci:v*"], "k/c-d.ko.xz": ["depends=e"], "k/e.ko": [],
                "k/other.ko": [], "k/circle1.ko": ["depends=circle2"], "k/circle2.ko": ["depends=circle1,circle2"],
            ])
        #expect(set.modules.map(\.name) == ["e", "c_d", "a_b", "circle2", "circle1"])
        #expect(
            set.dependencyTable == """
                k/e.ko:
                k/c-d.ko: k/e.ko
                k/a_b.ko: k/c-d.ko k/e.ko
                k/circle2.ko: k/circle1.ko
                k/circle1.ko: k/circle2.ko

                """)
        #expect(set.aliasTable == "alias pci:v* a_b\n")
    }

    @Test("a chain as long as a package pleases")
    func chain() throws {
        let files = Dictionary(uniqueKeysWithValues: (0..<5000).map { ("m\($0).ko", ["depends=m\($0 + 1)"]) })
        let set = try set(["m0"], files)
        #expect(set.modules.count == 5000 && set.modules.first?.name == "m4999")
    }

    @Test("names that would be lines of their own in the tables are left out")
    func words() throws {
        let set = try set(
            ["a", "b"],
            ["k/a.ko": ["alias=x y", "alias=x\ninstall y", "alias=", "alias=z"], "k/b\nc.ko": [], "b c.ko": []])
        #expect(set.modules.map(\.name) == ["a"] && set.aliasTable == "alias z a\n")
    }

    @Test("what is no module is told with its name")
    func noModule() {
        #expect(throws: GuestImageError("'k/a.ko' is no kernel module")) {
            try ModuleSet(["a"], among: ["k/a.ko"]) { _ in [1, 2, 3] }
        }
    }

    static let programs = [(".xz", "xz"), (".zst", "zstd"), (".gz", "gzip")].filter { HostProgram.isPresent($0.1) }

    @Test(
        "compressed modules are read up to a limit, and what is larger, or broken, is an error and leaves nothing",
        arguments: programs)
    func compression(ending: String, program: String) throws {
        let folder = TemporaryDirectory()
        let path = "\(folder.path)/a module.ko\(ending)"
        let make = "head -c 1000000 /dev/zero | \(program) -c > \"$0\""
        try HostProgram.run(["sh", "-c", make, path])
        #expect(FileTree.byteCount(path) < 10_000)
        #expect(try ModuleSet.read(path) == [UInt8](repeating: 0, count: 1_000_000))
        #expect(try ModuleSet.read(path, limit: 1_000_000).count == 1_000_000)
        #expect(throws: GuestImageError("'\(path)' is larger than any kernel module")) {
            try ModuleSet.read(path, limit: 500_000)
        }
        #expect(truncate(path, 30) == 0)
        #expect(throws: GuestImageError.self) { try ModuleSet.read(path) }
        #expect(try File.list(folder.path) == ["a module.ko\(ending)"])
    }
}
