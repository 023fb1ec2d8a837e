import Driver
import OpenFlow
import Switch

// An OpenFlow message of arbitrary bytes in any version: it is refused, or what is read of it is written as a message that
// says the same. The same bytes as a stream come out of the framer whole, however they are cut.

/// `main` is an alias of this.
@_cdecl("OpenFlowMessage_main")
public func openFlowMessageMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

/// The first byte says how flow-mods are read and how large the pieces of the stream are; the others are the message.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size > 1 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    let hasTableID = data[0] & 1 != 0
    // As it is, and with the length that it should say: few inputs would get further otherwise.
    _ = try? Message.decode(bytes, version: nil, hasTableID: hasTableID)
    if bytes.count >= Message.headerBytes {
        var frame = Array(bytes)
        frame[2] = UInt8(frame.count >> 8)
        frame[3] = UInt8(frame.count & 0xff)
        decode(frame, hasTableID: hasTableID)
    }
    split(bytes, piece: Int(data[0] >> 1) + 1)
    return 0
}

func decode(_ frame: [UInt8], hasTableID: Bool) {
    guard let version = OpenFlowVersion(rawValue: frame[0]),
        let message = try? Message.decode(frame, version: version, hasTableID: hasTableID)
    else { return }
    let written = message.encode(version: version, hasTableID: hasTableID)
    precondition(!written.isEmpty, "a message that was read is not written")
    // A reply may need several messages where one was read only if it holds more than one has room for.
    guard written.count < 0x10000, Int(written[2]) << 8 | Int(written[3]) == written.count else { return }
    guard let again = try? Message.decode(written, version: version, hasTableID: hasTableID) else {
        preconditionFailure("what was written is not read")
    }
    precondition(again.encode(version: version, hasTableID: hasTableID) == written, "it changed on the way")
    // In other versions it is another message or none.
    for other in OpenFlowVersion.allCases where other != version { _ = message.encode(version: other) }
    if case .flowMod(let change) = message.body { _ = FlowText.text(change) }
}

func split(_ bytes: UnsafeRawBufferPointer, piece: Int) {
    var framer = MessageFramer()
    var whole = 0
    var isLost = false
    for start in stride(from: 0, to: bytes.count, by: piece) where !isLost {
        framer.append(UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + piece)]))
        do throws(MessageFramer.BadLength) {
            while let message = try framer.next() {
                precondition(message.elementsEqual(bytes[whole..<whole + message.count]))
                whole += message.count
            }
        } catch { isLost = true }
    }
    precondition(isLost || whole + framer.pendingBytes == bytes.count)
}
