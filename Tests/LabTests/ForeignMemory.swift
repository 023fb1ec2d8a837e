import Glibc
import Linux

/// Another process's memory, to make it crash as a mistake of its own would: a signal sent to the first process of a PID
/// namespace does not end it.
struct ForeignMemory {
    let pid: Int32

    init(of pid: Int32) { self.pid = pid }

    /// Puts an instruction that traps where a function of the C library begins, in that process alone.
    /// - Parameter address: the function's place in this process, which has the same library.
    func breakFunction(_ name: String, at address: UInt) throws {
        guard let mine = try Self.mappings(of: "self").first(where: { $0.range.contains(address) }),
            let file = mine.file,
            let base = try Self.mappings(of: "self").first(where: { $0.file == file })?.range.lowerBound,
            let theirs = try Self.mappings(of: "\(pid)").first(where: { $0.file == file })?.range.lowerBound
        else { throw SystemError("find in process \(pid)", name, code: .noSuchFile) }
        #if arch(x86_64)
            let trap: [UInt8] = [0x0f, 0x0b, 0x0f, 0x0b]  // ud2
        #else
            let trap: [UInt8] = [0, 0, 0, 0]  // udf
        #endif
        let memory = try File.open("/proc/\(pid)/mem", O_RDWR)
        guard pwrite(memory.rawValue, trap, 4, off_t(theirs + (address - base))) == 4 else {
            throw SystemError("write into process", "\(pid)")
        }
    }

    /// Mapped ranges and the names of the files in them, in the order of addresses.
    private static func mappings(of process: String) throws -> [(range: Range<UInt>, file: Substring?)] {
        try File.readText("/proc/\(process)/maps").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            let bounds = fields.first?.split(separator: "-").compactMap { UInt($0, radix: 16) } ?? []
            guard bounds.count == 2 else { return nil }
            return (bounds[0]..<bounds[1], fields.count > 5 ? fields[5] : nil)
        }
    }
}

/// Where this process has accept4(2).
func accept4AddressHere() -> UInt { UInt(bitPattern: dlsym(nil, "accept4")) }
