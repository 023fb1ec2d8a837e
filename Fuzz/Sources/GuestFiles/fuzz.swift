import Driver

@testable import GuestImages

// Files out of packages that guests are made of: programs and modules, the tables that are made from them, package lists. The
// first byte says which.

/// `main` is an alias of this.
@_cdecl("GuestFiles_main")
public func guestFilesMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
    switch data[0] % 3 {
    case 0: readObject(bytes)
    case 1: readModules(bytes)
    default: readPackages(bytes)
    }
    return 0
}

private func readObject(_ bytes: [UInt8]) {
    guard let object = ELFObject(bytes) else { return }
    precondition(object.neededLibraries.allSatisfy { $0.utf8.count <= 3 * 255 })
    precondition(object.interpreter.map { $0.utf8.count <= 3 * 4095 } ?? true)
    _ = object.moduleInformation
}

/// Modules a to p that say of themselves what the bytes say, one after the other, between bytes of 255.
private func readModules(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 255, maxSplits: 15, omittingEmptySubsequences: false)
    let names = parts.indices.map { String(UnicodeScalar(UInt8(0x61 + $0))) }
    let ends = ["", ".xz", ".zst", ".gz"]
    let files = names.enumerated().map { "kernel/\($1).ko\(ends[$0 % 4])" } + [String(decoding: bytes, as: UTF8.self)]
    let set = try? ModuleSet(names, among: files) { (path) throws(GuestImageError) in
        guard let index = files.firstIndex(of: path), index < parts.count else {
            throw GuestImageError("no such file")
        }
        // A few come without an object around them.
        return parts[index].first == 0x7f ? Array(parts[index]) : object(parts[index])
    }
    guard let set else { return }
    // Each module once, and tables with a line each.
    let known = Set(set.modules.map(\.name))
    precondition(known.count == set.modules.count)
    let lines = set.dependencyTable.utf8.split(separator: 10)
    precondition(lines.count == set.modules.count)
    for (line, module) in zip(lines, set.modules) {
        let words = line.split(separator: 0x20)
        precondition(Array(words[0]) == Array("\(module.path):".utf8))
        precondition(Set(words.map { Array($0) }).count == words.count && words.count <= set.modules.count)
    }
    for line in set.aliasTable.utf8.split(separator: 10) { precondition(line.split(separator: 0x20).count == 3) }
}

/// An object with one section, a module's information.
private func object(_ information: ArraySlice<UInt8>) -> [UInt8] {
    let names = Array("\0.modinfo\0".utf8)
    func number<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
    func section(_ name: UInt32, _ offset: Int, _ size: Int) -> [UInt8] {
        var section = number(name) + number(1 as UInt32) + [UInt8](repeating: 0, count: 16)
        section += number(UInt64(offset)) + number(UInt64(size)) + [UInt8](repeating: 0, count: 24)
        return section
    }
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1] + [UInt8](repeating: 0, count: 34) + number(64 as UInt64)
    bytes += [UInt8](repeating: 0, count: 12) + number(2 as UInt16) + number(0 as UInt16)
    bytes += section(0, 192, names.count) + section(1, 192 + names.count, information.count)
    return bytes + names + information
}

private func readPackages(_ bytes: [UInt8]) {
    for package in DebianPackage.parse(String(decoding: bytes, as: UTF8.self)) {
        for name in [package.name] + package.dependencies {
            precondition(!name.isEmpty && !name.utf8.contains(0x2f) && name.utf8.first != 0x2d)
        }
        precondition(!package.version.isEmpty && !package.version.utf8.contains(0x2f))
    }
}
