import Virtio

/// Answers each chain with what it read, backwards; has a configuration space of 12 bytes, and a reset that may wait.
final class EchoDevice: VirtioDevice {
    let name = "echo"
    let kind = VirtioDeviceKind.entropy
    let features: UInt64 = 1 << 3
    let queueSizes: [UInt16] = [256, 64]
    var configuration: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    private(set) var configurationWrites: [String] = []
    private(set) var session: VirtioSession?
    private(set) var notified: [Int] = []
    private(set) var resetCount = 0
    /// The device looks at its queues when it is notified.
    var isBusy = false
    var pendingReset: (() -> Void)?
    var delaysReset = false
    var afterChain: () -> Void = {}

    func writeConfiguration(_ bytes: [UInt8], at offset: Int) {
        configurationWrites.append("\(offset):\(bytes)")
        configuration.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    func activate(_ session: VirtioSession) { self.session = session }

    func reset(finished: @escaping () -> Void) -> Bool {
        session = nil
        resetCount += 1
        if delaysReset { pendingReset = finished }
        return !delaysReset
    }

    func queueNotified(_ index: Int) {
        notified.append(index)
        if !isBusy { work(index) }
    }

    func work(_ index: Int) {
        session?.drain(index) { queue, chain in
            let bytes = chain.bytes(count: chain.readableByteCount)
            queue.giveBack(chain.head, written: chain.write(Array(bytes.reversed())))
            afterChain()
            return true
        }
    }
}
