import Glibc
import Linux
import Testing

/// The executables beside the test bundle, run as users run them, each test's labs in a run directory of its own.
struct Program: ~Copyable {
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
        /// Both, as a terminal would show them.
        var all: String { output + errors }
    }

    /// The run directory (ROOKERY_RUN_DIR).
    let runDirectory: String

    init() {
        var template = Array("/tmp/rookery-test.XXXXXX".utf8CString)
        runDirectory = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        // A test that failed half way must not leave its lab to the next.
        _ = try? Self.run(["down", "--all"], runDirectory: runDirectory)
        for name in (try? File.list(runDirectory)) ?? [] { unlink(runDirectory + "/" + name) }
        rmdir(runDirectory)
    }

    /// Whether anything is left in the run directory.
    var leftovers: [String] { (try? File.list(runDirectory)) ?? [] }

    static let directory: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let path = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()

    /// The repository, found from this file.
    static let repository: String = {
        var parts = #filePath.split(separator: "/").map(String.init)
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    @discardableResult
    func run(
        _ arguments: String..., input: String = "", environment: [String] = [], directory: String? = nil,
        seconds: Int = 120
    ) throws -> Outcome {
        try Self.run(
            arguments, input: input, environment: environment, directory: directory, runDirectory: runDirectory,
            seconds: seconds)
    }

    static func run(
        _ arguments: [String], input: String = "", environment: [String] = [], directory: String? = nil,
        runDirectory: String, seconds: Int = 120, interruptAfter: ((_ errors: String) -> Bool)? = nil
    ) throws -> Outcome {
        let files = try (temporaryFile(input), temporaryFile(), temporaryFile())
        defer { for file in [files.0, files.1, files.2] { close(file) } }
        var spawn = Spawn(Self.directory + "/rookery", ["rookery"] + arguments)
        spawn.environment = Spawn.inheritedEnvironment.filter { !$0.hasPrefix("ROOKERY_RUN_DIR=") }
        spawn.environment += ["ROOKERY_RUN_DIR=\(runDirectory)"] + environment
        spawn.directory = directory
        spawn.newSession = true
        spawn.descriptors = [(files.0, 0), (files.1, 1), (files.2, 2)]
        let child = try spawn.start()
        if let interruptAfter {
            for _ in 0..<1000 where !interruptAfter(try text(of: files.2)) { usleep(20_000) }
            try child.signal(SIGINT)
        }
        var ended = pollfd(fd: child.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        if poll(&ended, 1, Int32(seconds) * 1000) == 0 {
            try child.signal(SIGKILL)
            Issue.record("rookery \(arguments.joined(separator: " ")) did not end within \(seconds) s")
        }
        let status = try child.wait().shellStatus
        return Outcome(status: status, output: try text(of: files.1), errors: try text(of: files.2))
    }

    private static func temporaryFile(_ content: String = "") throws -> Int32 {
        var template = Array("/tmp/rookery-io.XXXXXX".utf8CString)
        let number = mkstemp(&template)
        guard number >= 0 else { throw SystemError("make a file in", "/tmp") }
        unlink(template)
        let bytes = Array(content.utf8)
        _ = write(number, bytes, bytes.count)
        lseek(number, 0, SEEK_SET)
        return number
    }

    /// Read without moving the offset, which the program shares.
    private static func text(of file: Int32) throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = pread(file, &chunk, chunk.count, bytes.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What end-to-end tests need of the machine.
enum Machine {
    static let runsLabs = geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0
    static let labsNeed: Comment = "labs need root and /dev/net/tun"
    static func has(_ program: String) -> Bool {
        (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").contains {
            access("\($0)/\(program)", X_OK) == 0
        }
    }
}
