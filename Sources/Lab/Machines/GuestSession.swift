import Glibc
import GuestImages
import Linux

/// A process of the lab that stands for a command in a virtual machine: it carries the command there over vsock, its
/// input and output to and fro, and ends with its status.
public enum GuestSession {
    /// Ports of the mini guest: a line with a command, and a shell on a terminal.
    private static let commandPort = 1024
    private static let shellPort = 1023

    /// The shell's line for a program with its arguments.
    static func commandLine(
        _ command: [String], environment: [String: String] = [:], directory: String? = nil
    ) -> String {
        var line = ""
        if let directory { line += "cd \(quoted(directory)) && " }
        for (key, value) in environment.sorted(by: { $0.key < $1.key }) { line += "export \(key)=\(quoted(value)); " }
        // A shell that is given a line needs no second shell.
        if command.count == 3, ["sh", "/bin/sh", "bash", "/bin/bash"].contains(command[0]), command[1] == "-c" {
            return line + command[2]
        }
        return line + command.map(quoted).joined(separator: " ")
    }

    private static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x2f, 0x5f, 0x3a, 0x2c, 0x2b, 0x3d, 0x40: true
                default: false
                }
            }
        return isPlain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// `--guest-session SOCKET plain|terminal LINE`.
    public static func main(_ arguments: [String]) -> Int32 {
        guard arguments.count == 3 else { return 2 }
        signal(SIGPIPE, SIG_IGN)
        do {
            return try run(socket: arguments[0], isTerminal: arguments[1] == "terminal", line: arguments[2])
        } catch {
            FileDescriptor.standardError("\(error)\n")
            return 125
        }
    }

    private static func run(socket path: String, isTerminal: Bool, line: String) throws -> Int32 {
        let socket = try connect(path, port: isTerminal ? shellPort : commandPort)
        if isTerminal {
            try socket.writeAll("stty -echo 2>/dev/null; clear; stty echo 2>/dev/null; exec \(line)\n")
        } else {
            // A line is a line: what a command has of them goes as one argument of eval.
            let single = line.contains("\n") ? "eval \"$(printf '%b' \(quoted(escaped(line))))\"" : line
            try socket.writeAll(single + "\n")
        }
        return try relay(socket)
    }

    /// A guest that is just up may not listen yet: for some seconds it is asked again.
    private static func connect(_ path: String, port: Int) throws -> FileDescriptor {
        let patience = MonotonicClock.now() + 10_000_000_000
        while true {
            let socket = try UnixSocket.connect(path)
            try socket.writeAll("CONNECT \(port)\n")
            if try answer(socket).hasPrefix("OK") { return socket }
            guard MonotonicClock.now() < patience else { throw LabError("the guest takes no commands") }
            MonotonicClock.sleep(until: MonotonicClock.now() + 100_000_000)
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The relay's first line, byte by byte: what comes behind it is the guest's.
    private static func answer(_ socket: borrowing FileDescriptor) throws -> String {
        var bytes: [UInt8] = []
        while bytes.count < 64 {
            let next = try socket.read(upTo: 1)
            guard let byte = next.first, byte != 0x0a else { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func relay(_ socket: borrowing FileDescriptor) throws -> Int32 {
        var output = GuestOutput()
        var status: Int32?
        var hasInput = true
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            var watched = [
                pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: hasInput ? 0 : -1, events: Int16(POLLIN), revents: 0),
            ]
            poll(&watched, 2, -1)
            if watched[1].revents != 0 {
                let count = read(0, &chunk, chunk.count)
                if count > 0 {
                    try chunk.withUnsafeBytes { try socket.writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                } else {
                    // The guest's relay would end the command with its input: it stays open.
                    hasInput = false
                }
            }
            guard watched[0].revents != 0 else { continue }
            let count = read(socket.rawValue, &chunk, chunk.count)
            let parts = count > 0 ? output.take(chunk[..<count]) : output.finish()
            for part in parts {
                switch part {
                case .log(let bytes), .output(let bytes): try writeOut(bytes)
                case .exit(let number): status = number
                case .ready: break
                }
            }
            if count <= 0 || status != nil { return status ?? 0 }
        }
    }

    private static func writeOut(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress! + done, bytes.count - done) }
            if count < 0, errno != EINTR { throw SystemError("write output") }
            done += max(count, 0)
        }
    }
}

extension FileDescriptor {
    fileprivate static func standardError(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(2, $0.baseAddress!, $0.count) }
    }
}
