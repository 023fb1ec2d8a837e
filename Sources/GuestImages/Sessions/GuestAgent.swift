import Linux

/// What takes commands in a guest: the program that accepts the host's connections (`rookery-agent`), and the scripts that
/// serve them. It lies beside this program, and is put into the images that we make.
enum GuestAgent {
    static let name = "rookery-agent"
    /// To be raised with every change of the program or the scripts: images of older ones are made anew.
    static let version = "2"

    /// Where all of it lies in a guest, without the first slash.
    static let folder = "usr/lib/rookery"
    /// The guest's end of commands. The line is COM2: machines without a socket device carry the connections there.
    static let commandLine = "/\(folder)/agent --vsock --line /dev/ttyS1 /\(folder)/session"

    /// The files, all of them programs; paths without the first slash.
    static func files() throws(GuestImageError) -> [(path: String, content: [UInt8])] {
        guard let program = SiblingProgram.path(name) else {
            throw GuestImageError("\(name) is not beside this program", remedy: "make build makes it")
        }
        return [
            ("\(folder)/agent", try system { () throws(SystemError) in try File.read(program) }),
            ("\(folder)/session", Array(SessionScripts.session.utf8)),
            ("\(folder)/command", Array(SessionScripts.command.utf8)),
        ]
    }

    /// As images name what they were made from.
    static let package = DebianPackage(name: name, version: version, dependencies: [])
}

extension GuestImage {
    /// Whether commands can be run in the guest from outside.
    public var takesCommands: Bool { packages.contains { $0.hasPrefix(GuestAgent.name + " ") } }
}
