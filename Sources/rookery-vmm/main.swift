// One process for each virtual machine.
