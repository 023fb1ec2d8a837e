import Board
import ChipBench
import Chips
import Driver

// A network card with rings that are in order at first, and a guest that writes anything to registers, descriptors and
// buffers, while frames come in.

/// `main` is an alias of this.
@_cdecl("E1000Card_main")
public func e1000CardMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

/// Frames in and out.
final class BenchCable: NetworkPort {
    var onReadable: (() -> Void)?
    var onWritable: (() -> Void)?
    var isFull = false
    var arriving: [[UInt8]] = []

    func send(_ buffers: [UnsafeRawBufferPointer]) -> Bool {
        guard !isFull else { return false }
        // Every byte is read, so that the sanitizer sees it.
        var sum = 0
        for buffer in buffers { for byte in buffer { sum &+= Int(byte) } }
        let byteCount = buffers.reduce(0) { $0 + $1.count }
        precondition(byteCount >= 12 + 14 && byteCount < 12 + 70_000 && sum >= 0)
        return true
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !arriving.isEmpty else { return 0 }
        let frame = arriving.removeFirst()
        guard frame.count <= buffer.count else { return 0 }
        buffer.copyBytes(from: frame)
        return frame.count
    }

    func setOffloads(_ offloads: UInt32) {}
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let base: UInt64 = 0xfeb0_0000
    let bench = Bench(
        portRanges: [(0xc000, 8)],
        memoryRanges: [
            (base, 0x400), (base + 0x2800, 0x30), (base + 0x3800, 0x30), (base + 0x5000, 0x800), (base + 0x3818, 4),
            (base + 0x2818, 4), (base, 0x20000), (base + 0x4000, 0x100),
        ])
    let cable = BenchCable()
    let card = E1000(
        address: [0x52, 0x54, 0, 0x12, 0x34, 0x56], port: cable, memory: bench.memory, clock: bench)
    let line = InterruptLine(number: 16) { _, _ in }
    let bus = PCIBus(
        memory: bench.devices, ports: bench.ports, interruptMessages: bench, interruptLines: [line])
    bus.add(card.function, at: PCIAddress(device: 2))
    card.function.writeConfiguration(0x10, size: 4, value: UInt32(base))
    card.function.writeConfiguration(0x14, size: 4, value: 0xc001)
    card.function.writeConfiguration(0x04, size: 2, value: 7)
    bench.bus = bus
    // Both rings have 32 descriptors with buffers; those of the transmitter are made of the first bytes.
    for index in UInt64(0)..<32 {
        let choice = UInt64(index < UInt64(size) ? data[Int(index)] : 0)
        try? bench.memory.store(0x40000 + index * 2048, at: 0x2000 + 16 * index)
        let kind: UInt64 =
            choice & 3 == 0
            ? 0x0b << 24 : choice & 3 == 1 ? 0x27 << 24 | 0x05a8_3600 << 32 : 0x2f << 24 | 1 << 20 | 3 << 40
        let low: UInt64 = choice & 3 == 1 ? 0x0000_3222_0021_180e : 0x80000 + index * 4096
        try? bench.memory.store(low, at: 0x1000 + 16 * index)
        try? bench.memory.store(kind | choice << 8 | 60, at: 0x1008 + 16 * index)
    }
    let start: [(UInt64, UInt64)] = [
        (0x2800, 0x2000), (0x2808, 512), (0x2818, 31), (0x3800, 0x1000), (0x3808, 512), (0x100, 0x801a), (0x400, 2),
        (0xd0, 0xffff),
    ]
    for (register, value) in start { bench.devices.write(base + register, size: 4, value: value) }
    bench.onOutside = { choice in
        switch choice {
        case 0...7:
            let frame =
                [choice & 1, choice >> 2, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0]
                + [UInt8](repeating: choice, count: 1 << Int(choice + 5))
            if cable.arriving.count < 64 { cable.arriving.append(frame) }
            cable.onReadable?()
        case 8: cable.isFull = true
        case 9:
            cable.isFull = false
            cable.onWritable?()
        case 10: card.setLink(isUp: false)
        case 11: card.setLink(isUp: true)
        case 12: bus.reset()
        default: cable.onReadable?()
        }
    }
    bench.run(UnsafeRawBufferPointer(start: data, count: size))
    withExtendedLifetime((card, bus)) {}
    bench.takeApart()
    return 0
}
