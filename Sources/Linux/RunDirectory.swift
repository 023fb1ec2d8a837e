import Glibc

/// Where the files of what runs are: labs, virtual machines.
public enum RunDirectory {
    /// `/run/rookery`; of users other than root `$XDG_RUNTIME_DIR/rookery`. `ROOKERY_RUN_DIR` overrides it, for tests.
    public static var root: String {
        if let path = getenv("ROOKERY_RUN_DIR") { return String(cString: path) }
        if geteuid() == 0 { return "/run/rookery" }
        if let path = getenv("XDG_RUNTIME_DIR") { return String(cString: path) + "/rookery" }
        return "/tmp/rookery-\(geteuid())"
    }
}
