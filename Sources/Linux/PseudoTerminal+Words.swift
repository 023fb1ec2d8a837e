import CLinux
import Glibc

extension PseudoTerminal {
    /// A terminal's settings as stty(1) names them, for another one to be made like it: those that decide who echoes, who edits,
    /// and what ends a line. Empty where it is no terminal.
    public static func settings(of descriptor: Int32) -> String {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return "" }
        let local: [(String, Int32)] = [("echo", ECHO), ("icanon", ICANON), ("isig", ISIG)]
        let output: [(String, Int32)] = [("opost", OPOST), ("onlcr", ONLCR)]
        func word(_ name: String, _ flag: Int32, _ flags: tcflag_t) -> String {
            flags & tcflag_t(flag) != 0 ? name : "-" + name
        }
        var words = local.map { word($0, $1, settings.c_lflag) } + output.map { word($0, $1, settings.c_oflag) }
        words.append(word("icrnl", ICRNL, settings.c_iflag))
        return words.joined(separator: " ")
    }
}
