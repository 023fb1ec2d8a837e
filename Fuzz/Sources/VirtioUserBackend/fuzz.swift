import Driver
import Glibc
import Linux
import Virtio
import VirtioScript

// vhost-user messages of a hostile monitor, with memory that another process could map; rings that start are worked on.

/// `main` is an alias of this.
@_cdecl("VirtioUserBackend_main")
public func virtioUserBackendMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    fuzz(count, arguments, fuzzOne)
}

nonisolated(unsafe) let memory = OwnedDescriptor(try! MemoryFile.make("fuzz", byteCount: 0x10000))

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var script = Script(data, size)
    var rings: [Int: VhostUserBackend.Ring] = [:]
    let backend = VhostUserBackend(features: Virtio.Feature.ofQueues, ringCount: 2) {
        rings[$0] = $1
    } stop: {
        rings.removeValue(forKey: $0)?.queue.nextAvailable ?? 0
    }
    while !script.isAtEnd {
        switch script.next(UInt8.self) % 4 {
        case 0:
            let offset = script.next(UInt16.self)
            let bytes = script.some()
            bytes.withUnsafeBytes { _ = pwrite(memory.rawValue, $0.baseAddress, $0.count, Int(offset) % 0xff00) }
        case 1:
            for ring in rings.values {
                do throws(VirtqueueError) {
                    while let chain = try ring.queue.next() {
                        let bytes = chain.bytes(count: 4096)
                        ring.queue.giveBack(chain.head, written: chain.write(bytes))
                    }
                    _ = ring.queue.publish()
                    _ = ring.queue.enableNotifications()
                } catch {
                    break
                }
            }
        default:
            var message = VhostUserMessage(UInt32(script.next(UInt8.self) % 41))
            message.needsReply = script.next(UInt8.self) & 1 != 0
            message.payload = script.some()
            let count = Int(script.next(UInt8.self) % 4)
            let descriptors = (0..<count).map { _ in OwnedDescriptor(FileDescriptor(owning: dup(memory.rawValue))) }
            do { _ = try backend.handle(message, descriptors: descriptors) } catch { continue }
        }
    }
    backend.stopAll()
    precondition(rings.isEmpty)
    return 0
}
