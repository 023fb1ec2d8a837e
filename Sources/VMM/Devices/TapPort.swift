import Board
import Glibc
import Linux

/// A TAP device at the end of a card's cable, opened with IFF_VNET_HDR by whoever started the machine.
final class TapPort: NetworkPort {
    private static let headerByteCount = 12

    var onReadable: (() -> Void)?
    var onWritable: (() -> Void)?
    private let descriptor: OwnedDescriptor
    private let loop: EventLoop
    private var isWaitingToSend = false
    private var isWaitingToReceive = true
    private(set) var droppedCount = 0

    /// Call with the device lock held.
    init(_ descriptor: consuming FileDescriptor, loop: EventLoop) throws(SystemError) {
        try descriptor.setNonBlocking(true)
        try TapDescriptor.setHeaderByteCount(Self.headerByteCount, of: descriptor)
        self.descriptor = OwnedDescriptor(descriptor)
        self.loop = loop
        try loop.watch(self.descriptor.rawValue, .readable) { [unowned self] in ready($0) }
    }

    func send(_ buffers: [UnsafeRawBufferPointer]) -> Bool {
        let parts = buffers.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        while true {
            if writev(descriptor.rawValue, parts, Int32(parts.count)) >= 0 { return true }
            if errno == EINTR { continue }
            if errno == EAGAIN {
                isWaitingToSend = true
                updateEvents()
                return false
            }
            // The device refuses the frame: it is down, or the header makes no sense to it.
            droppedCount += 1
            return true
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = read(descriptor.rawValue, buffer.baseAddress, buffer.count)
        if count > 0 { return count }
        isWaitingToReceive = true
        updateEvents()
        return 0
    }

    func setOffloads(_ offloads: UInt32) { TapDescriptor.setOffloads(offloads, of: descriptor.descriptor) }

    private func ready(_ events: Epoll.Events) {
        if events.contains(.readable) {
            // A guest without buffers leaves frames where they are; it asks again when it has some.
            isWaitingToReceive = false
            updateEvents()
            onReadable?()
        }
        if events.contains(.writable), isWaitingToSend {
            isWaitingToSend = false
            updateEvents()
            onWritable?()
        }
    }

    private func updateEvents() {
        loop.change(
            descriptor.rawValue,
            (isWaitingToReceive ? Epoll.Events.readable : []).union(isWaitingToSend ? .writable : []))
    }
}
