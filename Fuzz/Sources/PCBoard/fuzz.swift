import Board
import ChipBench
import Chips
import Driver

// The board of a PC with its serial port and VGA, and a guest that writes anything to any register: nothing traps, timers
// do not run wild, and interrupt lines end where they started.

/// `main` is an alias of this.
@_cdecl("PCBoard_main")
public func pcBoardMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bench = Bench(
        portRanges: [
            (0x20, 2), (0xa0, 2), (0x4d0, 2), (0x40, 4), (0x61, 1), (0x70, 4), (0x60, 1), (0x64, 1), (0x92, 1),
            (0xb2, 2), (0x600, 128), (0x510, 12), (0xcf8, 8), (0x3f8, 8), (0x3b0, 48), (0x402, 1), (0, 0x10000),
        ],
        memoryRanges: [
            (IOAPIC.address, 0x50), (HPET.address, 0x200), (VGA.windowAddress, VGA.windowByteCount),
            (0xb000_0000, 0x10_0000),
        ])
    let (terminal, serial) = (BenchTerminal(), BenchTerminal())
    let board = Q35Chipset(
        ram: bench.memory, devices: bench.devices, ports: bench.ports, machineClock: bench, messages: bench,
        interrupts: .chips(onINTR: { _ in }), terminal: terminal, epochSeconds: 1_772_323_197,
        events: Q35Chipset.Events(onReset: {}, onSoftOff: {}, onShadowChange: { _ in }))
    board.firmware.addFile("etc/test", [1, 2, 3, 4, 5]) { _ in }
    let uart = UART16550(line: board.wiring.isaLine(4), channel: serial, clock: bench)
    bench.ports.map(uart, at: 0x3f8, byteCount: 8, name: "COM1")
    let vga = VGA(terminal: terminal, clock: bench)
    vga.map(in: bench.ports, devices: bench.devices)
    let debug = DebugPort(channel: serial)
    debug.map(in: bench.ports)
    bench.bus = board.bus
    let card = PCIFunction(
        name: "card", identity: PCIIdentity(vendor: 1, device: 2, classCode: 0x02_0000), interruptPin: 1)
    board.bus.add(card, at: PCIAddress(device: 3))
    bench.onOutside = { choice in
        switch choice {
        case 0...3: terminal.type([0x1b, 0x5b, 0x41, choice + 0x40])
        case 4...5: serial.type([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
        case 6: board.power.pressPowerButton()
        case 7: card.setPin(true)
        case 8: card.setPin(false)
        case 9: _ = board.pics?.acknowledge()
        case 10: board.ioapic?.endInterrupt(vector: 0x31)
        case 11: board.clock.describeMachine(below4G: 1 << 30, above4G: 1 << 32, processors: 4)
        case 12: vga.repaint()
        case 13: uart.reset()
        case 14: vga.reset()
        default: board.reset()
        }
    }
    bench.run(UnsafeRawBufferPointer(start: data, count: size))
    withExtendedLifetime((board, uart, vga, debug, card)) {}
    bench.takeApart()
    return 0
}
