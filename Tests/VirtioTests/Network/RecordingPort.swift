import Board

/// A cable whose other end is the test.
final class RecordingPort: NetworkPort {
    var sent: [[UInt8]] = []
    /// How many more frames it takes.
    var room = Int.max
    var waiting: [[UInt8]] = []
    private(set) var offloads: UInt32 = 0
    var onReadable: (() -> Void)?
    var onWritable: (() -> Void)?

    func send(_ buffers: [UnsafeRawBufferPointer]) -> Bool {
        guard room > 0 else { return false }
        room -= 1
        sent.append(buffers.flatMap { Array($0) })
        return true
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !waiting.isEmpty else { return 0 }
        let frame = waiting.removeFirst()
        buffer.copyBytes(from: frame)
        return frame.count
    }

    func setOffloads(_ offloads: UInt32) { self.offloads = offloads }

    /// A frame comes in.
    func deliver(_ frame: [UInt8]) {
        waiting.append(frame)
        onReadable?()
    }
}
