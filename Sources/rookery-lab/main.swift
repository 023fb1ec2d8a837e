import Glibc
import Lab

// `rookery-lab NAME` guards a lab, `rookery-lab --supervise NAME` is the lab, `rookery-lab --init` the first process of
// a host with PIDs of its own, `rookery-lab --guest-session …` stands for a command in a virtual machine. All are started by Rookery itself.
let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "--init": HostInit.main()
case "--guest-session": exit(SessionProcess.main(Array(arguments.dropFirst())))
case "--supervise":
    exit(Supervisor.main(lab: arguments.dropFirst().first ?? "", isRootless: arguments.contains("--rootless")))
case let name?: exit(Guardian.main(lab: name))
case nil:
    print("rookery-lab is started by rookery up; it is not a command of its own")
    exit(2)
}
