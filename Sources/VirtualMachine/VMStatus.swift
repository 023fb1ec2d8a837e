/// How a machine is: what its monitor answers, and what it leaves behind in the state file.
public struct VMStatus: Equatable, Sendable {
    public enum State: String, Sendable { case running, paused, ended }

    /// How often the guest was left for a device.
    public struct DeviceExits: Equatable, Sendable {
        public var device: String
        public var reads: Int
        public var writes: Int

        public init(device: String, reads: Int, writes: Int) {
            self.device = device
            self.reads = reads
            self.writes = writes
        }
    }

    public var state = State.running
    /// The monitor's process.
    public var process: Int32 = 0
    /// "kvm" or "software".
    public var cpu = ""
    public var virtualization = ""
    /// Of a para machine's devices: "pci" or "mmio".
    public var transport = ""
    public var memory: UInt64 = 0
    public var processors = 0
    /// Nanoseconds of the machine's own time.
    public var uptime: UInt64 = 0
    /// How it ended, in words, and the exit status.
    public var end: String?
    public var exitStatus: Int32?
    /// Bytes that the guest has written to its console.
    public var consoleByteCount = 0
    public var exits: [DeviceExits] = []
    /// What has gone wrong on the host's side while the guest went on: the first of it.
    public var faults: [String] = []

    public init() {}

    public var text: String {
        var lines = [
            "state=\(state.rawValue)", "process=\(process)", "cpu=\(cpu)", "virtualization=\(virtualization)",
            "transport=\(transport)",
            "memory=\(memory)", "processors=\(processors)", "uptime=\(uptime)", "console=\(consoleByteCount)",
        ]
        if let end { lines.append("end=\(end)") }
        if let exitStatus { lines.append("status=\(exitStatus)") }
        for fault in faults { lines.append("fault=\(fault)") }
        for exit in exits { lines.append("exits=\(exit.reads) \(exit.writes) \(exit.device)") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Reads what `text` wrote; unknown keys are of a newer version, and skipped.
    public init(text: String) {
        // By bytes: to Swift's characters, a line feed may be a part of what stands before it.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")).map({ Substring($0) }) {
            guard let equals = line.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = String(line[line.utf8.index(after: equals)...])
            switch line[..<equals] {
            case "state": state = State(rawValue: value) ?? .running
            case "process": process = Int32(value) ?? 0
            case "cpu": cpu = value
            case "virtualization": virtualization = value
            case "transport": transport = value
            case "memory": memory = UInt64(value) ?? 0
            case "processors": processors = Int(value) ?? 0
            case "uptime": uptime = UInt64(value) ?? 0
            case "console": consoleByteCount = Int(value) ?? 0
            case "end": end = value
            case "fault": faults.append(value)
            case "status": exitStatus = Int32(value)
            case "exits":
                let fields = value.split(separator: " ", maxSplits: 2)
                guard fields.count == 3, let reads = Int(fields[0]), let writes = Int(fields[1]) else { continue }
                exits.append(DeviceExits(device: String(fields[2]), reads: reads, writes: writes))
            default: break
            }
        }
    }
}
