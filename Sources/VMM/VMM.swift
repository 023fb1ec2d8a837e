// The monitor: machine, boot, CPU back ends.
