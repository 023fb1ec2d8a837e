import ArgumentParser
import Glibc
import GuestImages
import Lab
import VirtualMachine
import VirtualSwitch

/// The command line. Each verb is a file in Verbs/; `rookery mn` has a parser of its own (Mininet/), because Mininet's
/// options follow optparse's rules and not ours.
@main
struct Rookery: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rookery",
        abstract: "Runs a lab of real programs on an emulated network.",
        discussion: """
            A lab comes from a YAML file, from a built-in topology (rookery topo list) or from a GraphML file:
              rookery up lab.yml
              rookery up --topo tree,2,3 -d
              rookery exec h1 ping -c1 h2
              rookery down
            Where exactly one lab runs, its name may be left out.
            """,
        version: Release.version,
        subcommands: [
            UpVerb.self, DownVerb.self, PsVerb.self, InspectVerb.self, ExecVerb.self, ConsoleVerb.self, CLIVerb.self,
            LinkVerb.self,
            PingVerb.self, PathVerb.self, CaptureVerb.self, TraceVerb.self, FlowsVerb.self, FDBVerb.self,
            GraphVerb.self, SwitchVerb.self, ControllerVerb.self, VMVerb.self, CompareVerb.self, TopoVerb.self,
            DoctorVerb.self, MininetVerb.self,
        ])

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "mn" { Glibc.exit(MininetCommand.main(Array(arguments.dropFirst()))) }
        Glibc.exit(run(arguments))
    }

    /// Runs a command line and returns the exit status: 0, 1 for what could not be done, 2 for what was not understood.
    static func run(_ arguments: [String]) -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            return 0
        } catch let end as ProgramEnd {
            return end.status
        } catch let error as CommandError {
            Standard.error.write("rookery: \(error.description)\n")
            return error.status
        } catch let error as LabError {
            Standard.error.write("rookery: \(error.description)\n")
            return 1
        } catch let error as VMError {
            Standard.error.write("rookery: \(error.description)\n")
            return 1
        } catch let error as GuestImageError {
            Standard.error.write("rookery: \(error.description)\n")
            return 1
        } catch {
            let code = exitCode(for: error)
            if code == .success {
                Standard.output.write(fullMessage(for: error, columns: Terminal.helpColumns) + "\n")
                return 0
            }
            Standard.error.write("rookery: \(message(for: error)) — rookery \(verb(arguments))--help shows how\n")
            return code == .validationFailure ? 2 : 1
        }
    }

    /// The subcommands that a command line begins with, each followed by a space.
    private static func verb(_ arguments: [String]) -> String {
        var words = ""
        var level: ParsableCommand.Type = Self.self
        for word in arguments {
            guard let next = level.configuration.subcommands.first(where: { $0.name == word }) else { break }
            words += word + " "
            level = next
        }
        return words
    }
}

extension ParsableCommand {
    fileprivate static var name: String { configuration.commandName ?? "\(Self.self)".lowercased() }
}

/// What could not be done: "what, on what — what to do".
struct CommandError: Error, CustomStringConvertible {
    let description: String
    /// The exit status: 1, or 2 where the command line was not understood.
    let status: Int32

    init(_ what: String, remedy: String = "", status: Int32 = 1) {
        description = remedy.isEmpty ? what : "\(what) — \(remedy)"
        self.status = status
    }

    static func usage(_ what: String, remedy: String = "") -> CommandError {
        CommandError(what, remedy: remedy, status: 2)
    }
}

/// Ends the command with a status and without a word, as a program's own exit status is passed on.
struct ProgramEnd: Error {
    let status: Int32
}
