/// What a virtual machine is to be: everything that its process is told.
///
/// Handed over as text, one `key=value` a line (see `VMConfiguration+Text`); descriptors that the monitor inherits are named by number.
public struct VMConfiguration: Equatable, Sendable {
    /// What hardware the guest finds.
    public enum Virtualization: String, Sendable, CaseIterable {
        /// A PC with real chips: nothing tells the guest that it is a virtual machine.
        case full
        /// virtio devices, KVM's paravirtual interfaces, kernels started without firmware.
        case para
    }

    /// How a para machine's guest reaches its virtio devices.
    public enum Transport: String, Sendable, CaseIterable {
        /// Functions on a PCI bus, with message-signalled interrupts.
        case pci
        /// Registers in memory that ACPI describes, with interrupt lines; there is no PCI bus.
        case mmio
    }

    /// What runs the processors.
    public enum CPU: String, Sendable, CaseIterable {
        /// Whichever of the two is faster here, by measuring.
        case auto
        /// The kernel's KVM.
        case kvm
        /// Our own processor in software.
        case software
    }

    /// A disk of the machine's.
    public struct Disk: Equatable, Sendable {
        public enum Format: String, Sendable, CaseIterable { case raw, qcow2, auto }
        /// How the guest reaches it. `auto`: virtio in a para machine, AHCI in a full one.
        public enum Interface: String, Sendable, CaseIterable { case auto, virtio, ahci, ide }
        public var path: String
        public var format: Format
        public var interface: Interface
        public var isReadOnly: Bool

        public init(path: String, format: Format = .auto, interface: Interface = .auto, isReadOnly: Bool = false) {
            self.path = path
            self.format = format
            self.interface = interface
            self.isReadOnly = isReadOnly
        }
    }

    /// A network card of the machine's.
    public struct Port: Equatable, Sendable {
        /// What is at the other end of the cable.
        public enum Backend: Equatable, Sendable {
            /// A TAP device, by an inherited descriptor.
            case descriptor(Int32)
            /// The vhost-user socket of a switch, where the machine's process connects.
            case vhostUser(path: String)
            /// Nothing: the cable is out.
            case none
        }
        public enum Interface: String, Sendable, CaseIterable { case auto, virtio, e1000 }
        /// The guest's MAC address, 48 bits.
        public var address: UInt64
        public var backend: Backend
        public var interface: Interface
        /// Pairs of queues, 1 to 8; virtio only.
        public var queuePairs: Int

        public init(address: UInt64, backend: Backend, interface: Interface = .auto, queuePairs: Int = 1) {
            self.address = address
            self.backend = backend
            self.interface = interface
            self.queuePairs = queuePairs
        }
    }

    /// A directory that the guest mounts by its tag (9p).
    public struct SharedDirectory: Equatable, Sendable {
        public var tag: String
        public var path: String
        public var isReadOnly: Bool

        public init(tag: String, path: String, isReadOnly: Bool = false) {
            self.tag = tag
            self.path = path
            self.isReadOnly = isReadOnly
        }
    }

    /// How a kernel that is loaded without firmware is entered.
    public enum KernelEntry: String, Sendable, CaseIterable { case auto, linux64, pvh }

    public var name: String
    /// Bytes of RAM.
    public var memory: UInt64 = 256 << 20
    /// Virtual processors, 1 to 4.
    public var processors = 1
    public var virtualization = Virtualization.para
    /// Of para machines.
    public var transport = Transport.pci
    public var cpu = CPU.auto
    /// The kernel to start without firmware; nil: firmware starts what is on the first disk.
    public var kernel: String?
    public var initialRAMDisk: String?
    public var commandLine = ""
    public var kernelEntry = KernelEntry.auto
    /// The firmware's image; nil: SeaBIOS, as its package installs it.
    public var firmware: String?
    public var disks: [Disk] = []
    public var ports: [Port] = []
    public var directories: [SharedDirectory] = []
    /// The context identifier of the machine's vsock; nil: no vsock. A full machine has no such device: there the same
    /// sockets go over its second serial line, COM2.
    public var vsock: UInt32?
    /// The machine's RAM can be reclaimed (virtio-balloon).
    public var hasBalloon = true
    /// The machine starts again when its guest resets it; otherwise it ends.
    public var restarts = true
    /// Where the machine keeps its sockets, its log and its state; nil: nowhere, it has only its console.
    public var runDirectory: String?
    /// The monitor keeps its rights and name spaces: for debugging it.
    public var isIsolated = true

    public init(name: String) { self.name = name }
}
