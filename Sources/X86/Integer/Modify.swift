// Instructions that read and write the same operand in memory. That it can be written is checked before anything changes.
//
// Where the operand lies in RAM, the work is done in place: plainly, or with the host's locked instructions. That holds for operands
// across two pages, too: they are shown one behind the other where they are not so already (`Processor.pagesSideBySide`).
// Operands in devices go by way of `StateLayout.loaded`: read there, changed there, written from there. If that last write
// is refused, the flags are what they were.

/// Where the flags are kept meanwhile; the scratch is the vector instructions', which do not come in between.
private let savedResult = StateLayout.vectorScratch
private let savedCarries = StateLayout.vectorScratch + 8

/// Finds an operand for a change, slowly: in RAM, or read to `StateLayout.loaded`, from where `endModify` writes it.
/// Nil: a fault is recorded.
@inline(never)
func beginModify(_ cpu: CPU, _ address: UInt64, _ byteCount: Int) -> UnsafeMutableRawPointer? {
    var isFault = false
    if let place = cpu.pointerForModifySlowly(address, byteCount, isFault: &isFault) { return place }
    guard !isFault, loadSlowly(cpu, address, byteCount) else { return nil }
    cpu.set(savedResult, cpu.result)
    cpu.set(savedCarries, cpu.carries)
    return cpu.raw + StateLayout.loaded
}

/// Ends what `beginModify` began: writes what it read and the instruction changed, and tells who must know.
/// False: nothing was written, an exit is recorded.
@inline(never)
func endModify(_ cpu: CPU, _ address: UInt64, _ byteCount: Int, _ place: UnsafeMutableRawPointer) -> Bool {
    if place != cpu.raw + StateLayout.loaded {
        cpu.finishModify(byteCount)
        return true
    }
    let bytes = UnsafeRawBufferPointer(start: cpu.raw + StateLayout.loaded, count: byteCount)
    if storeSlowly(cpu, address, bytes) { return true }
    cpu.result = cpu.get(savedResult)
    cpu.carries = cpu.get(savedCarries)
    return false
}

extension CPU {
    /// Replaces the word at `address` by what `change` makes of it. False: a fault is recorded.
    @inline(__always)
    func modify<W: MachineWord>(_ address: UInt64, _: W.Type, _ change: (W) -> W) -> Bool {
        let size = MemoryLayout<W>.size
        let direct = pointerForModify(address, size)
        guard let place = direct ?? beginModify(self, address, size) else { return false }
        place.storeBytes(of: change(place.loadUnaligned(as: W.self)), as: W.self)
        return _fastPath(direct != nil) ? true : endModify(self, address, size, place)
    }

    /// The same as one step for all other processors and the devices. `change` may be called more than once; the flags that
    /// it reads are those of before.
    @inline(__always)
    func modifyLocked<W: AtomicWord>(_ address: UInt64, _: W.Type, _ change: (W) -> W) -> Bool {
        let size = MemoryLayout<W>.size
        let direct = pointerForModify(address, size)
        guard let place = direct ?? beginModify(self, address, size) else { return false }
        let (result, carries) = (self.result, self.carries)
        var old = place.loadUnaligned(as: W.self)
        while true {
            let found = W.compareExchange(place, old, change(old))
            if _fastPath(found == old) { break }
            old = found
            self.result = result
            self.carries = carries
        }
        return _fastPath(direct != nil) ? true : endModify(self, address, size, place)
    }

    /// Where CMPXCHG, XADD and XCHG find their operand: `body` works on it. Its flags count only if nothing is refused.
    @inline(__always)
    func atPlace(_ address: UInt64, _ size: Int, _ body: (UnsafeMutableRawPointer) -> Void) -> Bool {
        let direct = pointerForModify(address, size)
        guard let place = direct ?? beginModify(self, address, size) else { return false }
        body(place)
        return _fastPath(direct != nil) ? true : endModify(self, address, size, place)
    }
}
