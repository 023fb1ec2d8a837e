// One process for each virtual machine.
import VMM

MonitorMain.run()
