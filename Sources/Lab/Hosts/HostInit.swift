import Glibc
import Linux

/// `rookery-lab --init`: the first process of a host that has PIDs of its own. It mounts the host's /proc, says so by
/// closing its standard output (after the reason, if it cannot), and reaps orphans until the lab ends.
public enum HostInit {
    public static func main() -> Never {
        CurrentThread.setName("rookery-init")
        do throws(SystemError) {
            try Mount.proc()
        } catch {
            print("cannot give the host a process tree of its own: \(error)", terminator: "")
            exit(1)
        }
        close(1)
        // The first process of a PID namespace hears only what it has a handler for.
        for number in [SIGTERM, SIGHUP, SIGINT] { signal(number) { _ in _exit(0) } }
        // Without a handler, SIGCHLD of an ignored disposition reaps by itself (wait(2), POSIX.1-2001).
        signal(SIGCHLD, SIG_IGN)
        while true { pause() }
    }
}
