import CLinux
import Glibc

/// The kernel's virtual machine monitor, /dev/kvm (Documentation/virt/kvm/api.rst).
public struct KVM: ~Copyable, Sendable {
    public static let path = "/dev/kvm"

    let descriptor: FileDescriptor
    /// Bytes of the state that is shared with a virtual processor.
    let processorMapByteCount: Int

    /// Opens the device and looks whether the kernel has what a machine needs.
    /// - Throws: what is missing, and what mends it.
    public init(path: String = KVM.path) throws(SystemError) {
        let file = try Self.open(path)
        processorMapByteCount = try Self.probe(file, path)
        descriptor = file
    }

    /// Bytes of a processor's shared state, if all that is needed is there.
    private static func probe(_ file: borrowing FileDescriptor, _ path: String) throws(SystemError) -> Int {
        let number = file.rawValue
        let version = try retrying("ask for the version of", path) {
            rk_ioctl_value(number, RK_KVM_GET_API_VERSION, 0)
        }
        guard version == KVM_API_VERSION else {
            throw SystemError(
                "use hardware virtualization", path, code: .notSupported,
                remedy: "its interface is version \(version), not \(KVM_API_VERSION): a newer kernel is needed")
        }
        for capability in KVMCapability.needed where extent(of: capability, number) <= 0 {
            throw SystemError(
                "use hardware virtualization", path, code: .notSupported,
                remedy: "this kernel's KVM lacks \(capability): use --cpu software")
        }
        return Int(
            try retrying("ask for the size of a processor's state", path) {
                rk_ioctl_value(number, RK_KVM_GET_VCPU_MMAP_SIZE, 0)
            })
    }

    private static func extent(of capability: KVMCapability, _ descriptor: Int32) -> Int {
        Int(max(0, rk_ioctl_value(descriptor, RK_KVM_CHECK_EXTENSION, UInt(capability.rawValue))))
    }

    /// 0 where the kernel has it not; for some capabilities a number.
    public borrowing func extent(of capability: KVMCapability) -> Int {
        Self.extent(of: capability, descriptor.rawValue)
    }

    /// The CPUID leaves that a guest can be given here.
    public borrowing func supportedCPUID() throws(SystemError) -> [CPUIDLeaf] {
        let number = descriptor.rawValue
        var entries = [kvm_cpuid_entry2](repeating: kvm_cpuid_entry2(), count: 256)
        var count = UInt32(entries.count)
        try retrying("ask for the CPUID leaves of", KVM.path) { rk_kvm_get_cpuid(number, &entries, &count) }
        return entries[..<Int(count)].map(CPUIDLeaf.init)
    }

    /// Makes a virtual machine without memory or processors.
    public borrowing func makeMachine() throws(SystemError) -> KVMMachine {
        let number = descriptor.rawValue
        let machine = FileDescriptor(
            owning: try retrying("make a virtual machine with", KVM.path) {
                rk_ioctl_value(number, RK_KVM_CREATE_VM, 0)
            })
        try machine.setCloseOnExec(true)
        return KVMMachine(machine, processorMapByteCount: processorMapByteCount)
    }

    private static func open(_ path: String) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return try File.open(path, O_RDWR)
        } catch {
            throw SystemError("use hardware virtualization", path, code: error.code, remedy: remedy(error.code, path))
        }
    }

    private static func remedy(_ code: Errno, _ path: String) -> String? {
        switch code {
        case .noSuchFile:
            "load the kernel module kvm_intel or kvm_amd; inside a virtual machine, nested virtualization must be on; "
                + "or use --cpu software"
        case .accessDenied, .notPermitted:
            "join the group \(group(of: path) ?? "kvm") (usermod -aG \(group(of: path) ?? "kvm") USER, then log in again), "
                + "or use --cpu software"
        case .noSuchDevice, .noSuchAddress:
            "virtualization is switched off in the firmware, or the processor has none: use --cpu software"
        default: nil
        }
    }

    /// The name of the group that a file belongs to.
    private static func group(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getgrgid_r(status.st_gid, &entry, &buffer, buffer.count, &found) == 0, let found else { return nil }
        return String(cString: found.pointee.gr_name)
    }
}
