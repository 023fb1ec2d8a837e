import Board
import Chips
import DiskImage
import Glibc
import Linux
import VirtualMachine
import Virtio

extension Machine {
    /// The para machine's devices, in a fixed order, so that names in the guest stay.
    /// - Parameter add: puts one where the guest finds it.
    func addVirtioDevices(vsock: HostSockets, add: (any VirtioDevice) throws -> Void) throws {
        for (index, port) in configuration.ports.enumerated() {
            if case .vhostUser(let path) = port.backend {
                try add(sharedNetwork(port, index, path))
            } else {
                try add(network(port, index))
            }
        }
        for (index, disk) in configuration.disks.enumerated() {
            try add(
                VirtioBlock(
                    name: "virtio-blk.\(index)", storage: open(disk), executor: blockWorker,
                    queueCount: configuration.processors))
        }
        try add(VirtioEntropy())
        if configuration.hasBalloon {
            let memory = memory
            try add(VirtioBalloon { address, byteCount in memory.discard(address, byteCount) })
        }
        for (index, shared) in configuration.directories.enumerated() {
            guard (1...32).contains(shared.tag.utf8.count) else {
                throw MachineError.configuration("the tag “\(shared.tag)” of a shared directory has 1 to 32 bytes")
            }
            let directory = OwnedDescriptor(try File.open(shared.path, O_RDONLY | O_DIRECTORY))
            let server = NinePServer(directory: directory, isReadOnly: shared.isReadOnly)
            try add(
                VirtioSharedDirectory(
                    name: "virtio-9p.\(index)", tag: shared.tag, server: server, executor: blockWorker))
        }
        if let number = try configuration.guestCID {
            let socket = VirtioSocket(guestCID: number)
            devices.append(
                SocketRelay(host: socket.host, watcher: loop, listener: vsock.listener, connect: vsock.connect))
            try add(socket)
        }
    }

    /// Puts a device on a PCI bus.
    func add(_ device: any VirtioDevice, to bus: PCIBus) throws {
        guard bus.functions.count < 32 else {
            throw MachineError.configuration(
                "the machine's PCI bus has room for 31 devices, and \(device.name) is one more: leave some out, or take "
                    + "transport mmio")
        }
        let transport = VirtioPCI(device: device, memory: memory.guest)
        try letKernelNotify(transport)
        letKernelInterrupt(transport)
        bus.add(transport.function)
        devices.append(transport)
    }

    /// The I/O APIC's inputs for devices in memory: first those that would be PCI's, then what a PC's chips leave free.
    static let memoryMappedLines = Array(16..<24) + [5, 6, 7, 10, 11, 12, 14, 15]

    /// Puts a device's registers into memory, and describes it to the guest. Each has an input of the I/O APIC to itself as
    /// long as there are some; those that come later share.
    func addInMemory(_ device: any VirtioDevice, _ wiring: InterruptWiring) throws {
        let index = description.memoryMappedDevices.count
        let address = PhysicalLayout.virtioMMIO.lowerBound + UInt64(index) * VirtioMMIO.byteCount
        guard PhysicalLayout.virtioMMIO.contains(address) else {
            throw MachineError.configuration(
                "the machine has room for \(index) devices in memory, and \(device.name) is one more: leave some out")
        }
        let number = Self.memoryMappedLines[index % Self.memoryMappedLines.count]
        let line = number < 16 ? wiring.isaLine(number) : wiring.ioapicLine(number)
        let transport = VirtioMMIO(device: device, memory: memory.guest, line: line)
        bus.addresses.map(transport, at: address, byteCount: VirtioMMIO.byteCount, name: device.name)
        try letKernelNotify(transport, at: address)
        description.memoryMappedDevices.append((address, number))
        devices.append(transport)
        resets.append(transport.registers.reset)
    }

    /// Opens a disk's image with all that is behind it.
    func open(_ disk: VMConfiguration.Disk) throws -> any BlockStorage {
        let format: ImageFormat? =
            switch disk.format {
            case .auto: nil
            case .raw: .raw
            case .qcow2: .qcow2
            }
        let image = try DiskImageFile.open(disk.path, format: format, writable: !disk.isReadOnly)
        let storage = ReportedStorage(image) { [unowned self] in onFault("a disk: \($0)") }
        storages.append(storage)
        return storage
    }

    private func network(_ port: VMConfiguration.Port, _ index: Int) throws -> VirtioNetwork {
        VirtioNetwork(
            name: "virtio-net.\(index)", port: try networkPort(port), mac: Self.bytes(of: port.address),
            pairCount: max(1, min(port.queuePairs, 8)))
    }

    /// A card whose rings a switch's process serves, at its vhost-user socket.
    private func sharedNetwork(
        _ port: VMConfiguration.Port, _ index: Int, _ path: String
    ) throws -> VhostUserNetwork {
        let socket = try connect(toSwitch: path)
        let file = OwnedDescriptor(try memory.file.duplicate())
        do throws(VhostUserError) {
            let device = try VhostUserNetwork(
                name: "virtio-net.\(index)", socket: socket, memoryFile: file,
                watcher: loop, mac: Self.bytes(of: port.address), pairCount: max(1, min(port.queuePairs, 8)))
            device.onDisconnect = { [unowned self] in noteLostSwitch(path, $0) }
            return device
        } catch {
            throw MachineError.configuration("the switch at “\(path)”: \(error)")
        }
    }

    /// The guest sees a cable that is pulled out, and no more.
    func noteLostSwitch(_ path: String, _ error: VhostUserError) {
        onFault("the switch at “\(path)” is lost, the card has no link any more: \(error)")
    }

    private func connect(toSwitch path: String) throws -> OwnedDescriptor {
        do throws(SystemError) { return OwnedDescriptor(try UnixSocket.connect(path)) } catch {
            throw MachineError.configuration("no switch listens at “\(path)”: \(error)")
        }
    }

    static func bytes(of address: UInt64) -> [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: address >> UInt64(40 - 8 * $0)) }
    }

    /// What is at the other end of a card's cable.
    func networkPort(_ port: VMConfiguration.Port) throws -> any NetworkPort {
        switch port.backend {
        case .none: return UnpluggedPort()
        case .descriptor(let number): return try TapPort(FileDescriptor(owning: number), loop: loop)
        case .vhostUser(let path):
            let socket = try connect(toSwitch: path)
            do throws(VhostUserError) { return try VhostUserPort(socket: socket, watcher: loop) } catch {
                throw MachineError.configuration("the switch at “\(path)”: \(error)")
            }
        }
    }
}

/// A cable that leads nowhere: what is sent is lost, as on a real one.
final class UnpluggedPort: NetworkPort {
    var onReadable: (() -> Void)?
    var onWritable: (() -> Void)?
    func send(_ buffers: [UnsafeRawBufferPointer]) -> Bool { true }
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
    func setOffloads(_ offloads: UInt32) {}
}
