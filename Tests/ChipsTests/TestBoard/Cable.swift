import Board

/// The other end of a network cable: frames with their header, both ways.
final class Cable: NetworkPort {
    var sent: [[UInt8]] = []
    var arriving: [[UInt8]] = []
    var isFull = false
    private(set) var offloads: UInt32 = 0
    var onReadable: (() -> Void)?
    var onWritable: (() -> Void)?

    func send(_ buffers: [UnsafeRawBufferPointer]) -> Bool {
        guard !isFull else { return false }
        sent.append(buffers.flatMap { Array($0) })
        return true
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while !arriving.isEmpty {
            let frame = arriving.removeFirst()
            guard frame.count <= buffer.count else { continue }
            buffer.copyBytes(from: frame)
            return frame.count
        }
        return 0
    }

    func setOffloads(_ offloads: UInt32) { self.offloads = offloads }

    /// A frame comes in, with a header that asks for nothing.
    func deliver(_ frame: [UInt8], header: [UInt8] = [UInt8](repeating: 0, count: 12)) {
        arriving.append(header + frame)
        onReadable?()
    }
}
