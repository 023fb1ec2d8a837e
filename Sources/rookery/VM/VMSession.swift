import Glibc
import GuestImages
import Linux
import VirtualMachine

/// A command in a machine that this process stands for.
enum VMSession {
    /// - Parameter isOnTerminal: the command gets a terminal of the size and kind of ours.
    static func make(
        _ client: VMClient, _ command: [String], environment: [String: String] = [:], directory: String? = nil,
        isOnTerminal: Bool
    ) -> GuestSession {
        var environment = environment
        if isOnTerminal, environment["TERM"] == nil {
            environment["TERM"] = getenv("TERM").map { String(cString: $0) } ?? "linux"
        }
        return GuestSession(
            socket: client.paths.vsock,
            script: GuestScript.running(command, environment: environment, directory: directory),
            isOnTerminal: isOnTerminal)
    }
}
