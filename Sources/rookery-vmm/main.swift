// One process for each virtual machine.
import VMM

if CommandLine.arguments.dropFirst() == ["--measure"] {
    print(BackEndReport.text, terminator: "")
} else {
    MonitorMain.run()
}
