import Glibc

/// What tests need of the machine.
public enum Machine {
    public static let isRoot = geteuid() == 0
    /// Whether it makes TAP devices for us.
    public static let hasTUN = access("/dev/net/tun", R_OK | W_OK) == 0

    /// Whether these programs are installed.
    public static func has(_ programs: String...) -> Bool {
        let folders = path.split(separator: ":")
        return programs.allSatisfy { program in folders.contains { access("\($0)/\(program)", X_OK) == 0 } }
    }

    /// The PATH, with the administrator's programs.
    static let path = (variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"

    /// A variable of the environment.
    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
