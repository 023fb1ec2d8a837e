/// A stack that is pushed to or popped from before anything is decided: the register follows at the end.
struct Stack {
    let processor: Processor
    let segment: Segment
    var pointer: UInt64
    /// Which bits of the pointer count: 16, 32 or 64.
    let mask: UInt64
    /// 64-bit mode: no base, no limit.
    let isFlat: Bool
    /// The translations of the privilege that the stack belongs to.
    let translations: UnsafeRawPointer
    /// The error code of a stack fault.
    let errorCode: UInt32

    /// - Parameters:
    ///   - segment: SS, as it is or will be.
    ///   - level: the privilege of the accesses.
    init(
        _ processor: Processor, segment: Segment, pointer: UInt64, isFlat: Bool, level: UInt32, errorCode: UInt32
    ) {
        self.processor = processor
        self.segment = segment
        self.pointer = pointer
        self.isFlat = isFlat
        mask = isFlat ? .max : segment.isBig ? 0xffff_ffff : 0xffff
        self.errorCode = errorCode
        let ignoresSMAP = processor.systemFlags & Flag.alignment != 0
        translations = UnsafeRawPointer(processor.translations[level == 3 ? 0 : ignoresSMAP ? 2 : 1].raw)
    }

    /// The stack in use.
    init(_ processor: Processor) {
        self.init(
            processor, segment: processor.segment(.ss), pointer: processor.cpu[.rsp], isFlat: processor.is64Bit,
            level: processor.privilege, errorCode: processor.system.externalBit)
    }

    private func linear(_ pointer: UInt64, _ byteCount: UInt64) throws(Fault) -> UInt64 {
        if isFlat {
            guard Processor.isCanonical(pointer), Processor.isCanonical(pointer &+ (byteCount - 1)) else {
                throw .exception(.stackFault, errorCode)
            }
            return pointer
        }
        guard segment.contains(pointer & mask, byteCount), segment.isPresent else {
            throw .exception(.stackFault, errorCode)
        }
        return (segment.base &+ (pointer & mask)) & 0xffff_ffff
    }

    private func access<R>(_ body: () -> R) -> R {
        let cpu = processor.cpu
        let before: UnsafeRawPointer = cpu.get(StateLayout.tlb)
        cpu.set(StateLayout.tlb, translations)
        defer { cpu.set(StateLayout.tlb, before) }
        return body()
    }

    /// Pushes the low `size` (2, 4, 8) bytes of `value`.
    mutating func push(_ value: UInt64, _ size: Int) throws(Fault) {
        let next = (pointer &- UInt64(size)) & mask | pointer & ~mask
        let address = try linear(next, UInt64(size))
        let cpu = processor.cpu
        let isDone = access {
            switch size {
            case 2: cpu.store(address, UInt16(truncatingIfNeeded: value))
            case 4: cpu.store(address, UInt32(truncatingIfNeeded: value))
            default: cpu.store(address, value)
            }
        }
        guard isDone else { throw .recorded }
        pointer = next
    }

    /// What lies `offset` bytes from the top.
    func peek(_ size: Int, offset: UInt64 = 0) throws(Fault) -> UInt64 {
        let address = try linear((pointer &+ offset) & mask, UInt64(size))
        let cpu = processor.cpu
        let value: UInt64? = access {
            switch size {
            case 2: cpu.load(address, UInt16.self).map { UInt64($0) }
            case 4: cpu.load(address, UInt32.self).map { UInt64($0) }
            default: cpu.load(address, UInt64.self)
            }
        }
        guard let value else { throw .recorded }
        return value
    }

    mutating func pop(_ size: Int) throws(Fault) -> UInt64 {
        let value = try peek(size)
        drop(UInt64(size))
        return value
    }

    mutating func drop(_ byteCount: UInt64) {
        pointer = (pointer &+ byteCount) & mask | pointer & ~mask
    }

    /// RSP becomes the pointer: 16-bit stacks leave the rest of the register.
    func commit() {
        let old = processor.cpu[.rsp]
        processor.cpu[.rsp] = mask == 0xffff ? old & ~0xffff | pointer & 0xffff : pointer & mask
    }
}
