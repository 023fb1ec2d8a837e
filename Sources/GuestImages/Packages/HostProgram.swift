import Glibc
import Linux

/// A program of the host's that is run to its end.
enum HostProgram {
    static func isPresent(_ name: String) -> Bool { path(of: name) != nil }

    /// Where a program is; administrators' folders are looked through, too.
    static func path(of name: String) -> String? {
        let folders = getenv("PATH").map { String(cString: $0) } ?? ""
        return (folders.split(separator: ":") + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"])
            .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Runs a program.
    /// - Parameters:
    ///   - directory: where it starts.
    ///   - line: called with each line that it prints to its output or its errors.
    /// - Returns: what it printed to its output.
    /// - Throws: where it cannot be started or ends with another status than 0, with the end of its errors.
    @discardableResult
    static func run(
        _ arguments: [String], directory: String? = nil, environment: [String] = [],
        line: ((String) -> Void)? = nil
    ) throws(GuestImageError) -> String {
        let (output, outputWriter) = try pipe()
        let (errors, errorsWriter) = try pipe()
        let null = try system { () throws(SystemError) in try File.open("/dev/null", O_RDWR) }
        var spawn = Spawn(path(of: arguments[0]) ?? arguments[0], arguments)
        spawn.directory = directory
        let names = Set((environment + ["LC_ALL=C"]).map { $0.prefix { $0 != "=" } })
        spawn.environment.removeAll { names.contains($0.prefix { $0 != "=" }) }
        spawn.environment += environment + ["LC_ALL=C"]
        spawn.descriptors = [(null.rawValue, 0), (outputWriter, 1), (errorsWriter, 2)]
        let child = try start(spawn, closing: [outputWriter, errorsWriter])
        let (text, complaints) = try collect(output.descriptor, errors.descriptor, line)
        let end = try system { () throws(SystemError) in try child.wait() }
        guard end == .exited(0) else {
            // apt's way: what is wrong starts with "E: ".
            let lines = complaints.split(separator: "\n")
            let faults = lines.filter { $0.hasPrefix("E: ") || $0.contains("rror:") }
            let last = (faults.isEmpty ? lines : faults).suffix(3).joined(separator: "; ")
            throw GuestImageError("\(arguments[0]) \(end): \(last)")
        }
        return text
    }

    private static func start(
        _ spawn: Spawn, closing descriptors: [Int32]
    ) throws(GuestImageError) -> ChildProcess {
        defer { for descriptor in descriptors { close(descriptor) } }
        do throws(SpawnError) { return try spawn.start() } catch { throw GuestImageError(error.description) }
    }

    /// A pipe's end for reading, and the number of the one for writing, which is closed once the program has it: then the
    /// program's end is the end of what is read.
    private static func pipe() throws(GuestImageError) -> (OwnedDescriptor, Int32) {
        try system { () throws(SystemError) in try Pipe() }.split { (OwnedDescriptor($0), $1.release()) }
    }

    /// Reads both pipes to their ends.
    private static func collect(
        _ output: borrowing FileDescriptor, _ errors: borrowing FileDescriptor, _ line: ((String) -> Void)?
    ) throws(GuestImageError) -> (output: String, errors: String) {
        var bytes: [[UInt8]] = [[], []]
        var started: [UInt8] = []
        var polled = [
            pollfd(fd: output.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while polled.contains(where: { $0.fd >= 0 }) {
            if poll(&polled, 2, -1) < 0 {
                if errno == EINTR { continue }
                throw GuestImageError(SystemError("wait for a program's output"))
            }
            for index in 0..<2 where polled[index].fd >= 0 && polled[index].revents != 0 {
                let chunk = try system { () throws(SystemError) in
                    index == 0 ? try output.read(upTo: 65536) : try errors.read(upTo: 65536)
                }
                if chunk.isEmpty { polled[index].fd = -1 }
                bytes[index] += chunk
                guard let line else { continue }
                started += chunk
                while let end = started.firstIndex(where: { $0 == 10 || $0 == 13 }) {
                    if end > 0 { line(String(decoding: started[..<end], as: UTF8.self)) }
                    started.removeSubrange(...end)
                }
            }
        }
        return (String(decoding: bytes[0], as: UTF8.self), String(decoding: bytes[1], as: UTF8.self))
    }
}
