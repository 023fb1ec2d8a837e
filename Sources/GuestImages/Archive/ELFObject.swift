/// What we want to know of programs, libraries and kernel modules: 64-bit little-endian ELF files (System V ABI, chapters 4
/// and 5). Everything that is not there, or that lies outside of the file, is empty.
struct ELFObject {
    private let bytes: [UInt8]
    private var sections: [(name: Int, type: UInt32, offset: Int, size: Int, link: Int)] = []
    private var namesOffset = 0

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
        self.bytes = bytes
        let table = place(0x28)
        let count = Int(number(0x3c, UInt16.self))
        let names = Int(number(0x3e, UInt16.self))
        for index in 0..<count {
            let start = table + index * 64
            guard start + 64 <= bytes.count else { return nil }
            sections.append(
                (
                    name: Int(number(start, UInt32.self)), type: number(start + 4, UInt32.self),
                    offset: place(start + 24),
                    size: place(start + 32), link: Int(number(start + 40, UInt32.self))
                ))
        }
        if names < sections.count { namesOffset = sections[names].offset }
    }

    private func number<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Number {
        guard offset >= 0, offset + MemoryLayout<Number>.size <= bytes.count else { return 0 }
        return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }

    /// A number of 64 bits that is an offset or a size; one that lies outside of the file is the file's end.
    private func place(_ offset: Int) -> Int { Int(min(number(offset, UInt64.self), UInt64(bytes.count))) }

    /// - Parameter limit: no name is longer. Many that all go on to the file's end would take a very long time.
    private func text(_ offset: Int, limit: Int = 255) -> String {
        guard offset >= 0, offset < bytes.count else { return "" }
        let end = offset + min(limit, bytes.count - offset)
        return String(decoding: bytes[offset..<end].prefix { $0 != 0 }, as: UTF8.self)
    }

    private func content(_ offset: Int, _ size: Int) -> ArraySlice<UInt8> {
        guard offset >= 0, size >= 0, offset <= bytes.count, size <= bytes.count - offset else { return [] }
        return bytes[offset..<(offset + size)]
    }

    /// The shared libraries that it is linked with (DT_NEEDED).
    var neededLibraries: [String] {
        guard let dynamic = sections.first(where: { $0.type == 6 }), dynamic.link < sections.count else { return [] }
        let names = sections[dynamic.link].offset
        return stride(from: dynamic.offset, to: dynamic.offset + content(dynamic.offset, dynamic.size).count, by: 16)
            .filter { number($0, UInt64.self) == 1 }
            .map { text(names + place($0 + 8)) }
    }

    /// The program that loads it (PT_INTERP); nil for static programs and libraries.
    var interpreter: String? {
        sections.first { text(namesOffset + $0.name) == ".interp" }.map { text($0.offset, limit: 4095) }
    }

    /// What a kernel module says of itself, "key=value": `depends`, `alias` and others.
    var moduleInformation: [(key: String, value: String)] {
        guard let section = sections.first(where: { text(namesOffset + $0.name) == ".modinfo" }) else { return [] }
        return content(section.offset, section.size).split(separator: 0).compactMap {
            let entry = String(decoding: $0, as: UTF8.self)
            guard let equals = entry.firstIndex(of: "=") else { return nil }
            return (String(entry[..<equals]), String(entry[entry.index(after: equals)...]))
        }
    }
}
