import ArgumentParser

struct VMVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vm", abstract: "Run virtual machines.",
        discussion: """
            A guest is an image that Rookery makes from Debian's packages (mini, debian), a
            disk image, or a kernel:
              rookery vm run mini -- uname -r
              rookery vm run debian --memory 1G
              rookery vm run disk.qcow2 --virtualization full -d
              rookery vm run --kernel vmlinuz --initrd initrd --append console=ttyS0
            Machines in the background: rookery vm ls, exec, console, stop.
            """,
        subcommands: [
            VMRunVerb.self, VMListVerb.self, VMExecVerb.self, VMConsoleVerb.self, VMStopVerb.self,
            VMPauseVerb.self, VMResumeVerb.self, VMInspectVerb.self, VMImageVerb.self,
        ])
}
