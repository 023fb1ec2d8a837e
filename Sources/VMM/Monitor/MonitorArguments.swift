import Glibc
import Linux
import VirtualMachine

/// The monitor's command line: either `--configuration FD`, where the configuration is read as text (what `rookery` does),
/// or options for people who start a kernel by hand.
struct MonitorArguments {
    var configuration = VMConfiguration(name: "vm")
    /// Where to say that the guest runs, or why it does not; closed then.
    private(set) var ready: ReadyNotice?

    /// What is wrong with the command line.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static let usage = """
        usage: rookery-vmm --kernel FILE [--initrd FILE] [--append TEXT] [--memory MB] [--processors N]
                           [--cpu auto|kvm|software] [--entry auto|linux64|pvh] [--name NAME] [--no-isolation]
                           [--disk FILE]... [--run-directory DIRECTORY] [--virtualization para|full]
                           [--transport pci|mmio] [--no-reboot]
               rookery-vmm --configuration DESCRIPTOR [--ready DESCRIPTOR]

        """

    /// Descriptors that the arguments name, and that are still needed.
    var descriptors: [Int32] {
        let ports = configuration.ports.compactMap { port in
            if case .descriptor(let number) = port.backend { number } else { nil }
        }
        return ports + [ready?.number].compactMap(\.self)
    }

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            func value() throws(Problem) -> String {
                guard let value = rest.popFirst() else { throw Problem("\(option) wants a value\n\(Self.usage)") }
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
            func descriptor() throws(Problem) -> FileDescriptor {
                guard let number = Int32(try value()), number > 2 else { throw Problem("no descriptor of that number") }
                return FileDescriptor(owning: number)
            }
            switch option {
            case "--configuration":
                let text = try descriptor().readAll()
                configuration = try VMConfiguration(text: String(decoding: text, as: UTF8.self))
            case "--ready": ready = ReadyNotice(try descriptor())
            case "--disk": configuration.disks.append(.init(path: try value()))
            case "--run-directory": configuration.runDirectory = try value()
            case "--virtualization": configuration.virtualization = try choice()
            case "--transport": configuration.transport = try choice()
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
            case "--no-reboot": configuration.restarts = false
            case "--no-isolation": configuration.isIsolated = false
            default: throw Problem("unknown option '\(option)'\n\(Self.usage)")
            }
        }
    }
}

/// A descriptor on which one word is said.
final class ReadyNotice {
    private var descriptor: OwnedDescriptor?
    var number: Int32? { descriptor?.rawValue }

    init(_ descriptor: consuming FileDescriptor) {
        try? descriptor.setCloseOnExec(true)
        self.descriptor = OwnedDescriptor(descriptor)
    }

    func writeText(_ text: String) {
        if let descriptor { try? descriptor.descriptor.writeAll(text) }
        descriptor = nil
    }
}
