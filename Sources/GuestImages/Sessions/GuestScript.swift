/// What a shell in a guest is given for a program with its arguments.
public enum GuestScript {
    /// A script that becomes the program.
    /// - Parameters:
    ///   - environment: beside the guest's own; names that no shell takes are left out.
    ///   - directory: where it starts; nil: where the guest's sessions start.
    public static func running(
        _ command: [String], environment: [String: String] = [:], directory: String? = nil
    ) -> String {
        var script = ""
        if let directory { script += "cd \(quoted(directory)) || exit\n" }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where isName(name) {
            script += "export \(name)=\(quoted(value))\n"
        }
        // A shell that is given a script needs no second shell.
        if command.count == 3, ["sh", "/bin/sh", "bash", "/bin/bash"].contains(command[0]), command[1] == "-c" {
            return script + command[2]
        }
        return script + "exec " + command.map(quoted).joined(separator: " ")
    }

    /// A word as the shell has it whatever is in it.
    public static func quoted(_ word: String) -> String {
        "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && !(0x30...0x39).contains(text.utf8.first!)
            && text.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f: true
                default: false
                }
            }
    }
}
