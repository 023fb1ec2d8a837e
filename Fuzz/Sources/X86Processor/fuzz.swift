import Driver
import Glibc
import X86

// The whole processor on arbitrary code, in every mode: nothing that a guest executes traps in the host, or reads or writes
// outside of its RAM (the address sanitizer looks). An input is a mode, a byte for each general register, where the code lies in
// its page, and the code.

/// `main` is an alias of this.
@_cdecl("X86Processor_main")
public func x86ProcessorMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

/// What registers hold: within RAM, at its and its pages' edges, at those of the address space, and small numbers.
private let values: [UInt64] = [
    0, 1, 2, 8, 0x7f, 0xff, 0x8000, 0x6000, 0x9000, 0x9ff8, 0x9fff, 0x3_fff0, 0x3_ffff, 0x4_0000, 0x1f_fffc, 0x20_0000,
    0x1_3000, 0xfee0_0020, 0xffff_fff0, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_fff8, 0x8000_0000_0000, .max, .max - 7,
    0x8000_0000_0000_0000, 0x10, 0x2_0000, 0x2_0008, 0x2_1004, 0x4000_0080, 0xc000_0080,
]

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 18 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data, count: min(size, 4096))
    let guest = SmallGuest()
    guest.enter(SmallGuest.Mode(rawValue: bytes[0] % 5) ?? .real)
    let cpu = guest.processor.cpu
    for number in 0..<16 { cpu.set(number * 8, values[Int(bytes[1 + number]) % values.count]) }
    let code = UnsafeRawBufferPointer(rebasing: bytes[18...])
    // At the end of a page, or before it.
    let start = SmallGuest.codeAddress + 0x1000 - min(Int(bytes[17]) * 16, 0xff0)
    (guest.ram + start).copyMemory(from: code.baseAddress!, byteCount: code.count)
    (guest.ram + start + code.count).storeBytes(of: 0xf4, as: UInt8.self)
    cpu.set(StateLayout.rip, UInt64(start))

    // A loop without an end is stopped from outside.
    Watchdog.shared.watch(guest.processor)
    _ = guest.processor.run()
    Watchdog.shared.release()
    precondition(cpu.get(StateLayout.privilegeLevel, as: UInt32.self) < 4)
    precondition(cpu.get(StateLayout.systemFlags, as: UInt64.self) & 2 != 0)
    return 0
}

/// A thread that stops a processor which has run for more than a few milliseconds.
final class Watchdog: @unchecked Sendable {
    static let shared = Watchdog()

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var processor: Processor?
    private var age = 0

    private init() {
        pthread_mutex_init(lock, nil)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                while true {
                    usleep(2000)
                    Watchdog.shared.tick()
                }
            }, nil)
        pthread_detach(thread)
    }

    func watch(_ processor: Processor) {
        pthread_mutex_lock(lock)
        self.processor = processor
        age = 0
        pthread_mutex_unlock(lock)
    }

    func release() {
        pthread_mutex_lock(lock)
        processor = nil
        pthread_mutex_unlock(lock)
    }

    private func tick() {
        pthread_mutex_lock(lock)
        age += 1
        if age > 1 { processor?.request(Request.stop) }
        pthread_mutex_unlock(lock)
    }
}
