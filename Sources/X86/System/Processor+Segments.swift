extension Processor {
    func segment(_ register: SegmentRegister) -> Segment {
        let at = StateLayout.segments + register.rawValue * SegmentField.byteCount
        return Segment(
            selector: cpu.get(at + SegmentField.selector), base: cpu.get(at + SegmentField.base),
            limit: cpu.get(at + SegmentField.limit), attributes: cpu.get(at + SegmentField.attributes))
    }

    /// After changes of CS and SS the caller calls `modeChanged`.
    func setSegment(_ register: SegmentRegister, _ segment: Segment) {
        let at = StateLayout.segments + register.rawValue * SegmentField.byteCount
        if register == .cs, cpu.get(at + SegmentField.base, as: UInt64.self) != segment.base {
            // The same RIP means another address now: nothing that was found by RIP counts.
            forgetJumps()
        }
        cpu.set(at + SegmentField.selector, segment.selector)
        cpu.set(at + SegmentField.base, segment.base)
        cpu.set(at + SegmentField.limit, segment.limit)
        cpu.set(at + SegmentField.attributes, segment.attributes)
    }

    func selector(_ register: SegmentRegister) -> UInt16 {
        cpu.get(StateLayout.segments + register.rawValue * SegmentField.byteCount + SegmentField.selector)
    }

    /// The error code that names a selector; with EXT while an event from outside is delivered.
    func errorCode(_ selector: UInt16) -> UInt32 { UInt32(selector & 0xfffc) | system.externalBit }

    // MARK: - Descriptors

    /// Where a selector's descriptor lies.
    /// - Throws: `vector` with the selector where it lies outside of its table.
    func descriptorAddress(_ selector: UInt16, _ vector: Vector, byteCount: UInt32 = 8) throws(Fault) -> UInt64 {
        let base: UInt64
        let limit: UInt32
        if selector & 4 != 0 {
            let table = segment(.ldtr)
            guard table.isPresent else { throw .exception(vector, errorCode(selector)) }
            (base, limit) = (table.base, table.limit)
        } else {
            base = cpu.get(StateLayout.globalDescriptors)
            limit = cpu.get(StateLayout.globalDescriptors + 8)
        }
        guard UInt32(selector & 0xfff8) + byteCount - 1 <= limit else {
            throw .exception(vector, errorCode(selector))
        }
        return base &+ UInt64(selector & 0xfff8)
    }

    func descriptor(_ selector: UInt16, _ vector: Vector = .generalProtection) throws(Fault) -> UInt64 {
        try loadSystem(descriptorAddress(selector, vector), UInt64.self)
    }

    /// Sets the accessed bit of a code or data descriptor that is loaded.
    func markAccessed(_ segment: inout Segment) throws(Fault) {
        guard segment.isOrdinary, segment.attributes & SegmentAttribute.accessed == 0 else { return }
        let address = try descriptorAddress(segment.selector, .generalProtection)
        segment.attributes |= SegmentAttribute.accessed
        try storeSystem(address &+ 5, UInt8(truncatingIfNeeded: segment.attributes))
    }

    // MARK: - Loading

    /// Loads DS, ES, FS, GS or SS as MOV and POP do (Intel SDM volume 2, MOV).
    func load(_ register: SegmentRegister, selector: UInt16) throws(Fault) {
        guard usesDescriptors else {
            setSegment(register, segmentByValue(register, selector))
            if register == .ss { modeChanged() }
            return
        }
        guard selector & 0xfffc != 0 else {
            if register == .ss {
                guard is64Bit, privilege < 3, UInt32(selector & 3) == privilege else { throw .generalProtection }
                setSegment(.ss, nullStack(selector, privilege))
                modeChanged()
            } else {
                setSegment(register, Segment(selector: selector, base: 0, limit: 0, attributes: 0))
            }
            return
        }
        var segment = Segment(selector: selector, descriptor: try descriptor(selector))
        let code = errorCode(selector)
        let requested = UInt32(selector & 3)
        if register == .ss {
            guard requested == privilege, segment.isWritableData, segment.privilege == privilege else {
                throw .exception(.generalProtection, code)
            }
            guard segment.isPresent else { throw .exception(.stackFault, code) }
        } else {
            guard segment.isOrdinary, segment.isReadable,
                segment.isConforming || max(requested, privilege) <= segment.privilege
            else { throw .exception(.generalProtection, code) }
            guard segment.isPresent else { throw .exception(.segmentNotPresent, code) }
        }
        try markAccessed(&segment)
        setSegment(register, segment)
        if register == .ss { modeChanged() }
    }

    /// SS with a null selector, in 64-bit mode.
    func nullStack(_ selector: UInt16, _ privilege: UInt32) -> Segment {
        Segment(
            selector: selector, base: 0, limit: 0xffff_ffff,
            attributes: 0x93 | UInt16(privilege) << 5 | SegmentAttribute.big | SegmentAttribute.granular)
    }

    /// Real mode changes selector and base alone; in virtual 8086 mode everything is given.
    func segmentByValue(_ register: SegmentRegister, _ selector: UInt16) -> Segment {
        var segment = segment(register)
        segment.selector = selector
        segment.base = UInt64(selector) << 4
        if isVirtual8086 {
            segment.limit = 0xffff
            segment.attributes = 0xf3
        } else if segment.attributes & SegmentAttribute.present == 0 {
            // A null selector of protected mode does not outlive it.
            segment.limit = 0xffff
            segment.attributes = 0x93
        }
        return segment
    }

    /// As `load`, for the core: false: the exception is recorded.
    public func loadSegment(_ index: Int, selector: UInt16) -> Bool {
        guard let register = SegmentRegister(rawValue: index) else { return false }
        do {
            try load(register, selector: selector)
            return true
        } catch .exception(let vector, let code) {
            _ = cpu.fault(vector, code)
            return false
        } catch {
            return false
        }
    }

    /// LLDT.
    func loadLocalDescriptorTable(_ selector: UInt16) throws(Fault) {
        guard selector & 0xfffc != 0 else {
            setSegment(.ldtr, Segment(selector: selector, base: 0, limit: 0, attributes: 0))
            return
        }
        setSegment(.ldtr, try systemSegment(selector, types: [2]).segment)
    }

    /// LTR: the task becomes busy.
    func loadTask(_ selector: UInt16) throws(Fault) {
        guard selector & 0xfffc != 0 else { throw .generalProtection }
        var (segment, address) = try systemSegment(selector, types: isLongMode ? [9] : [1, 9])
        segment.attributes |= 2
        try storeSystem(address &+ 5, UInt8(truncatingIfNeeded: segment.attributes))
        setSegment(.tr, segment)
    }

    /// A descriptor of a table or a task in the GDT: 16 bytes in long mode.
    private func systemSegment(_ selector: UInt16, types: [UInt16]) throws(Fault) -> (
        segment: Segment, address: UInt64
    ) {
        let code = errorCode(selector)
        guard selector & 4 == 0 else { throw .exception(.generalProtection, code) }
        let address = try descriptorAddress(selector, .generalProtection, byteCount: isLongMode ? 16 : 8)
        var segment = Segment(selector: selector, descriptor: try loadSystem(address, UInt64.self))
        if isLongMode {
            let high = try loadSystem(address &+ 8, UInt64.self)
            guard high >> 40 & 0x1f == 0 else { throw .exception(.generalProtection, code) }
            segment.base |= high << 32
            guard Processor.isCanonical(segment.base) else { throw .exception(.generalProtection, code) }
        }
        guard !segment.isOrdinary, types.contains(segment.type) else { throw .exception(.generalProtection, code) }
        guard segment.isPresent else { throw .exception(.segmentNotPresent, code) }
        return (segment, address)
    }

    /// A code segment that a far transfer without change of privilege goes to, or that lies behind a gate.
    /// - Throws: `vector` (general protection, or invalid TSS of task switches).
    func codeSegment(_ selector: UInt16, _ vector: Vector = .generalProtection) throws(Fault) -> Segment {
        guard selector & 0xfffc != 0 else { throw .exception(vector, system.externalBit) }
        let segment = Segment(selector: selector, descriptor: try descriptor(selector, vector))
        guard segment.isCode else { throw .exception(vector, errorCode(selector)) }
        return segment
    }

    /// What every new CS must be: present, and not both long and big; the offset inside.
    func checkCode(_ segment: Segment, offset: UInt64) throws(Fault) {
        guard segment.isPresent else { throw .exception(.segmentNotPresent, errorCode(segment.selector)) }
        if isLongMode, segment.isLong {
            guard !segment.isBig else { throw .exception(.generalProtection, errorCode(segment.selector)) }
            guard Processor.isCanonical(offset) else { throw .exception(.generalProtection, system.externalBit) }
        } else {
            guard offset <= UInt64(segment.limit) else {
                throw .exception(.generalProtection, system.externalBit)
            }
        }
    }

    /// CS becomes `segment` at privilege `level`. It was checked and marked as accessed before: nothing can fault any more.
    func commitCode(_ segment: Segment, level: UInt32) {
        var segment = segment
        segment.selector = segment.selector & 0xfffc | UInt16(level)
        setSegment(.cs, segment)
        setPrivilege(level)
    }

    /// Segments that the outer privilege may not use become null (returns to it).
    func dropPrivilegedSegments(_ level: UInt32) {
        for register in [SegmentRegister.es, .fs, .gs, .ds] {
            let segment = segment(register)
            if segment.isOrdinary, !segment.isConforming, segment.privilege < level {
                // In long mode FS and GS keep their bases.
                let keepsBase = isLongMode && (register == .fs || register == .gs)
                setSegment(
                    register, Segment(selector: 0, base: keepsBase ? segment.base : 0, limit: 0, attributes: 0))
            }
        }
    }
}
