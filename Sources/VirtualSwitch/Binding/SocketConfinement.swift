import Glibc

/// Which of the machine's sockets a bridge may use for controllers: whoever may write into the database must not be able to
/// talk to any socket or overwrite any file of the machine (ovs-vswitchd(8), `--no-self-confinement`).
struct SocketConfinement {
    var runDirectory: String

    /// Why a controller's target is not taken; nil: it is.
    func refusal(of target: String, bridge: String) -> String? {
        if target.hasPrefix("unix:") {
            guard let (directory, _) = Self.split(target.dropFirst(5)) else { return nil }
            let own = Self.real(runDirectory)
            if directory == own || directory.hasPrefix(own + "/") { return nil }
            return "sockets outside \(runDirectory) are not connected to, since that could be misused"
        }
        if target.hasPrefix("punix:") {
            if let (directory, name) = Self.split(target.dropFirst(6)), directory == Self.real(runDirectory),
                name.hasPrefix(bridge + ".")
            {
                return nil
            }
            return "only \(runDirectory)/\(bridge).* is listened at, since other files could be overwritten"
        }
        return nil
    }

    /// The directory, without links, and the name in it; nil: there is just a name.
    private static func split(_ path: Substring) -> (directory: String, name: Substring)? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return (real(String(path[..<slash])), path[path.index(after: slash)...])
    }

    /// A directory's path without links; as it is written, where there is none.
    private static func real(_ directory: String) -> String {
        guard let found = realpath(directory, nil) else { return directory }
        defer { free(found) }
        return String(cString: found)
    }
}

extension ControllerPlan {
    /// Takes a path without a directory as one in the run directory, and refuses what is confined.
    mutating func place(in runDirectory: String, bridge: String, isConfined: Bool) {
        if target.hasPrefix("unix:"), !target.contains("/") {
            place = "unix:\(runDirectory)/\(target.dropFirst(5))"
        }
        if isConfined {
            refusal = SocketConfinement(runDirectory: runDirectory).refusal(of: target, bridge: bridge)
        }
    }
}
