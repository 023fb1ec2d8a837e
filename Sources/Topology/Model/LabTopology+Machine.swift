extension LabTopology {
    /// What a virtual machine (kind `vm`) is given. Its memory is the host's `memory`.
    public struct MachineSettings: Codable, Equatable, Sendable {
        public enum Virtualization: String, Codable, Sendable, CaseIterable { case para, full }
        /// How a para machine's guest reaches its virtio devices: on a PCI bus, or in memory.
        public enum Transport: String, Codable, Sendable, CaseIterable { case pci, mmio }
        public enum CPU: String, Codable, Sendable, CaseIterable { case auto, kvm, software }

        /// Who runs the machine.
        public enum Monitor: String, Codable, Sendable, CaseIterable {
            /// `rookery-vmm`.
            case rookery
            /// Somebody else, who comes in at the doors of the machine's cards by vhost-user.
            case external
        }

        /// How a guest comes to the addresses of the plan.
        public enum Addressing: String, Codable, Sendable, CaseIterable {
            /// By words of the kernel's command line.
            case commandLine = "cmdline"
            /// From the lab's DHCP server.
            case dhcp
            /// From a disk for cloud-init (NoCloud).
            case cloudInit = "cloud-init"
        }

        /// A disk: a file in the machine's own format.
        public struct Disk: Codable, Equatable, Sendable {
            public var path: String
            public var isReadOnly: Bool

            public init(path: String, isReadOnly: Bool = false) {
                self.path = path
                self.isReadOnly = isReadOnly
            }
        }

        /// A directory of this machine that the guest sees.
        public struct Files: Codable, Equatable, Sendable {
            public var directory: String
            public var mountPoint: String
            public var isReadOnly: Bool

            public init(directory: String, mountPoint: String, isReadOnly: Bool = false) {
                self.directory = directory
                self.mountPoint = mountPoint
                self.isReadOnly = isReadOnly
            }
        }

        /// An image by name (`rookery vm image ls`), or a disk image's path, with a slash in it. The machine gets a disk of
        /// its own on it. nil with a kernel or disks: none.
        public var image: String?
        public var kernel: String?
        public var initialRAMDisk: String?
        /// Added to the kernel's command line.
        public var kernelArguments: String
        public var processors: Int
        /// nil: by what is started.
        public var virtualizationChoice: Virtualization?
        public var transport: Transport
        public var cpu: CPU
        public var disks: [Disk]
        public var files: [Files]
        /// nil: by what is started.
        public var addressing: Addressing?
        public var monitor: Monitor

        /// The image of a machine that has nothing else to start.
        public static let standardImage = "mini"

        /// The name of the image, if it has one.
        public var imageName: String? {
            if let image { return image.contains("/") ? nil : image }
            return kernel == nil && disks.isEmpty ? Self.standardImage : nil
        }

        /// Whether what is started is the mini guest as we make it: it says when it is up, and takes commands.
        public var isMini: Bool {
            guard let name = imageName, kernel == nil else { return false }
            return name == Self.standardImage || name.hasPrefix(Self.standardImage + "-")
        }

        /// A disk image's file without a kernel is started as a PC starts it: by its own boot loader.
        public var virtualization: Virtualization {
            virtualizationChoice ?? (kernel == nil && imageName == nil && transport == .pci ? .full : .para)
        }

        public init(
            image: String? = nil, kernel: String? = nil, initialRAMDisk: String? = nil, kernelArguments: String = "",
            processors: Int = 1, virtualization: Virtualization? = nil, transport: Transport = .pci, cpu: CPU = .auto,
            disks: [Disk] = [], files: [Files] = [], addressing: Addressing? = nil, monitor: Monitor = .rookery
        ) {
            self.image = image
            self.kernel = kernel
            self.initialRAMDisk = initialRAMDisk
            self.kernelArguments = kernelArguments
            self.processors = processors
            virtualizationChoice = virtualization
            self.transport = transport
            self.cpu = cpu
            self.disks = disks
            self.files = files
            self.addressing = addressing
            self.monitor = monitor
        }
    }
}
