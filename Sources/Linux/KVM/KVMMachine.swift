import CLinux
import Glibc

/// A virtual machine of the kernel's: memory slots, interrupt controllers, and what ties descriptors to both.
public struct KVMMachine: ~Copyable, Sendable {
    let descriptor: FileDescriptor
    private let processorMapByteCount: Int

    init(_ descriptor: consuming FileDescriptor, processorMapByteCount: Int) {
        self.descriptor = descriptor
        self.processorMapByteCount = processorMapByteCount
    }

    /// Makes a virtual processor; `number` is also its local APIC's.
    public borrowing func makeProcessor(_ number: Int) throws(SystemError) -> KVMProcessor {
        let machine = descriptor.rawValue
        let processor = FileDescriptor(
            owning: try retrying("make virtual processor", "\(number)") {
                rk_ioctl_value(machine, RK_KVM_CREATE_VCPU, UInt(number))
            })
        try processor.setCloseOnExec(true)
        let state = try MappedMemory(file: processor, byteCount: processorMapByteCount)
        return KVMProcessor(processor, state: state)
    }

    // MARK: Memory

    /// A slot of memory, or with `byteCount` 0 none any more.
    /// - Parameters:
    ///   - address: guest physical; with `byteCount` and `host` a multiple of the page size.
    ///   - isLogged: the kernel keeps a log of pages that the guest writes to.
    public borrowing func setMemory(
        slot: Int, address: UInt64, byteCount: UInt64, host: UnsafeMutableRawPointer?, isReadOnly: Bool = false,
        isLogged: Bool = false
    ) throws(SystemError) {
        var region = kvm_userspace_memory_region()
        region.slot = UInt32(slot)
        region.guest_phys_addr = address
        region.memory_size = byteCount
        region.userspace_addr = UInt64(UInt(bitPattern: host))
        region.flags = (isReadOnly ? UInt32(KVM_MEM_READONLY) : 0) | (isLogged ? UInt32(KVM_MEM_LOG_DIRTY_PAGES) : 0)
        try control("give memory to", RK_KVM_SET_USER_MEMORY_REGION, &region)
    }

    /// The pages of a slot that the guest has written to since the last call: one bit a page, lowest first.
    public borrowing func takeDirtyLog(slot: Int, pageCount: Int) throws(SystemError) -> [UInt64] {
        let machine = descriptor.rawValue
        var words = [UInt64](repeating: 0, count: (pageCount + 63) / 64)
        try retrying("read the dirty log of", "slot \(slot)") { rk_kvm_get_dirty_log(machine, UInt32(slot), &words) }
        return words
    }

    /// Where Intel's processors keep pages of the kernel's own for real mode; below 4 GB, and not the guest's RAM.
    /// - Parameter address: three pages from there on for the TSS, and the page before them for the identity map.
    public borrowing func setReservedPages(at address: UInt64) throws(SystemError) {
        let machine = descriptor.rawValue
        var map = address - 0x1000
        try retrying("reserve pages of", "the virtual machine") {
            rk_ioctl(machine, RK_KVM_SET_IDENTITY_MAP_ADDR, &map)
        }
        try retrying("reserve pages of", "the virtual machine") {
            rk_ioctl_value(machine, RK_KVM_SET_TSS_ADDR, UInt(address))
        }
    }

    // MARK: Interrupts

    /// PIC, I/O APIC and local APICs in the kernel. To be called before the first processor is made.
    public borrowing func makeInterruptControllers() throws(SystemError) {
        let machine = descriptor.rawValue
        try retrying("make the interrupt controllers of", "the virtual machine") {
            rk_ioctl_value(machine, RK_KVM_CREATE_IRQCHIP, 0)
        }
    }

    /// The interval timer (8254) in the kernel, with port 0x61.
    public borrowing func makeTimer() throws(SystemError) {
        var configuration = kvm_pit_config()
        configuration.flags = UInt32(KVM_PIT_SPEAKER_DUMMY)
        try control("make the timer of", RK_KVM_CREATE_PIT2, &configuration)
    }

    /// Raises or lowers an interrupt line.
    public borrowing func setLine(_ gsi: Int, _ isRaised: Bool) throws(SystemError) {
        let machine = descriptor.rawValue
        try retrying("set interrupt line", "\(gsi)") { rk_kvm_set_line(machine, UInt32(gsi), isRaised ? 1 : 0) }
    }

    /// Sends a message-signalled interrupt. Returns whether a processor took it.
    @discardableResult
    public borrowing func signal(address: UInt64, data: UInt32) throws(SystemError) -> Bool {
        var message = kvm_msi()
        message.address_lo = UInt32(truncatingIfNeeded: address)
        message.address_hi = UInt32(truncatingIfNeeded: address >> 32)
        message.data = data
        return try control("send an interrupt message to", RK_KVM_SIGNAL_MSI, &message) > 0
    }

    /// Where an interrupt number (GSI) leads.
    public enum Route: Hashable, Sendable {
        /// A pin of the first (0) or second (1) PIC, or of the I/O APIC (2).
        case pin(gsi: Int, chip: Int, pin: Int)
        case message(gsi: Int, address: UInt64, data: UInt32)
    }

    /// The routes of a PC: interrupts 0 to 15 to the PICs, 0 to 23 to the I/O APIC, the timer (0) to its pin 2.
    public static let standardRoutes: [Route] =
        (0..<16).filter { $0 != 2 }.map { .pin(gsi: $0, chip: $0 / 8, pin: $0 % 8) }
        + (0..<24).map { .pin(gsi: $0, chip: 2, pin: $0 == 0 ? 2 : $0) }

    /// Replaces all routes.
    public borrowing func setRoutes(_ routes: [Route]) throws(SystemError) {
        let machine = descriptor.rawValue
        let list = routes.map { route in
            switch route {
            case .pin(let gsi, let chip, let pin):
                rk_kvm_route(
                    gsi: UInt32(gsi), is_message: 0, chip: UInt32(chip), pin: UInt32(pin), address: 0, data: 0)
            case .message(let gsi, let address, let data):
                rk_kvm_route(gsi: UInt32(gsi), is_message: 1, chip: 0, pin: 0, address: address, data: data)
            }
        }
        try retrying("set the interrupt routes of", "the virtual machine") {
            rk_kvm_set_routes(machine, list, UInt32(list.count))
        }
    }

    /// Ties an eventfd to an interrupt: a signal of the one is an edge of the other.
    /// - Parameter resample: for level-triggered lines: signalled when the guest has acknowledged.
    public borrowing func attachInterrupt(
        _ event: Int32, gsi: Int, resample: Int32? = nil
    ) throws(SystemError) {
        var request = kvm_irqfd()
        request.fd = UInt32(bitPattern: event)
        request.gsi = UInt32(gsi)
        if let resample {
            request.flags = UInt32(KVM_IRQFD_FLAG_RESAMPLE)
            request.resamplefd = UInt32(bitPattern: resample)
        }
        try control("tie an eventfd to an interrupt of", RK_KVM_IRQFD, &request)
    }

    public borrowing func detachInterrupt(_ event: Int32, gsi: Int) throws(SystemError) {
        var request = kvm_irqfd()
        request.fd = UInt32(bitPattern: event)
        request.gsi = UInt32(gsi)
        request.flags = UInt32(KVM_IRQFD_FLAG_DEASSIGN)
        try control("untie an eventfd from an interrupt of", RK_KVM_IRQFD, &request)
    }

    /// Ties an eventfd to writes: the guest goes on at once, and no processor leaves its run.
    /// - Parameters:
    ///   - size: 1, 2, 4 or 8 bytes; 0: any.
    ///   - value: only writes of this value; nil: any.
    ///   - isAttached: false takes it away.
    public borrowing func tieWrites(
        to event: Int32, address: UInt64, size: Int, value: UInt64? = nil, isPort: Bool = false,
        isAttached: Bool = true
    ) throws(SystemError) {
        var request = kvm_ioeventfd()
        request.addr = address
        request.len = UInt32(size)
        request.fd = event
        request.datamatch = value ?? 0
        if value != nil { request.flags |= UInt32(1 << kvm_ioeventfd_flag_nr_datamatch) }
        if isPort { request.flags |= UInt32(1 << kvm_ioeventfd_flag_nr_pio) }
        if !isAttached { request.flags |= UInt32(1 << kvm_ioeventfd_flag_nr_deassign) }
        try control("tie an eventfd to writes of", RK_KVM_IOEVENTFD, &request)
    }

    // MARK: Time

    /// The paravirtual clock, in nanoseconds.
    public borrowing func clock() throws(SystemError) -> UInt64 {
        var data = kvm_clock_data()
        try control("read the clock of", RK_KVM_GET_CLOCK, &data)
        return data.clock
    }

    /// Sets the clock: after a pause, so that the guest does not see the gap.
    public borrowing func setClock(_ nanoseconds: UInt64) throws(SystemError) {
        var data = kvm_clock_data()
        data.clock = nanoseconds
        try control("set the clock of", RK_KVM_SET_CLOCK, &data)
    }

    @discardableResult
    private borrowing func control<Argument>(
        _ operation: String, _ request: UInt, _ argument: inout Argument
    ) throws(SystemError) -> Int32 {
        let machine = descriptor.rawValue
        return try withUnsafeMutablePointer(to: &argument) { (pointer) throws(SystemError) in
            try retrying(operation, "the virtual machine") { rk_ioctl(machine, request, pointer) }
        }
    }
}
