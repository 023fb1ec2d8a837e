import Glibc
import Linux
import VirtualMachine

/// The monitor's command line: either `--configuration FD`, where the configuration is read as text (what `rookery` does),
/// or options for people who start a kernel by hand.
enum MonitorArguments {
    /// What is wrong with the command line.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static let usage = """
        usage: rookery-vmm --kernel FILE [--initrd FILE] [--append TEXT] [--memory MB] [--processors N]
                           [--cpu auto|kvm|software] [--entry auto|linux64|pvh] [--name NAME] [--no-isolation]
               rookery-vmm --configuration DESCRIPTOR

        """

    static func configuration(_ arguments: [String]) throws -> VMConfiguration {
        var configuration = VMConfiguration(name: "vm")
        configuration.isIsolated = true
        var rest = arguments[...]
        while let option = rest.popFirst() {
            func value() throws(Problem) -> String {
                guard let value = rest.popFirst() else { throw Problem("\(option) wants a value\n\(usage)") }
                return value
            }
            func choice<T: RawRepresentable & CaseIterable>() throws(Problem) -> T where T.RawValue == String {
                let text = try value()
                guard let choice = T(rawValue: text) else {
                    throw Problem(
                        "\(option): '\(text)' is none of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return choice
            }
            switch option {
            case "--configuration":
                guard let number = Int32(try value()), number > 2 else { throw Problem("no descriptor of that number") }
                let file = FileDescriptor(owning: number)
                return try VMConfiguration(text: String(decoding: try file.readAll(), as: UTF8.self))
            case "--kernel": configuration.kernel = try value()
            case "--initrd": configuration.initialRAMDisk = try value()
            case "--append": configuration.commandLine = try value()
            case "--name": configuration.name = try value()
            case "--memory":
                guard let megabytes = UInt64(try value()), megabytes > 0, megabytes < 1 << 24 else {
                    throw Problem("--memory wants a number of megabytes")
                }
                configuration.memory = megabytes << 20
            case "--processors":
                guard let count = Int(try value()) else { throw Problem("--processors wants a number") }
                configuration.processors = count
            case "--cpu": configuration.cpu = try choice()
            case "--entry": configuration.kernelEntry = try choice()
            case "--no-isolation": configuration.isIsolated = false
            default: throw Problem("unknown option '\(option)'\n\(usage)")
            }
        }
        if configuration.kernel == nil { throw Problem("no kernel\n\(usage)") }
        return configuration
    }
}
