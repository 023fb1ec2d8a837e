import Driver
import VirtualMachine

// The texts that cross between a machine's monitor and its users, each read by the other: requests cut into lines, states,
// configurations. What is read is written and read again: the same comes out.

/// `main` is an alias of this.
@_cdecl("MachineText_main")
public func machineTextMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    readRequests(bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    let status = VMStatus(text: text)
    let again = VMStatus(text: status.text)
    precondition(again == status, "a status is read otherwise than it was written: \(status)")
    if let configuration = try? VMConfiguration(text: text) {
        let again = try? VMConfiguration(text: configuration.text)
        precondition(again == configuration, "a configuration is read otherwise than it was written: \(configuration)")
    }
    return 0
}

/// In one piece and in small ones, the lines are the same.
private func readRequests(_ bytes: [UInt8]) {
    var whole = VMRequestReader()
    let lines = whole.take(bytes)
    var reader = VMRequestReader()
    var pieces: [String] = []
    var next = 0
    while next < bytes.count {
        let end = min(bytes.count, next + 1 + Int(bytes[next] % 7))
        guard let some = reader.take(bytes[next..<end]) else {
            precondition(lines == nil)
            return
        }
        pieces += some
        next = end
    }
    precondition(lines == pieces)
    for line in pieces { _ = VMRequest(rawValue: line) }
}
