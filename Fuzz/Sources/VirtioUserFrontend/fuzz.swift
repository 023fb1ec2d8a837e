import Board
import Driver
import Glibc
import Linux
import Virtio
import VirtioMock
import VirtioScript

// A network card whose switch answers anything: what it says waits in the socket before the card asks. The guest's driver is
// hostile as well. Refused, disconnected or working: nothing traps, and nobody waits for ever.

/// `main` is an alias of this.
@_cdecl("VirtioUserFrontend_main")
public func virtioUserFrontendMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

nonisolated(unsafe) private let memoryFile = OwnedDescriptor(try! MemoryFile.make("fuzz", byteCount: 1 << 20))

private final class Watcher: DescriptorWatcher {
    var watched: [Int32: (DescriptorEvents) -> Void] = [:]

    func watch(_ descriptor: Int32, for events: DescriptorEvents, onReady: @escaping (DescriptorEvents) -> Void) {
        watched[descriptor] = onReady
    }
    func change(_ descriptor: Int32, to events: DescriptorEvents) {}
    func unwatch(_ descriptor: Int32) { watched[descriptor] = nil }

    /// - Parameter other: one that is left out.
    func callAll(but other: Int32?) {
        for (descriptor, handler) in watched where descriptor != other { handler(.readable) }
    }
}

/// An answer to a request, right in its form or nearly so.
private func answer(_ script: inout Script, to request: UInt32, value: UInt64) -> [UInt8] {
    var message = VhostUserMessage(request, payload: VhostUserMessage.number(value))
    message.isReply = true
    var bytes = message.bytes
    if script.next(UInt8.self) & 15 == 0 { bytes[Int(script.next(UInt8.self)) % bytes.count] = script.next(UInt8.self) }
    if script.next(UInt8.self) & 31 == 0 { bytes.removeLast(Int(script.next(UInt8.self)) % bytes.count) }
    return bytes
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    var ends: (OwnedDescriptor, OwnedDescriptor)?
    try! UnixSocket.pair { ends = (OwnedDescriptor($0), OwnedDescriptor($1)) }
    let (ours, theirs) = ends!
    let socket = ours.rawValue
    var said: [UInt8] = []
    // VIRTIO_F_VERSION_1, VHOST_USER_F_PROTOCOL_FEATURES, and what the script wants.
    let features = UInt64(script.next(UInt32.self)) | 1 << 32 | UInt64(script.next(UInt8.self) & 1) << 30
    said += answer(&script, to: 1, value: features)
    let hasProtocol = features & 1 << 30 != 0
    let protocolFeatures = UInt64(script.next(UInt16.self))
    if hasProtocol {
        said += answer(&script, to: 15, value: protocolFeatures)
        if protocolFeatures & 1 != 0 { said += answer(&script, to: 17, value: UInt64(script.next(UInt16.self))) }
    }
    // Answers to the rest, in an order that may fit, with results that may be errors.
    let order: [UInt32] = [2, 5, 8, 10, 9, 13, 12, 18, 8, 10, 9, 13, 12, 18, 18, 18, 11, 18, 11]
    for request in order where script.next(UInt8.self) & 7 != 0 {
        said += answer(&script, to: request, value: script.next(UInt8.self) & 7 == 0 ? 1 : 0)
    }
    said += script.some()
    said.withUnsafeBytes { _ = try? theirs.descriptor.writeAll($0) }
    // Nothing more will come: who waits finds the end.
    shutdown(theirs.rawValue, Int32(SHUT_WR))
    let watcher = Watcher()
    do throws(VhostUserError) {
        let device = try VhostUserNetwork(
            socket: ours, memoryFile: memoryFile, watcher: watcher, mac: [2, 0, 0, 0, 0, 1],
            pairCount: 1 + Int(script.next(UInt8.self) % 8), mtu: script.next(UInt8.self) & 1 == 0 ? nil : 1500,
            // What does not come is not waited for.
            patience: .zero)
        var driver = HostileDriver(device, overPCI: script.next(UInt8.self) & 1 != 0)
        driver.run(&script) { script in
            for queue in 0..<2 {
                if script.next(UInt8.self) & 1 != 0, let call = device.callDescriptor(queue: queue) {
                    var one: UInt64 = 1
                    _ = write(call, &one, 8)
                }
            }
            // What lies in the socket is of use for later questions, as long as it is not looked at.
            watcher.callAll(but: script.next(UInt8.self) & 7 == 0 ? nil : socket)
        }
    } catch {}
    return 0
}
