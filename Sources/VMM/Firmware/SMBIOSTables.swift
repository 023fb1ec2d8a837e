/// What a machine says of itself to people who look: maker, product, processors, memory modules (System Management BIOS,
/// DMTF DSP0134, version 2.8). Nothing in it says that the machine is a virtual one.
struct SMBIOSTables {
    /// The structures, one after the other.
    private(set) var structures: [UInt8] = []
    private var count: UInt16 = 0
    private var longest = 0

    /// Where operating systems look for the entry point without EFI (5.2.1): on a 16-byte boundary from here on.
    static let entryPointAddress: UInt64 = 0xf_0000
    static let entryPointByteCount = 31
    private static let maker = "Rookery"

    /// - Parameter name: the machine's; its UUID is made of it.
    init(name: String, processorCount: Int, memory: UInt64) {
        addFirmware()
        addSystem(name)
        addChassis()
        for number in 0..<processorCount { addProcessor(number) }
        addMemory(memory)
        // Type 32: no boot failure; type 127: the end.
        add(32, 0x2000, [UInt8](repeating: 0, count: 7))
        add(127, 0x7f00, [])
    }

    /// The entry point (5.2.1) for structures at `address`.
    func entryPoint(at address: UInt32) -> [UInt8] {
        var bytes = Array("_SM_".utf8) + [0, UInt8(Self.entryPointByteCount), 2, 8]
        bytes += AML.little(UInt16(longest)) + [0, 0, 0, 0, 0, 0]
        bytes += Array("_DMI_".utf8) + [0] + AML.little(UInt16(structures.count)) + AML.little(address)
        bytes += AML.little(count) + [0x28]
        bytes[21] = ACPITable.checksum(bytes[16...])
        bytes[4] = ACPITable.checksum(bytes)
        return bytes
    }

    /// A structure (6.1): header, formatted part, strings by number from 1 on.
    private mutating func add(_ type: UInt8, _ handle: UInt16, _ content: [UInt8], _ strings: [String] = []) {
        let start = structures.count
        structures += [type, UInt8(4 + content.count)] + AML.little(handle) + content
        for string in strings { structures += Array(string.utf8) + [0] }
        structures += strings.isEmpty ? [0, 0] : [0]
        count += 1
        longest = max(longest, structures.count - start)
    }

    /// Type 0 (7.1).
    private mutating func addFirmware() {
        // Vendor, version, the segment it starts at, date, ROM of 256 KB.
        var content: [UInt8] = [1, 2] + AML.little(UInt16(0xe800)) + [3, 3]
        // PCI; Plug and Play; ACPI. Of extension byte 2: no bit, above all not the fourth, "virtual machine".
        content += AML.little(UInt64(1 << 7 | 1 << 9)) + [1, 0]
        content += [1, 0, 0xff, 0xff]
        add(0, 0, content, [Self.maker, "1.0", "01/01/2026"])
    }

    /// Type 1 (7.2).
    private mutating func addSystem(_ name: String) {
        let content = [1, 2, 3, 0] + Self.identifier(of: name) + [6, 0, 0] as [UInt8]
        add(1, 0x100, content, [Self.maker, "PC", "Q35"])
    }

    /// 16 bytes from a name, always the same ones, marked as a UUID of a maker's own kind (RFC 9562, version 8).
    private static func identifier(of name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for seed: UInt64 in [0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4] {
            var hash = seed
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
            bytes += AML.little(hash)
        }
        // The third field is little-endian here (7.2.1).
        bytes[7] = bytes[7] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes
    }

    /// Type 3 (7.4): a desktop, all states safe.
    private mutating func addChassis() {
        let content: [UInt8] = [1, 3, 0, 0, 0, 3, 3, 3, 2] + AML.little(UInt32(0)) + [0, 0, 0, 0]
        add(3, 0x300, content, [Self.maker])
    }

    /// Type 4 (7.5): a central processor in a socket, enabled.
    private mutating func addProcessor(_ number: Int) {
        var content: [UInt8] = [1, 3, 0x01, 2]
        // Its identifier is not told; version, voltage, clock, speeds in MHz, status, no upgrade.
        content += AML.little(UInt64(0)) + [0, 0] + AML.little(UInt16(0)) + AML.little(UInt16(1000))
        content += AML.little(UInt16(1000)) + [0x41, 0x06]
        // No handles of caches; no numbers; one core, one thread, 64 bits.
        content += [UInt8](repeating: 0xff, count: 6) + [0, 0, 0, 1, 1, 1] + AML.little(UInt16(4))
        content += AML.little(UInt16(2))
        add(4, 0x400 + UInt16(number), content, ["CPU \(number)", Self.maker])
    }

    /// Types 16, 17 and 19 (7.17, 7.18, 7.20): one module of all the memory.
    private mutating func addMemory(_ byteCount: UInt64) {
        let kilobytes = UInt32(clamping: byteCount >> 10)
        var array: [UInt8] = [3, 3, 3]
        array += AML.little(kilobytes) + [0xfe, 0xff, 1, 0]
        add(16, 0x1000, array)
        let megabytes = byteCount >> 20
        var module: [UInt8] = [0x00, 0x10, 0xfe, 0xff, 64, 0, 64, 0]
        // From 32 GB − 1 MB on the size is in the extended field.
        module += AML.little(UInt16(megabytes < 0x7fff ? megabytes : 0x7fff))
        // A DIMM of DRAM; its place, its maker.
        module += [9, 0, 1, 0, 7, 0, 0, 0, 0, 2, 0, 0, 0, 0]
        module += AML.little(UInt32(clamping: megabytes < 0x7fff ? 0 : megabytes)) + [0, 0]
        add(17, 0x1100, module, ["DIMM 0", Self.maker])
        var place = AML.little(UInt32(0)) + AML.little(kilobytes &- 1)
        place += [0x00, 0x10, 1]
        add(19, 0x1300, place)
    }
}
