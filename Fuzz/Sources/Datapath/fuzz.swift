import Driver
import Switch
import Wire

// A small lab under a hostile host: three bridges in a ring with spanning trees, VLANs and flows, one link that does to
// packets all that a link can. The input is a list of steps: frames with virtio-net headers, time that passes, changes of
// links and flows. Whatever comes, every packet must be accounted for when all is over.

/// `main` is an alias of this.
@_cdecl("Datapath_main")
public func datapathMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = Input(bytes: UnsafeRawBufferPointer(start: data, count: size))
    let lab = Lab(seed: UInt64(input.byte()))
    while !input.isAtEnd { lab.step(&input) }
    lab.end()
    return 0
}

/// Reads the input from front to back; 0 behind its end.
struct Input {
    private var bytes: UnsafeRawBufferPointer

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func byte() -> UInt8 {
        guard let first = bytes.first else { return 0 }
        bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        return first
    }

    mutating func word() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
        let head = UnsafeRawBufferPointer(rebasing: bytes.prefix(count))
        bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count))
        return head
    }
}
