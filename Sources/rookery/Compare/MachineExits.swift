import VirtualMachine

/// How often a machine's processors left the guest for devices, but for the console by which works are asked for.
struct MachineExits: Equatable, Sendable {
    struct Device: Equatable, Sendable {
        var name: String
        var reads: Int
        var writes: Int
    }

    /// Each once, in the order of their first exits.
    private(set) var devices: [Device] = []

    init(_ exits: [VMStatus.DeviceExits]) {
        for exit in exits where exit.device != "serial port" {
            // A device's ranges count each for itself.
            if let place = devices.firstIndex(where: { $0.name == exit.device }) {
                devices[place].reads += exit.reads
                devices[place].writes += exit.writes
            } else {
                devices.append(Device(name: exit.device, reads: exit.reads, writes: exit.writes))
            }
        }
    }

    var total: Int { devices.reduce(0) { $0 + $1.reads + $1.writes } }

    /// What came since an earlier count; devices without an exit are left out.
    func since(_ earlier: MachineExits) -> MachineExits {
        var passed = self
        passed.devices = devices.compactMap { device in
            var device = device
            if let before = earlier.devices.first(where: { $0.name == device.name }) {
                device.reads -= before.reads
                device.writes -= before.writes
            }
            return device.reads + device.writes > 0 ? device : nil
        }
        return passed
    }
}
