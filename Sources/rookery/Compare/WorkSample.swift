/// One run of a work.
struct WorkSample: Codable, Sendable {
    struct Device: Codable, Equatable, Sendable {
        var name: String
        /// Accesses for each operation.
        var reads: Double
        var writes: Double
    }

    var operations: UInt64
    /// Seconds of one operation: datagrams' from those that arrived, at the other end.
    var seconds: Double
    /// Seconds of the sample by the clock of whoever ran it, and by this machine's with the way to and fro.
    var guestSeconds: Double
    var hostSeconds: Double
    /// Exits to devices for each operation; nil: no machine.
    var exits: Double?
    var devices: [Device]
    /// Interrupts for each operation that the guest took, of devices and of timers; nil: no machine. (What this machine
    /// takes is not a process's alone.)
    var deviceInterrupts: Double?
    var timerInterrupts: Double?
    /// The share of the datagrams that arrived.
    var delivered: Double?

    init(
        _ work: ComparedWork, _ answer: WorkAnswer, hostNanoseconds: UInt64, exits before: MachineExits?,
        _ after: MachineExits?
    ) {
        operations = answer.operations
        let count = Double(answer.operations)
        guestSeconds = Double(answer.nanoseconds) / 1e9
        hostSeconds = Double(hostNanoseconds) / 1e9
        seconds = guestSeconds / count
        if work == .datagrams {
            delivered = Double(answer.delivered) / count
            // Between the first and the last there is one less than there are datagrams.
            if answer.delivered > 1 {
                seconds = Double(answer.deliveryNanoseconds) / 1e9 / Double(answer.delivered - 1)
            }
        }
        devices = []
        if let before, let after {
            deviceInterrupts = Double(answer.deviceInterrupts) / count
            timerInterrupts = Double(answer.timerInterrupts) / count
            let passed = after.since(before)
            exits = Double(passed.total) / count
            devices = passed.devices.map {
                Device(name: $0.name, reads: Double($0.reads) / count, writes: Double($0.writes) / count)
            }
        }
    }

    /// A start, of a machine or a process.
    init(startNanoseconds: UInt64, exits: MachineExits?) {
        operations = 1
        hostSeconds = Double(startNanoseconds) / 1e9
        guestSeconds = hostSeconds
        seconds = hostSeconds
        self.exits = exits.map { Double($0.total) }
        devices = (exits?.devices ?? []).map {
            Device(name: $0.name, reads: Double($0.reads), writes: Double($0.writes))
        }
    }
}
