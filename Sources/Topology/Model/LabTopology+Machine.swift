extension LabTopology {
    /// What a virtual machine (kind `vm`) is given. Its memory is the host's `memory`.
    public struct MachineSettings: Codable, Equatable, Sendable {
        public enum Virtualization: String, Codable, Sendable, CaseIterable { case para, full }
        public enum CPU: String, Codable, Sendable, CaseIterable { case auto, kvm, software }

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

        /// An image by name (`rookery vm image ls`) or a disk image's path; nil with a kernel: none.
        public var image: String?
        public var kernel: String?
        public var initialRAMDisk: String?
        /// Added to the kernel's command line.
        public var kernelArguments: String
        public var processors: Int
        public var virtualization: Virtualization
        public var cpu: CPU
        public var disks: [Disk]
        public var files: [Files]

        public static let defaultMemory: UInt64 = 256 << 20

        public init(
            image: String? = nil, kernel: String? = nil, initialRAMDisk: String? = nil, kernelArguments: String = "",
            processors: Int = 1, virtualization: Virtualization = .para, cpu: CPU = .auto, disks: [Disk] = [],
            files: [Files] = []
        ) {
            self.image = image
            self.kernel = kernel
            self.initialRAMDisk = initialRAMDisk
            self.kernelArguments = kernelArguments
            self.processors = processors
            self.virtualization = virtualization
            self.cpu = cpu
            self.disks = disks
            self.files = files
        }
    }
}
