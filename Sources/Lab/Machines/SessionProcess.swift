import Glibc
import GuestImages
import Linux

/// The process of the lab that stands for a command in a virtual machine.
public enum SessionProcess {
    /// What a program is said to end with whose session breaks, as ssh has it.
    private static let lostStatus: Int32 = 255

    /// `--guest-session SOCKET plain|terminal SECONDS SCRIPT`, the seconds those that the guest has to listen. Returns the exit status.
    public static func main(_ arguments: [String]) -> Int32 {
        guard arguments.count == 4, let patience = UInt64(arguments[2]) else { return 2 }
        var session = GuestSession(
            socket: arguments[0], script: arguments[3], isOnTerminal: arguments[1] == "terminal")
        session.patience = patience * 1_000_000_000
        do throws(GuestImageError) {
            switch try session.run() {
            case .exited(let status): return status
            case .lost: return complain("the machine has gone while the command ran")
            }
        } catch {
            return complain(error.description)
        }
    }

    private static func complain(_ text: String) -> Int32 {
        let line = Array("rookery: \(text)\n".utf8)
        _ = Glibc.write(2, line, line.count)
        return lostStatus
    }
}
