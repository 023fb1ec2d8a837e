import Glibc
import Linux
import Wire

// What: a subnet's way to the outside through this machine: forwarding on, masquerading for that subnet, both undone as
// they were. With nf_tables the rules are in a table of our own, and undoing is deleting that table; with iptables they
// are single rules, deleted one by one. The commands to undo are data, so that a state file can hold them.

/// Masquerading for a subnet, in this network namespace.
public struct AddressTranslation: Equatable, Sendable {
    /// Commands, each with its arguments, that undo everything, in order.
    public let undo: [[String]]
    /// Files and the values they had, to be written back last.
    public let saved: [SavedSetting]

    /// A file of /proc/sys and what it held.
    public struct SavedSetting: Equatable, Sendable {
        public let path: String
        public let value: String
        public init(path: String, value: String) {
            self.path = path
            self.value = value
        }
    }

    public init(undo: [[String]], saved: [SavedSetting]) {
        self.undo = undo
        self.saved = saved
    }

    /// The commands that set masquerading up and those that undo it, for `program` "nft" or "iptables".
    /// - Parameters:
    ///   - label: tells this lab's rules from others': letters, digits, "_" and "-".
    ///   - interface: the lab's interface, from which the traffic comes.
    public static func commands(
        program: String, subnet: IPv4Prefix, interface: String, label: String
    ) -> (make: [[String]], undo: [[String]]) {
        let network = "\(subnet.network)/\(subnet.length)"
        if program.hasSuffix("nft") {
            let table = "rookery_" + String(label.map { $0.isLetter || $0.isNumber ? $0 : "_" })
            let rules = """
                table ip \(table) {
                  chain out { type nat hook postrouting priority srcnat; policy accept;
                    ip saddr \(network) oifname != "\(interface)" masquerade; }
                  chain through { type filter hook forward priority filter; policy accept;
                    iifname "\(interface)" accept
                    oifname "\(interface)" accept; }
                }
                """
            return ([[program, rules]], [[program, "delete table ip \(table)"]])
        }
        let comment = ["-m", "comment", "--comment", "rookery \(label)"]
        let rules: [[String]] = [
            ["-t", "nat", "POSTROUTING", "-s", network, "!", "-o", interface] + comment + ["-j", "MASQUERADE"],
            ["-t", "filter", "FORWARD", "-i", interface] + comment + ["-j", "ACCEPT"],
            ["-t", "filter", "FORWARD", "-o", interface] + comment + ["-j", "ACCEPT"],
        ]
        func command(_ verb: String, _ rule: [String]) -> [String] {
            [program, "-w", rule[0], rule[1], verb] + rule[2...]
        }
        return (rules.map { command("-I", $0) }, rules.reversed().map { command("-D", $0) })
    }

    /// Sets masquerading up and turns forwarding on.
    public static func start(
        subnet: IPv4Prefix, interface: String, label: String
    ) throws(AddressTranslationError) -> AddressTranslation {
        let path = "/proc/sys/net/ipv4/ip_forward"
        let before: String
        do throws(SystemError) {
            before = String(try File.readText(path).prefix { $0 != "\n" })
        } catch { throw AddressTranslationError(description: error.description) }
        var failure = ""
        for program in ["nft", "iptables"] {
            let (make, undo) = commands(program: program, subnet: subnet, interface: interface, label: label)
            let result = AddressTranslation(undo: undo, saved: [SavedSetting(path: path, value: before)])
            do throws(AddressTranslationError) {
                for command in make { try run(command) }
                do throws(SystemError) {
                    try File.writeValue(path, "1")
                } catch { throw AddressTranslationError(description: error.description) }
                return result
            } catch {
                result.stop()
                failure += failure.isEmpty ? error.description : "; \(error.description)"
            }
        }
        throw AddressTranslationError(
            description: "cannot set up NAT for \(subnet): \(failure) (install nftables or iptables, run as root)")
    }

    /// Undoes everything; what is gone already is fine.
    public func stop() {
        for command in undo {
            do throws(AddressTranslationError) { try Self.run(command) } catch { continue }
        }
        for setting in saved {
            do throws(SystemError) { try File.writeValue(setting.path, setting.value) } catch { continue }
        }
    }

    private static func run(_ command: [String]) throws(AddressTranslationError) {
        let problem: String
        do throws(SystemError) {
            let output = try Pipe()
            let quiet = try File.open("/dev/null", O_RDWR)
            var spawn = Spawn(command[0], command)
            spawn.descriptors = [
                (parent: quiet.rawValue, child: 0), (parent: quiet.rawValue, child: 1),
                (parent: output.writeEnd.rawValue, child: 2),
            ]
            let result = try Self.finish(spawn, output)
            if result.end == .exited(0) { return }
            problem = result.text.isEmpty ? "\(result.end)" : result.text
        } catch { throw AddressTranslationError(description: error.description) }
        throw AddressTranslationError(description: "\(command[0]): \(problem)")
    }

    private static func finish(
        _ spawn: Spawn, _ output: consuming Pipe
    ) throws(SystemError) -> (end: ProcessEnd, text: String) {
        let child: ChildProcess
        do throws(SpawnError) {
            child = try spawn.start()
        } catch {
            throw SystemError("run", spawn.executable, code: error.code)
        }
        let bytes = try output.split { (read, write) throws(SystemError) -> [UInt8] in
            try write.close()
            return try read.readAll()
        }
        let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: " ")
        return (try child.wait(), text)
    }
}

/// Why NAT could not be set up.
public struct AddressTranslationError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
}
