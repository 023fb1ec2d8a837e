import Glibc
import Linux

/// Terminal windows on nodes.
enum MininetTerminals {
    static func requireDisplay() throws(CommandError) {
        if getenv("DISPLAY") == nil {
            throw CommandError(
                "Cannot connect to display: DISPLAY is not set",
                remedy: "log in with ssh -X, or use rookery exec NODE bash")
        }
    }

    /// Opens a window with a shell on the node; it runs on by itself.
    static func open(_ name: String, program: String = "xterm", _ network: EmulatedNetwork) throws {
        try requireDisplay()
        let title = "\(network.isHost(name) ? "host" : "switch"): \(name)"
        let inside =
            network.isHost(name)
            ? ["/proc/\(getpid())/exe", "exec", "-n", network.lab, name, "bash"] : ["bash"]
        let words =
            program == "gterm"
            ? ["gnome-terminal", "--title", title, "--"] + inside
            : ["xterm", "-title", title, "-e"] + inside
        var spawn = Spawn(words[0], words)
        spawn.newSession = true
        do throws(SpawnError) { _ = try spawn.start() } catch {
            throw CommandError("\(error)", remedy: "apt install \(words[0])")
        }
    }
}
